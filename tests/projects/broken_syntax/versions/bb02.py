"""broken"""
revision = "bb02"
down_revision = "aa01aa01"
branch_labels = (

def upgrade():
    pass
