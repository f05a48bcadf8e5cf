'''twice'''
revision = 'no'
revision = 'aa08'
down_revision = None
down_revision = 'aa07'


def upgrade():
    pass


def downgrade():
    pass
