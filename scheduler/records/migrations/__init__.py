"""The tables' history: ``versions/`` holds one revision a file, and `migrate` applies what is new.

A new revision is written by hand or drafted with ``alembic.command.revision(configuration(
connection), autogenerate=True)``; a test keeps the tables and the revisions in step.
"""

from __future__ import annotations

from threading import Lock

from alembic import command
from alembic.config import Config
from alembic.util import CommandError
from sqlalchemy import Connection

from scheduler.errors import RecordsUnavailable
from scheduler.records.database import open_engine, parse, told_plainly

# Alembic keeps the migration at work in module globals.
_one_at_a_time = Lock()


def configuration(connection: Connection) -> Config:
    """Alembic's settings, without a file, for work on an open connection."""
    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", "scheduler.records:migrations")
    return config


def migrate(url: str) -> None:
    """Bring the database at `url` to the newest revision; does nothing where it is there already.

    Programs that start together take turns, and a revision that fails leaves nothing behind.

    Raises:
        RecordsUnavailable: it cannot be reached or written to, or a newer version made it.
    """
    address = parse(url)
    with _one_at_a_time, told_plainly(address):
        # With foreign keys on, SQLite empties the children of a table that batch mode rebuilds.
        engine = open_engine(address, foreign_keys=False)
        try:
            with engine.execution_options(writes=True).begin() as connection:
                command.upgrade(configuration(connection), "head")
        except CommandError as error:
            raise RecordsUnavailable(
                "The records were made by a newer version of this program, or changed by hand. "
                "Install that version, or bring back a backup of the records."
            ) from error
        finally:
            engine.dispose()
