"""The work of a verification: parts that are done one by one, or by two processes at once."""

import multiprocessing
import sqlite3
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from multiprocessing.pool import AsyncResult, Pool

import psycopg
from sqlalchemy import Connection, Engine, create_engine
from sqlalchemy.exc import SQLAlchemyError

from webui.core.extensions import is_no_text
from webui.crypto import signing
from webui.history.verification.pieces import Piece
from webui.history.verification.raw_rows import with_bytes

Part = Callable[[Connection], Piece]
"""Judges a part; another process can be told it."""
_AHEAD = 2


class Unchecked(Exception):
    """It could not be judged whether the history holds; the message says why."""


@contextmanager
def reading(url: str) -> Iterator[Engine]:
    """The database, by a connection of its own, which never writes. Raises Unchecked."""
    engine = create_engine(url, hide_parameters=True)
    try:
        yield engine
    except (SQLAlchemyError, sqlite3.Error, psycopg.Error) as error:
        cause = getattr(error, "orig", None) or error
        said = str(cause).partition("\n")[0]
        raise Unchecked(f"the database says: {type(cause).__name__} {said}") from error
    except (OSError, signing.BadKey) as error:
        raise Unchecked(str(error)) from error
    finally:
        engine.dispose()


def done(database: Engine, parts: Sequence[Part], on_two: bool) -> Iterator[Piece]:
    """What comes of the parts, as they are done: by this process, or by another one as well."""
    if not on_two:
        yield from (_do(database, part) for part in parts)
        return
    # Not forked: the worker has threads, and a fork would copy their locks.
    with multiprocessing.get_context("spawn").Pool(1) as other:
        yield from _shared(database, deque(parts), other)


def _shared(database: Engine, parts: deque[Part], other: Pool) -> Iterator[Piece]:
    """What is done: by the other process from the front, by this one from the end.

    A second process that reads all of the program costs as much as judging 100,000 entries, so
    this one does not only wait. The other has the next part ready when it is done with one.
    """
    url = database.url.render_as_string(hide_password=False)
    theirs: deque[AsyncResult[Piece]] = deque()
    while parts or theirs:
        while parts and len(theirs) < _AHEAD:
            theirs.append(other.apply_async(_do_there, (url, parts.popleft())))
        if parts and not theirs[0].ready():
            yield _do(database, parts.pop())
        else:
            yield theirs.popleft().get()


def _do(database: Engine, part: Part) -> Piece:
    """A part of the work; once more with bytes where a text is none."""
    with database.connect() as connection:
        try:
            return part(connection)
        except sqlite3.OperationalError as error:
            if not is_no_text(error):
                raise
            with with_bytes(connection):
                return part(connection)


def _do_there(url: str, part: Part) -> Piece:
    """A part of the work in the other process."""
    with reading(url) as database:
        return _do(database, part)
