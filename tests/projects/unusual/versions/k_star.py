"""star import first"""
from string import *
revision = "aa11"
down_revision = "aa10"
branch_labels = None
depends_on = None


def upgrade():
    pass


def downgrade():
    pass
