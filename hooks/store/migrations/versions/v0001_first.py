"""The first tables: feedback, calls, used tokens, keys."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Bring the tables up."""
    op.create_table(
        "feedback",
        sa.Column("id", _ID, primary_key=True),
        sa.Column("received", _TIME, nullable=False),
        sa.Column("client", sa.String(200), nullable=False),
        sa.Column("service", sa.String(100), nullable=False),
        sa.Column("card", sa.String(256), nullable=False),
        sa.Column("outcome", sa.String(20), nullable=False),
        sa.Column("outcome_at", _TIME, nullable=False),
        sa.Column("suggestions", sa.Text, nullable=False),
        sa.Column("reason_code", sa.String(256), nullable=False),
        sa.Column("reason_system", sa.String(256), nullable=False),
        sa.Column("comment", sa.Text, nullable=False),
        sa.Column("mark", sa.String(64), nullable=False),
        sa.UniqueConstraint("mark", name="feedback_once"),
    )
    op.create_index("feedback_card", "feedback", ["card"])
    op.create_index("feedback_received", "feedback", ["received"])
    op.create_table(
        "calls",
        sa.Column("id", _ID, primary_key=True),
        sa.Column("at", _TIME, nullable=False),
        sa.Column("request_id", sa.String(64), nullable=False),
        sa.Column("client", sa.String(200), nullable=False),
        sa.Column("service", sa.String(100), nullable=False),
        sa.Column("hook", sa.String(100), nullable=False),
        sa.Column("hook_instance", sa.String(256), nullable=False),
        sa.Column("patient", sa.String(64), nullable=False),
        sa.Column("status", sa.Integer, nullable=False),
        sa.Column("knowledge", sa.String(100), nullable=False),
        sa.Column("ms", sa.Float, nullable=False),
        sa.Column("findings", sa.Text, nullable=False),
        sa.Column("not_checked", sa.Text, nullable=False),
        sa.Column("cards", sa.Text, nullable=False),
        sa.Column("explained", sa.Text, nullable=False),
    )
    op.create_index("calls_at", "calls", ["at"])
    op.create_index("calls_hook_instance", "calls", ["hook_instance"])
    op.create_table(
        "used_tokens",
        sa.Column("client", sa.String(200), primary_key=True),
        sa.Column("mark", sa.String(64), primary_key=True),
        sa.Column("until", sa.Float, nullable=False),
    )
    op.create_index("used_tokens_until", "used_tokens", ["until"])
    op.create_table(
        "keys",
        sa.Column("name", sa.String(50), primary_key=True),
        sa.Column("value", sa.String(200), nullable=False),
    )


def downgrade() -> None:
    """Take it back."""
    for table in ("keys", "used_tokens", "calls", "feedback"):
        op.drop_table(table)
