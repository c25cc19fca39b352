"""Rotation while others write and the process is killed: long, and so once, on PostgreSQL.

`make bench` does it at size, on both databases.
"""

import random

import pytest
from sqlalchemy import select

from tests.history import assert_history_holds
from tests.rotating import Untouched, Writer, environment, kill_while_rotating, plaintexts
from webui import demo
from webui.core.extensions import db
from webui.models import Tenant

TENANTS = 700


@pytest.fixture
def databases(postgresql):
    """PostgreSQL alone: there writers and the rotation really work at the same time."""
    return postgresql


def test_loses_nothing_and_leaves_nothing_behind(make_console, database_url, tmp_path):
    """2,000 secrets, two writers of which one still uses the old key, five kills."""
    console = make_console()
    demo.load(TENANTS, 1, lambda _done: None)
    before = plaintexts()
    assert len(before) > 2_000
    console.run("add")
    old = console.restart()
    console.run("promote", "k2")
    new = console.restart()
    tenants = db.session.scalars(select(Tenant.id).limit(40)).all()
    db.session.rollback()
    settings = environment(tmp_path / "rotating", database_url, console.path)
    untouched = Untouched("k1", tenants)
    writers = [Writer(old, tenants[:20]), Writer(new, tenants[20:])]
    kill_while_rotating(settings, untouched, 5, random.Random(5))
    for writer in writers:
        writer.stop()
    assert 0 < untouched.moved() < len(untouched)
    console.run("rotate")
    after = plaintexts()
    expected = before | {k: v for writer in writers for k, v in writer.expected.items()}
    assert {place: after[place] for place in expected} == expected
    assert all(writer.saves for writer in writers)
    console.run("retire", "k1")
    assert_history_holds()
