"""A run: adds ``count`` tenants to an empty or filled database."""

from collections.abc import Callable
from datetime import timedelta
from random import Random

from webui.core.extensions import db, is_sqlite, write_transaction
from webui.demo.stories.clock import WorkClock
from webui.demo.stories.story import Scene
from webui.demo.stories.timeline import slices, timeline
from webui.demo.vocabulary.people import Usernames
from webui.demo.writing import write
from webui.history.record import log
from webui.models.columns import now

SLICE = 20_000
"""Entries per transaction."""

# KiB. New rows are spread over large indexes; with SQLite's default of 2 MB the same pages would be
# read and written repeatedly. It is a maximum for this process's connection, not a reservation.
_SQLITE_CACHE = 131_072

_HISTORY = timedelta(days=3 * 365)
_JUST_NOW = timedelta(minutes=3)


def load(count: int, seed: int, progress: Callable[[int], None]) -> None:
    """Adds ``count`` tenants with owners, usage and histories; needs an app context.

    Equal seeds give equal content on any day. A slice of the time line is written per transaction,
    so a run that is stopped leaves a valid database with unfinished stories. ``progress`` is called
    with the number of tenants finished since the last call.
    """
    if count < 1:
        return
    scene = _scene(seed)
    for part in slices(timeline(scene, count), SLICE):
        with write_transaction():
            _make_room()
            write(part, scene.clock)
        progress(sum(step.usage is not None for step in part))


def _make_room() -> None:
    if is_sqlite():
        db.session.connection().exec_driver_sql(f"PRAGMA cache_size = -{_SQLITE_CACHE}")


def _scene(seed: int) -> Scene:
    with write_transaction():
        head = log.lock_head()
    end = now()
    if head.at is None:
        clock = WorkClock(end - _HISTORY, end - _JUST_NOW)
    else:
        clock = WorkClock(head.at, end)
    # The same seed must not produce the same UUIDs in a second run, so they depend on the history's
    # length too.
    return Scene(Random(seed), Random(f"{seed}/{head.seq}"), clock, Usernames())  # noqa: S311
