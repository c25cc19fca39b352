"""What a page of the list reads does not grow with the tenants, in any order, however narrowed.

Counted are SQLite's steps and the rows of PostgreSQL's scans, for some tenants and for four
times as many of the same kinds.
"""

from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import product
from uuid import UUID

import pytest
from sqlalchemy import event, insert, text

from webui import values
from webui.core.catalogue import filterable
from webui.core.extensions import WRITING, db, is_sqlite
from webui.models import Tenant, UsageRank, User
from webui.models.tenant.constraints import FILTERED
from webui.models.tenant.usage import month_of, rank_from
from webui.tenants.search import asked_terms, search, search_terms
from webui.tenants.search.search import CHOICES, Filters

pytestmark = pytest.mark.both_databases

SOME, MANY = 800, 3_200
START = datetime(2026, 1, 1, tzinfo=UTC)
# The words of each choice that the list can be narrowed to; a plan and a status besides are below.
WORDS = {field.name: [word for word, _ in field.choices] for field in filterable().values()}
SINGLE = [{name: word} for name, words in CHOICES.items() for word in words]
FILTERS = [
    *SINGLE,
    # The rarest of every choice, and nobody is all of them.
    {name: list(words)[-1] for name, words in CHOICES.items()},
    {},
    *({"status": "blocked", "onboarding": "done"}, {"plan": "starter", "onboarding": "done"}),
    # Nobody is all three.
    {"status": "blocked", "plan": "enterprise", "onboarding": "open"},
    *({"usage": "80", "status": "active"}, {"usage": "100", "onboarding": "done"}),
]
IDS = [{"q": str(UUID(int=7))}, {"owner": "person"}, {"owner": "person", "q": "common"}]
# PostgreSQL takes its trigram index only where it is worth it, with more tenants than these.
NAMES = [
    *({"q": "common"}, {"q": "rare"}, {"q": "co"}, {"q": "nobody"}, {"q": "person"}),
    *({"q": "7"}, {"q": "0"}),
    *({"q": "rare", "status": "active"}, {"q": "common", "plan": "business"}),
    *({"q": "common", "usage": "80"}, {"q": "rare", "usage": "80"}, {"q": "other", "usage": "80"}),
]


def a_row(number):
    """A tenant like every twentieth other one, rare names and owners apart."""
    at = START + timedelta(minutes=number * 7919 % MANY)
    word = "rare" if number < 5 else "common" if number % 8 < 2 else "other"
    name = f"{('no', 'co', '')[number % 3]}{number * 7919 % 9973} {word}"
    rare = {name: words[-1] if number < 5 else words[0] for name, words in WORDS.items()}
    return {
        **rare,
        "id": UUID(int=number),
        "name": name,
        "name_key": name,
        "name_sort": values.sort_key(name),
        "status": "blocked" if number % 5 == 0 else "active",
        "billing_plan": "starter" if number % 5 == 0 else ("business", "enterprise")[number % 2],
        "onboarded_at": at if number % 3 else None,
        "version": 1,
        "created_at": at,
        "updated_at": at,
    }


def a_rank(row, number):
    """What triggers and metering write of it."""
    share = 100 if number < 5 else number * 7919 % 100
    copied = {name: row[name] for name in FILTERED}
    return {
        **copied,
        "tenant_id": row["id"],
        "onboarding_open": row["onboarded_at"] is None,
        "usage_rank": rank_from(month_of(search.now()), share),
    }


def add(numbers):
    """Tenants without a history, which the guards would refuse."""
    with db.engine.connect().execution_options(**{WRITING: True}) as connection:
        if not is_sqlite():
            connection.execute(text("SET session_replication_role = replica"))
        rows = {number: a_row(number) for number in numbers}
        connection.execute(insert(Tenant.__table__), list(rows.values()))
        ranks = [a_rank(row, number) for number, row in rows.items()]
        connection.execute(insert(UsageRank.__table__), ranks)
        connection.commit()
        if not is_sqlite():
            connection.execute(text("RESET session_replication_role"))
            connection.execute(text("ANALYZE tenants"))
            connection.execute(text("ANALYZE usage_ranks"))
            connection.commit()


@pytest.fixture
def some(app, monkeypatch):
    """Tenants, five of which have an owner, and thresholds to their size."""
    monkeypatch.setattr(search, "PAGE_SIZE", 10)
    monkeypatch.setattr(search_terms.Name, "few", 20)
    monkeypatch.setattr(search_terms.Beginning, "few", 20)
    monkeypatch.setattr(search_terms.Share, "few", 20)
    monkeypatch.setattr(asked_terms, "may", lambda _permission: True)
    if is_sqlite():
        raw = db.engine.raw_connection()
        raw.execute("PRAGMA foreign_keys = OFF")
        guards = ("guard_tenants", "guard_users", "sync_ranks")
        named = " OR ".join(f"name LIKE '{name}%'" for name in guards)
        guards = raw.execute(f"SELECT name FROM sqlite_master WHERE {named}")
        for (name,) in guards.fetchall():
            raw.execute(f"DROP TRIGGER {name}")
        raw.close()
    add(range(SOME))
    with db.engine.begin() as connection:
        if not is_sqlite():
            connection.execute(text("SET LOCAL session_replication_role = replica"))
        names = [f"person-{number}" for number in range(5)]
        values = [vars(User(username=n, email=n, role="owner", password_hash="!")) for n in names]
        keys = [column.name for column in User.__table__.columns]
        rows = [{k: v[k] for k in keys if k in v} for v in values]
        owned = [{**row, "tenant_id": UUID(int=n)} for n, row in enumerate(rows)]
        connection.execute(insert(User.__table__), owned)
        if not is_sqlite():
            connection.execute(text("ANALYZE users"))


def read_for(filters):
    """What the page reads: SQLite's steps in tens, or the rows of PostgreSQL's scans."""
    connection = db.session.connection()
    return (steps if is_sqlite() else scanned)(connection, filters)


def steps(connection, filters):
    ticks = []
    raw = connection.connection.driver_connection
    raw.set_progress_handler(lambda: ticks.append(1) and None, 10)
    search.find_tenants(filters, None, None)
    raw.set_progress_handler(None, 0)
    return len(ticks)


def scanned(connection, filters):
    # Tables of this size would be read whole whatever their indexes.
    with statements(connection) as seen:
        search.find_tenants(filters, None, None)
    explain = "EXPLAIN (ANALYZE, FORMAT JSON) "
    with db.engine.connect() as other:
        other.execute(text("SET LOCAL enable_seqscan = off"))
        plans = [other.exec_driver_sql(explain + sql, values).scalar() for sql, values in seen]
    return sum(rows_of(plan[0]["Plan"]) for plan in plans)


@contextmanager
def statements(connection):
    seen = []

    def note(_connection, _cursor, sql, values, *_more):
        seen.append((sql, values))

    event.listen(connection, "before_cursor_execute", note)
    yield seen
    event.remove(connection, "before_cursor_execute", note)


def rows_of(node):
    """The rows that the scans of tables and indexes give or throw away."""
    counts = ("Actual Rows", "Rows Removed by Filter", "Rows Removed by Index Recheck")
    here = sum(node.get(name, 0) for name in counts) * node["Actual Loops"]
    table = "Relation Name" in node or "Index Name" in node
    return (here if table else 0) + sum(map(rows_of, node.get("Plans", ())))


class TestPage:
    def test_reads_no_more_of_more_tenants(self, some):
        kinds = [*FILTERS, *IDS, *(NAMES if is_sqlite() else ())]
        asked = [
            Filters.from_url({**kind, "sort": sort}) for kind, sort in product(kinds, search.ORDERS)
        ]
        before = {filters: read_for(filters) for filters in asked}
        db.session.rollback()
        add(range(SOME, MANY))
        after = {filters: read_for(filters) for filters in asked}
        grown = {
            str(filters.arguments()): (before[filters], after[filters])
            for filters in asked
            if after[filters] > 1.5 * before[filters] + 60
        }
        assert grown == {}
