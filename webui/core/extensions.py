"""The Flask extensions, and how this product opens a database and a write transaction."""

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from flask import Flask, current_app
from flask_login import LoginManager
from flask_sqlalchemy import SQLAlchemy
from flask_wtf import CSRFProtect
from sqlalchemy import Connection, CursorResult, Engine, Executable, MetaData, event, text
from sqlalchemy.orm import DeclarativeBase

from webui.crypto.keyring import KeyRing


class Base(DeclarativeBase):
    """The declarative base; every constraint has a predictable name."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


# What was saved is shown right after the commit; it need not be read once more.
db = SQLAlchemy(model_class=Base, session_options={"expire_on_commit": False})
if TYPE_CHECKING:
    # Flask-SQLAlchemy makes the real base at run time, where type checkers cannot look.
    Model = Base
else:
    Model = db.Model
csrf = CSRFProtect()
login_manager = LoginManager()

# Milliseconds that a writer waits for another one before it is told that nothing was saved.
BUSY_TIMEOUT = 10_000
# In seconds: a machine that vanished in the middle of a save holds its locks for a minute, and
# not for the two hours that TCP itself waits.
_KEEPALIVES = {"tcp_keepalives_idle": 30, "tcp_keepalives_interval": 10, "tcp_keepalives_count": 3}
_LOCK = text("SELECT pg_advisory_xact_lock(:key)")
LOG_REMAINS = (
    "Old values remain in the database's write-ahead log while somebody reads from it:"
    " restart every process."
)
# The execution option that makes `_begin_sqlite` open a transaction that may write.
WRITING = "webui_writing"


def keyring() -> KeyRing:
    """The key ring of the current application."""
    ring = current_app.extensions["keyring"]
    assert isinstance(ring, KeyRing)
    return ring


def secret_key() -> str:
    """WEBUI_SECRET_KEY of the current application, which keyed hashes and seals derive from."""
    secret = current_app.extensions["webui_config"].secret_key
    assert isinstance(secret, str)
    return secret


def init_database(app: Flask) -> None:
    """Binds the database, and sets what DESIGN 8 asks of every connection."""
    db.init_app(app)
    with app.app_context():
        engine = db.engine
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _configure_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    else:
        event.listen(engine, "connect", _configure_postgresql)


def _configure_sqlite(connection: sqlite3.Connection, _record: Any) -> None:
    # The driver must not open transactions by itself: `_begin_sqlite` chooses the kind.
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in (
        "journal_mode = WAL",
        "synchronous = FULL",
        "foreign_keys = ON",
        f"busy_timeout = {BUSY_TIMEOUT}",
        # What is deleted or replaced is overwritten, and not left in a free page of the file.
        "secure_delete = ON",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _configure_postgresql(connection: Any, _record: Any) -> None:
    with connection.cursor() as cursor:
        for name, value in {"lock_timeout": BUSY_TIMEOUT, **_KEEPALIVES}.items():
            cursor.execute(f"SET {name} = {value}")
    connection.commit()


def _begin_sqlite(connection: Connection) -> None:
    writing = connection.get_execution_options().get(WRITING)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")


@contextmanager
def write_transaction() -> Iterator[None]:
    """A transaction that may write: committed at the end, rolled back on any exception.

    Ends the request's read transaction first: on SQLite a read snapshot cannot become a
    writer, and on PostgreSQL the rows locked here must be read as they are now. Loaded
    objects expire; pass ids in, not rows. Never hash a password or use the network inside.
    """
    if db.session.info.get(WRITING):
        raise RuntimeError("a write transaction inside another one would undo it")
    db.session.rollback()
    # What an earlier commit of this session left loaded may be old by now.
    db.session.expire_all()
    db.session.info[WRITING] = True
    try:
        db.session.connection(execution_options={WRITING: True})
        yield
        db.session.commit()
    except BaseException:
        db.session.rollback()
        raise
    finally:
        db.session.info.pop(WRITING, None)


def empty_log() -> bool:
    """Empties SQLite's write-ahead log, in which values from before lie on; True when it is empty.

    False while somebody reads from it for longer than a writer waits. On PostgreSQL there is
    nothing that the application could empty.
    """
    if not is_sqlite():
        return True
    db.session.rollback()
    connection = db.engine.raw_connection()
    try:
        cursor = connection.cursor()
        busy = cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
        cursor.close()
    finally:
        connection.close()
    return not busy


def read(statement: Executable, values: Mapping[str, Any]) -> CursorResult[Any]:
    """The rows of a SELECT of columns, in the transaction that the session is in.

    For the many small ones that a page is made of: what the session adds to each (objects,
    events, the choice of a database) costs more than they do. It flushes nothing.
    """
    return db.session.connection().execute(statement, values)


def advisory_lock(lock: int) -> None:
    """Takes a lock until the commit, for which others wait meanwhile.

    SQLite has one writer at a time, which a write transaction already is. Any number serves
    as a lock; all processes on one PostgreSQL database must agree on it.
    """
    if not is_sqlite():
        read(_LOCK, {"key": lock})


def is_sqlite(engine: Engine | Connection | None = None) -> bool:
    """Whether the application's database is SQLite."""
    return (engine or db.engine).dialect.name == "sqlite"


def is_no_text(error: Exception) -> bool:
    """Whether SQLite holds bytes in a column of text that are no UTF-8."""
    cause = getattr(error, "orig", None) or error
    return isinstance(cause, sqlite3.OperationalError) and "decode to UTF-8" in str(cause)
