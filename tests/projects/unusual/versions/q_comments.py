#!/usr/bin/env python
# revision = "no"

"""after comments"""

# down_revision = "no"
revision = "aa17"  # not "this"
down_revision = (
    "aa16",  # its parent
)


def upgrade():
    pass


def downgrade():
    pass
