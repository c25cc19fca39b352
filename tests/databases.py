"""The databases that tests run on: SQLite and PostgreSQL, migrated once, clean for every test."""

import contextlib
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import psycopg
from psycopg import sql
from sqlalchemy import make_url

from tests.apps import a_config, an_app, inside
from webui.migrations import upgrade

BINARIES = Path("/usr/lib/postgresql")
SYSTEM_USER = "postgres"


def migrate(url: str, instance: Path) -> None:
    """Brings the database to the newest revision."""
    with inside(an_app(a_config(instance, url), setting_up=True)):
        upgrade()


class Sqlite:
    """A migrated template file, copied over the database before every test."""

    keeps_connections = False

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._template = directory / "template.db"
        self._path = directory / "database.db"
        self.url = f"sqlite:///{self._path}"
        migrate(f"sqlite:///{self._template}", directory)

    def reset(self) -> None:
        """Makes the database migrated and without rows; nobody may be connected."""
        _remove(self._path)
        shutil.copyfile(self._template, self._path)

    @contextlib.contextmanager
    def empty(self) -> Iterator[str]:
        """The URL of another database, without tables."""
        path = self._directory / f"{uuid4().hex}.db"
        yield f"sqlite:///{path}"
        _remove(path)

    def close(self) -> None:
        """Nothing: pytest removes the directory."""


def _remove(path: Path) -> None:
    for suffix in ("", "-wal", "-shm"):
        Path(f"{path}{suffix}").unlink(missing_ok=True)


class Postgresql:
    """One migrated database on a server; every test finds its tables empty."""

    # The server reads the schema and compiles the guards again for every connection.
    keeps_connections = True

    def __init__(self, server: str, directory: Path) -> None:
        self._server = make_url(server).set(drivername="postgresql+psycopg")
        self._name = self._create()
        self.url = self._url(self._name)
        migrate(self.url, directory)
        self._admin = psycopg.connect(libpq(self.url), autocommit=True)
        # A transaction that a test left open would block the deletion: say so, do not hang.
        self._admin.execute("SET lock_timeout = '5s'")
        self._deletes = self._delete_everything()

    def reset(self) -> None:
        """Makes the database migrated and without rows."""
        self._admin.execute(self._deletes)

    @contextlib.contextmanager
    def empty(self) -> Iterator[str]:
        """The URL of another database, without tables."""
        name = self._create()
        try:
            yield self._url(name)
        finally:
            self._drop(name)

    def close(self) -> None:
        """Removes the database from the server."""
        self._admin.close()
        self._drop(self._name)

    def _delete_everything(self) -> str:
        """One statement list for every table.

        A replica fires no guards, and DELETE beats TRUNCATE, which makes new files.
        """
        tables = self._admin.execute(
            "SELECT tablename FROM pg_tables"
            " WHERE schemaname = 'public' AND tablename <> 'alembic_version'"
        ).fetchall()
        deletes = "".join(f'DELETE FROM "{table}";' for (table,) in tables)
        return f"BEGIN; SET LOCAL session_replication_role = replica; {deletes} COMMIT"

    def _url(self, name: str) -> str:
        return self._server.set(database=name).render_as_string(hide_password=False)

    def _create(self) -> str:
        name = f"webui_test_{uuid4().hex}"
        self._on_server(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        return name

    def _drop(self, name: str) -> None:
        statement = sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name))
        self._on_server(statement)

    def _on_server(self, statement: sql.Composed) -> None:
        with psycopg.connect(libpq(self._url("postgres")), autocommit=True) as connection:
            connection.execute(statement)


def libpq(url: str) -> str:
    """SQLAlchemy's URL as the one that psycopg itself reads."""
    return re.sub(r"^postgresql\+psycopg://", "postgresql://", url)


@contextlib.contextmanager
def postgresql_server() -> Iterator[str]:
    """The URL of a server: the one that TEST_POSTGRESQL_URL names, or one of our own."""
    given = os.environ.get("TEST_POSTGRESQL_URL")
    if given:
        yield given
        return
    binaries = newest_binaries(BINARIES)
    with tempfile.TemporaryDirectory(prefix="webui-postgresql-") as name:
        if os.geteuid() == 0:
            shutil.chown(name, SYSTEM_USER)
        _run(binaries / "initdb", "-D", f"{name}/data", "-U", "postgres", *_INITDB)
        options = f"-p {_PORT} -k {name} -c listen_addresses= {_FAST}"
        control = (binaries / "pg_ctl", "-D", f"{name}/data", "-w")
        _run(*control, "-l", f"{name}/log", "-o", options, "start")
        try:
            yield f"postgresql+psycopg://postgres@/postgres?host={name}&port={_PORT}"
        finally:
            _run(*control, "-m", "immediate", "stop")


# A test's data need not outlive the machine's power. A test that looks at plans makes the
# statistics of its own rows: nothing else makes any while it runs.
_FAST = (
    "-c fsync=off -c synchronous_commit=off -c full_page_writes=off -c max_connections=60"
    " -c autovacuum_analyze_threshold=2147483647"
)
# Part of the socket's name alone: nothing listens on the network, and a socket answers sooner.
_PORT = 5432
_INITDB = ("--auth=trust", "--no-sync", "--encoding=UTF8", "--locale=C.UTF-8")


def newest_binaries(root: Path) -> Path:
    """The directory of the newest PostgreSQL that Debian installed."""
    found = sorted(root.glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    if not found:
        raise FileNotFoundError(
            f"PostgreSQL's server is not installed under {root}, and half of the tests run on"
            " it: apt-get install postgresql, or set TEST_POSTGRESQL_URL"
        )
    return found[-1].parent


def _run(*command: str | Path) -> None:
    # PostgreSQL refuses to run as root. Its output is shown only when it fails.
    user = {"user": SYSTEM_USER, "group": SYSTEM_USER, "extra_groups": []}
    done = subprocess.run(
        [str(part) for part in command],
        cwd="/",
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        **(user if os.geteuid() == 0 else {}),
    )
    if done.returncode:
        raise RuntimeError(f"{command[0]} failed:\n{done.stdout}")
