"""annotated"""
from __future__ import annotations
revision: str
revision: "str" = "aa13"
down_revision: str | None = "abc123"


def upgrade():
    pass


def downgrade():
    pass
