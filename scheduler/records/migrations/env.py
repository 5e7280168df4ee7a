"""Run by Alembic for each command, on the connection that `configuration` was given."""

from alembic import context

from scheduler.records.tables import Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    render_as_batch=True,
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
