"""Engines for the two databases: one writer at a time, readers that see one moment, plain errors.

Writing transactions run one after another: on SQLite by ``BEGIN IMMEDIATE``, on PostgreSQL by an
advisory lock that ends with the transaction. A booking takes milliseconds, so a hospital does not
notice; running numbers and the audit chain then need neither retries nor an order of locks.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, NoResultFound
from sqlalchemy.exc import TimeoutError as PoolTimeout

from scheduler.errors import RecordsUnavailable

PATIENCE = 10
"""Seconds to wait for a connection, or for another writer to finish."""

WRITER_LOCK = int.from_bytes(b"Daozhen")
"""The key of PostgreSQL's advisory lock: any number that nobody else in the database uses."""


def parse(url: str) -> URL:
    """The address of a supported database, with its driver; a password in it stays hidden.

    Raises:
        RecordsUnavailable: it is no address, or that of something else.
    """
    try:
        return _supported(make_url(url))
    except (ArgumentError, ValueError):
        pass  # so that the address, and a password in it, is in no traceback
    raise RecordsUnavailable(
        "The address of the records is not one that can be used. Give a file as "
        "sqlite:///folder/records.db, or a database as postgresql://user:password@host/name."
    )


def _supported(url: URL) -> URL:
    match url.get_backend_name():
        case "sqlite" if url.database and url.database != ":memory:":
            return url.set(drivername="sqlite")
        case "postgresql" | "postgres":
            patience = {"connect_timeout": str(PATIENCE)}
            return url.set(drivername="postgresql+psycopg", query={**patience, **url.query})
    raise ValueError("neither a SQLite file nor a PostgreSQL database")


def open_engine(url: URL, *, foreign_keys: bool = True) -> Engine:
    """An engine under the rules above; execution option ``writes`` asks for the writer's turn.

    A missing folder for a SQLite file is made, closed to other users: patients' words go there.
    """
    # Parameters hold what patients said: they belong in no log and no traceback.
    engine = create_engine(url, hide_parameters=True, pool_pre_ping=True)
    if engine.dialect.name == "sqlite":
        Path(str(url.database)).parent.mkdir(mode=0o700, parents=True, exist_ok=True)

        @event.listens_for(engine, "connect")
        def _connected(connection: sqlite3.Connection, _record: object) -> None:
            _prepare_sqlite(connection, foreign_keys)

    event.listen(engine, "begin", _begin)
    return engine


def _prepare_sqlite(connection: sqlite3.Connection, foreign_keys: bool) -> None:
    connection.isolation_level = None  # the driver's own BEGIN would come too late
    connection.execute(f"PRAGMA busy_timeout = {int(PATIENCE * 1000)}")
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute(f"PRAGMA foreign_keys = {int(foreign_keys)}")


def _begin(connection: Connection) -> None:
    writes = bool(connection.get_execution_options().get("writes"))
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
    elif writes:
        connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{int(PATIENCE * 1000)}ms'")
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({WRITER_LOCK})")
    else:
        # Several statements of one reader must see the same moment, as they do on SQLite.
        connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")


def _place(url: URL) -> str:
    """Where the records are, without user, password or options."""
    if url.get_backend_name() == "sqlite":
        return f"the file {url.database}"
    return f"the PostgreSQL database {url.database} at {url.host or 'this machine'}"


@contextmanager
def told_plainly(url: URL) -> Iterator[None]:
    """Turn what a database can throw into RecordsUnavailable. Mistakes of ours pass through."""
    try:
        yield
    except (DBAPIError, PoolTimeout, NoResultFound, OSError) as error:
        kind = type(getattr(error, "orig", None) or error).__name__
        raise RecordsUnavailable(
            f"The records in {_place(url)} cannot be used ({kind}). Check that the database runs, "
            "can be reached and written to, has space left and is not locked by another program; "
            "then try again."
        ) from error
