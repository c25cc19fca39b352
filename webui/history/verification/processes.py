"""Runs the parts of a verification, in this process or in two at the same time."""

import gc
import multiprocessing
import sqlite3
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
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
"""Checks a part. It can be pickled for the other process."""
# Parts given to the other process at a time, so that it never waits for the next one.
_AHEAD = 2


class Unchecked(Exception):
    """The history could not be verified; the message says why."""


@contextmanager
def reading(url: str) -> Iterator[Engine]:
    """Opens an engine of its own, which is only used for reading.

    Raises Unchecked for errors of the database, files and signing keys inside the block.
    """
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


def done(
    database: Engine, own: Iterable[Piece], parts: Sequence[Part], on_two: bool
) -> Iterator[Piece]:
    """Yields the results of the parts in the order of completion.

    ``own``: results that only this process can make; it makes them first. ``on_two``: a second
    process does some of the parts.
    """
    if not on_two:
        yield from own
        yield from (_do(database, part) for part in parts)
        return
    # Not forked: the worker has threads, and a fork would copy their locks.
    with (
        multiprocessing.get_context("spawn").Pool(1, initializer=gc.freeze) as other,
        _frozen_heap(),
    ):
        yield from _shared(database, iter(own), deque(parts), other)


@contextmanager
def _frozen_heap() -> Iterator[None]:
    """Takes the objects of the application out of garbage collection, which else looks at them
    over and over: a twentieth of the time.
    """
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


def _shared(
    database: Engine, own: Iterator[Piece], parts: deque[Part], other: Pool
) -> Iterator[Piece]:
    """Yields the results; the other process takes parts from the front, this one from the end.

    Starting a process takes as long as checking 50,000 entries, so this one works meanwhile.
    """
    url = database.url.render_as_string(hide_password=False)
    theirs: deque[AsyncResult[Piece]] = deque()
    while parts or theirs:
        while parts and len(theirs) < _AHEAD:
            theirs.append(other.apply_async(_do_there, (url, parts.popleft())))
        if theirs[0].ready():
            yield theirs.popleft().get()
        elif mine := next(own, None):
            yield mine
        elif parts:
            yield _do(database, parts.pop())
        else:
            yield theirs.popleft().get()
    yield from own


def _do(database: Engine, part: Part) -> Piece:
    """Runs a part; again with undecodable text as bytes when SQLite refuses to decode it."""
    with database.connect() as connection:
        try:
            return part(connection)
        except sqlite3.OperationalError as error:
            if not is_no_text(error):
                raise
            with with_bytes(connection):
                return part(connection)


def _do_there(url: str, part: Part) -> Piece:
    """Runs a part in the other process."""
    with reading(url) as database:
        return _do(database, part)
