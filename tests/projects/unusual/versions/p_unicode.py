"""Größe, 大きさ, 📏"""
revision = "aa16"
down_revision = "aa15"
branch_labels = ("größe",)


def upgrade():
    pass


def downgrade():
    pass
