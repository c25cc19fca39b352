"""The Flask extensions, the settings of a database connection, and the write transaction."""

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from flask import Flask, current_app
from flask_login import LoginManager
from flask_sqlalchemy import SQLAlchemy
from flask_sqlalchemy.session import Session
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


class DatabaseSession(Session):
    """Reads without a transaction on PostgreSQL, where only :func:`write_transaction` opens one.

    At READ COMMITTED each statement sees what is committed when it starts, in a transaction or
    not, and the BEGIN and ROLLBACK of a page would be two round trips more.
    """

    def get_bind(self, *args: Any, **options: Any) -> Engine | Connection:
        """Returns the engine, or its twin for reading that shares the pool."""
        bind = super().get_bind(*args, **options)
        reading: Engine | None = current_app.extensions[_READING]
        # A session that is given a connection keeps to it.
        if reading is None or self.info.get(WRITING) or not isinstance(bind, Engine):
            return bind
        return reading


# In the application's extensions: the engine that reads on PostgreSQL, with the pool of the other.
_READING = "webui_reading_engine"
# Saved objects are shown right after the commit; they need not be read again.
db = SQLAlchemy(
    model_class=Base, session_options={"expire_on_commit": False, "class_": DatabaseSession}
)
if TYPE_CHECKING:
    # Flask-SQLAlchemy makes the real base class at run time, so type checkers do not know it.
    Model = Base
else:
    Model = db.Model
login_manager = LoginManager()

# Milliseconds that a writer waits for another writer before it fails with "nothing was saved".
BUSY_TIMEOUT = 10_000
# In seconds: when a client machine disappears during a save, its locks are released after a
# minute, not after the two hours of TCP's own default.
_KEEPALIVES = {"tcp_keepalives_idle": 30, "tcp_keepalives_interval": 10, "tcp_keepalives_count": 3}
_LOCK = text("SELECT pg_advisory_xact_lock(:key)")
LOG_REMAINS = (
    "Old values remain in the database's write-ahead log while another process reads it:"
    " restart every process."
)
# The execution option that makes `_begin_sqlite` open a write transaction.
WRITING = "webui_writing"
# In the session's info: the open transaction has a history entry; an earlier one of this request
# that has one was committed.
RECORDING, RECORDED = "webui_recording", "webui_recorded"


def keyring() -> KeyRing:
    """Returns the key ring of the current application."""
    ring = current_app.extensions["keyring"]
    assert isinstance(ring, KeyRing)
    return ring


def secret_key() -> str:
    """Returns the application's WEBUI_SECRET_KEY, from which the keys of tokens are derived."""
    secret = current_app.extensions["webui_config"].secret_key
    assert isinstance(secret, str)
    return secret


def init_database(app: Flask) -> None:
    """Binds the database, and configures every connection as DESIGN 8 requires."""
    db.init_app(app)
    with app.app_context():
        engine = db.engine
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _configure_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        app.extensions[_READING] = None
    else:
        event.listen(engine, "connect", _configure_postgresql)
        app.extensions[_READING] = engine.execution_options(isolation_level="AUTOCOMMIT")


def _configure_sqlite(connection: sqlite3.Connection, _record: Any) -> None:
    # The driver must not open transactions by itself: `_begin_sqlite` chooses their mode.
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in (
        "journal_mode = WAL",
        "synchronous = FULL",
        "foreign_keys = ON",
        f"busy_timeout = {BUSY_TIMEOUT}",
        # Deleted and replaced data is overwritten, not left in a free page of the file.
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
    """Opens a write transaction: committed at the end, rolled back on any exception.

    Ends the request's read transaction first: on SQLite a read snapshot cannot become a
    writer, and on PostgreSQL the rows locked here must be read as they are now. Loaded
    objects expire, so pass ids in, not rows. Never hash a password or use the network inside:
    other writers wait. Raises RuntimeError inside another write transaction.
    """
    if db.session.info.get(WRITING):
        raise RuntimeError("a write transaction inside another one would undo it")
    db.session.rollback()
    # Objects that an earlier commit of this session left loaded may be out of date.
    db.session.expire_all()
    db.session.info[WRITING] = True
    try:
        db.session.connection(execution_options={WRITING: True})
        yield
        db.session.commit()
        db.session.info[RECORDED] = RECORDING in db.session.info or db.session.info.get(RECORDED)
    except BaseException:
        db.session.rollback()
        raise
    finally:
        db.session.info.pop(WRITING, None)
        db.session.info.pop(RECORDING, None)


def empty_log() -> bool:
    """Empties SQLite's write-ahead log, which still contains old values. True when it is empty.

    False when a reader uses the log for longer than BUSY_TIMEOUT. On PostgreSQL the application
    has nothing to empty, and the result is True.
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
    """Runs a SELECT of columns in the session's transaction and returns its rows.

    For the many small queries of a page: the session's own work for each query (objects,
    events, choice of a database) costs more than the query. Does not flush the session.
    """
    return db.session.connection().execute(statement, values)


def advisory_lock(lock: int) -> None:
    """Takes an exclusive lock until the end of the transaction; other processes wait for it.

    Does nothing on SQLite, where a write transaction already excludes all other writers.
    ``lock`` is any number that all processes on one PostgreSQL database use for the same thing.
    """
    if not is_sqlite():
        read(_LOCK, {"key": lock})


def is_sqlite(engine: Engine | Connection | None = None) -> bool:
    """Whether the given database, or else the application's, is SQLite."""
    return (engine or db.engine).dialect.name == "sqlite"


def is_no_text(error: Exception) -> bool:
    """Whether the error says that a text column of SQLite contains invalid UTF-8."""
    cause = getattr(error, "orig", None) or error
    return isinstance(cause, sqlite3.OperationalError) and "decode to UTF-8" in str(cause)
