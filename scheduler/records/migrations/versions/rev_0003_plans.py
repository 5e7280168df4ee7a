"""What a visit asked of the schedule, who is away, and what was moved because of it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Keep with an appointment what planning it anew needs."""
    op.add_column("appointment", sa.Column("asked", sa.JSON(), nullable=True))
    op.add_column(
        "appointment",
        sa.Column("pinned", sa.Boolean(), nullable=False, server_default=sa.false()),
    )
    op.add_column(
        "appointment", sa.Column("version", sa.Integer(), nullable=False, server_default="1")
    )
    op.create_table(
        "absence",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("practitioner", sa.String(), nullable=False),
        sa.Column("start", sa.DateTime(), nullable=False),
        sa.Column("end", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_absence"),
    )
    op.create_index("ix_absence_start", "absence", ["start"])
    op.create_table(
        "rearrangement",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("moves", sa.JSON(), nullable=False),
        sa.Column("absence", sa.JSON(), nullable=True),
        sa.Column("undone_by", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_rearrangement"),
    )
    op.create_index("ix_rearrangement_at", "rearrangement", ["at"])


def downgrade() -> None:
    """Forget it."""
    op.drop_table("rearrangement")
    op.drop_table("absence")
    with op.batch_alter_table("appointment") as appointment:
        for column in ("asked", "pinned", "version"):
            appointment.drop_column(column)
