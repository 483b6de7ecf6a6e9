"""What sites that do not want it twice were shown: the table ``shown``."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Bring the table up."""
    op.create_table(
        "shown",
        sa.Column("id", _ID, primary_key=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("client", sa.String(200), nullable=False),
        sa.Column("hook", sa.String(100), nullable=False),
        sa.Column("card", sa.String(256), nullable=False),
        sa.Column("level", sa.Integer, nullable=False),
        sa.Column("mark", sa.String(64), nullable=False),
    )
    op.create_index("shown_card", "shown", ["card"])
    op.create_index("shown_at", "shown", ["at"])


def downgrade() -> None:
    """Take it back."""
    op.drop_table("shown")
