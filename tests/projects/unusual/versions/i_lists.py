"""lists"""
revision = "aa09"
down_revision = ["aa08"]
branch_labels = ["listed", "also"]
depends_on = ["aa01", 'aa02',]


def upgrade():
    pass


def downgrade():
    pass
