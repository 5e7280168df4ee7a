"""Staff who sign in, and what the desk decided about a case."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the table of staff and the outcome of a case."""
    op.create_table(
        "staff",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("password", sa.String(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("locked_until", sa.DateTime(), nullable=True),
        sa.Column("created", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_staff"),
    )
    op.add_column("handover", sa.Column("outcome", sa.JSON(), nullable=True))
    op.add_column("handover", sa.Column("closed_by", sa.String(), nullable=True))
    op.add_column("handover", sa.Column("closed_at", sa.DateTime(), nullable=True))


def downgrade() -> None:
    """Forget who works here and what they decided."""
    with op.batch_alter_table("handover") as handover:
        for column in ("outcome", "closed_by", "closed_at"):
            handover.drop_column(column)
    op.drop_table("staff")
