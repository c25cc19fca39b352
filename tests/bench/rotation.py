"""Rotation under fire at size: 100,000 secrets, four writers, fifty kills.

``python -m tests.bench.rotation [SECRETS] [KILLS]``: fills a database with demo tenants (SQLite,
then PostgreSQL), promotes a new key, and kills the rotating process with SIGKILL at random points
of its work while four writers save, one of which still uses the old key. Then a rotation runs to
its end. Prints what it took, and fails when a value was lost or is left under the old key.
"""

import random
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from sqlalchemy import select

from tests.apps import an_app
from tests.databases import Postgresql, Sqlite, postgresql_server
from tests.keyrings import Console
from tests.rotating import Untouched, Writer, environment, kill_while_rotating, plaintexts
from webui import demo
from webui.core.extensions import db
from webui.keys import uses
from webui.models import Tenant

SECRETS, KILLS, WRITERS = 100_000, 50, 4
# A demo tenant has at least three secrets, its history included.
_PER_TENANT = 3


def main(wanted: int, kills: int) -> None:
    """A run on either kind of database."""
    for kind in (sqlite, postgresql):
        with tempfile.TemporaryDirectory() as name, kind(Path(name)) as database:
            print(f"{kind.__name__}:")
            with Console(Path(name), database.url, lambda config, _use: an_app(config)) as console:
                run(console, Path(name), database.url, wanted, kills)


@contextmanager
def sqlite(folder: Path) -> Iterator[Sqlite]:
    """A file."""
    database = Sqlite(folder)
    database.reset()
    yield database


@contextmanager
def postgresql(folder: Path) -> Iterator[Postgresql]:
    """A database of its own on the tests' server."""
    with postgresql_server() as server, closing(Postgresql(server, folder)) as database:
        yield database


def run(console: Console, folder: Path, url: str, wanted: int, kills: int) -> None:
    """Fills, promotes, kills, finishes and compares."""
    demo.load(wanted // _PER_TENANT, 1, lambda _done: None)
    before = plaintexts()
    print(f"{len(before):,} secrets under k1")
    console.run("add")
    old = console.restart()
    console.run("promote", "k2")
    new = console.restart()
    tenants = list(db.session.scalars(select(Tenant.id).limit(WRITERS * 50)))
    db.session.rollback()
    untouched = Untouched("k1", tenants)
    writers = [
        Writer(old if number == 0 else new, tenants[number::WRITERS]) for number in range(WRITERS)
    ]
    started = time.monotonic()
    settings = environment(folder / "rotating", url, console.path)
    starts = kill_while_rotating(settings, untouched, kills, random.Random(1))
    seconds = time.monotonic() - started
    print(f"{kills} kills hit a rotation at work, of {starts} started; {seconds:.0f} s")
    left = len(untouched) - untouched.moved()
    writers[0].stop()
    started = time.monotonic()
    console.run("rotate")
    for writer in writers[1:]:
        writer.stop()
    seconds = time.monotonic() - started
    print(f"the last run: {left:,} left, {seconds:.1f} s, {left / seconds:,.0f} a second")
    judge(before, writers)
    console.run("retire", "k1")


def judge(before: dict[tuple[str, str, str], str], writers: list[Writer]) -> None:
    """Fails when a value was lost or is left under the old key."""
    after = plaintexts()
    expected = before | {k: v for writer in writers for k, v in writer.expected.items()}
    lost = [place for place, value in expected.items() if after.get(place) != value]
    left = uses.count_uses(["k1"])
    saves = sum(writer.saves for writer in writers)
    longest = max(writer.longest for writer in writers)
    print(f"writers: {saves:,} saves, the longest took {longest * 1_000:.0f} ms")
    print(f"{len(after):,} secrets under k2; {len(lost)} lost, {left} under k1")
    if lost or left:
        raise SystemExit(1)


if __name__ == "__main__":
    given = [int(argument.replace(",", "")) for argument in sys.argv[1:]]
    main(*given, *(SECRETS, KILLS)[len(given) :])
