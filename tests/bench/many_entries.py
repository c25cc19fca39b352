"""A long history, made fast: rows of the right shape, not chained to one another.

Paging and filters do not look at hashes; what verifies the chain has a history of its own.
"""

import json
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import psycopg
from sqlalchemy import func, select

from tests.databases import libpq
from webui.audit.chain import timestamp
from webui.extensions import db, is_sqlite, write_transaction
from webui.models import AuditEntry, Tenant, User, triggers
from webui.values import search_words

FIRST = datetime(2027, 1, 1, tzinfo=UTC)
"""Later than everything that the demo data hold."""
STEP = timedelta(seconds=10)
HOT = 20
"""Every HOT-th entry is of the one tenant: 50,000 of 1,000,000."""
_RARE, _PART = 20_000, 50_000
_KINDS = {
    "odd": ("tenant.billing.updated", "monthly_call_limit"),
    "even": ("tenant.features.updated", "retention_days"),
    "rare": ("tenant.compliance.updated", "hipaa_enabled"),
}
_FIELD_OF = dict(_KINDS.values())
ENTRY_COLUMNS = (
    *("seq", "id", "at", "action", "outcome", "tenant_id", "actor_type", "actor_id"),
    *("actor_name", "actor_role", "source", "reason", "request", "address", "body", "hash"),
)
Row = tuple[Any, ...]


@dataclass(frozen=True)
class Many:
    """What the history holds: values to filter by."""

    before: int
    entries: int
    tenant: str
    other: str
    actor: str
    colleague: str

    @property
    def request(self) -> str:
        """A request's number."""
        return str(UUID(int=self.before + 77))

    @property
    def rare_word(self) -> str:
        """A word of one reason in 20,000."""
        return "migration"

    def at(self, seq: int) -> str:
        """The time of an entry, as the URL has it."""
        return timestamp(FIRST + STEP * (seq - self.before))


def fill(count: int) -> Many:
    """Adds entries after those of the demo data, spread over its tenants and people."""
    before = db.session.scalar(select(func.max(AuditEntry.seq))) or 0
    northwind = db.session.scalars(
        select(Tenant.id).where(Tenant.name == "Northwind Dental Group")
    ).one()
    tenants = list(db.session.scalars(select(Tenant.id).where(Tenant.id != northwind)))
    people = list(db.session.execute(select(User.id, User.username).where(User.role == "support")))
    db.session.rollback()
    with write_transaction():
        # The guards judge one entry at a time.
        triggers.drop(db.session.connection())
    for start in range(0, count, _PART):
        part = range(start + 1, min(start + _PART, count) + 1)
        _load([_entry(n, before, northwind, tenants, people) for n in part])
    with write_transaction():
        triggers.create(db.session.connection())
    _tidy()
    many = (str(northwind), str(tenants[0]), str(people[0].id), str(people[1].id))
    return Many(before, before + count, *many)


def _entry(n: int, before: int, hot: UUID, tenants: list[UUID], people: Any) -> Row:
    """One entry: mostly billing at the UI, now and then something rare."""
    rare, person = n % _RARE == 0, people[n // 3 % len(people)]
    tenant = hot if n % HOT == 0 else tenants[n % len(tenants)]
    actor = ("user", str(person.id), person.username, "support")
    if n % 1_000 == 7:
        actor = ("cli", None, "root", None)
    action, field = _KINDS["rare" if rare else "odd" if n % 2 else "even"]
    sides = [False, True] if rare else [n % 900 + 1, n % 900 + 2]
    reason = f"Upgrade agreed, ticket {n}" if n % 3 else "Agreed by phone"
    if rare:
        reason = "Agreed before the migration"
    seq, request, at = before + n, str(UUID(int=before + n)), FIRST + STEP * n
    source = "import" if n % 50_000 == 3 else "api" if n % 7 == 0 else "ui"
    outcome = "denied" if n % 10_000 == 5 else "success"
    address = f"10.0.0.{n // 3 % len(people) % 5 + 1}"
    body = {
        "v": 1, "seq": seq, "id": request, "at": timestamp(at), "action": action,
        "outcome": outcome, "tenant": {"id": str(tenant), "name": "A tenant", "version": None},
        "actor": dict(zip(("type", "id", "name", "role"), actor, strict=True)), "source": source,
        "changes": {field: sides}, "reason": reason, "request": request, "address": address,
        "agent": "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0",
        "prev": f"{seq - 1:064x}",
    }  # fmt: skip
    extracts = (seq, request, at, action, outcome, str(tenant), *actor, source, reason, request)
    return (*extracts, address, json.dumps(body), f"{seq:064x}")


def _extracts(rows: list[Row]) -> Iterator[tuple[str, tuple[str, ...], Iterator[Row]]]:
    """(table, columns, rows) of everything to load."""
    yield "audit_entries", ENTRY_COLUMNS, iter(rows)
    fields = ((row[0], _FIELD_OF[row[3]], row[5]) for row in rows)
    yield "audit_fields", ("seq", "field", "tenant_id"), fields
    words = ((word, row[0]) for row in rows for word in search_words(row[11]))
    yield "audit_words", ("word", "seq"), words


def _load(rows: list[Row]) -> None:
    url = db.engine.url
    if is_sqlite():
        _load_sqlite(str(url.database), rows)
    else:
        _load_postgresql(libpq(url.render_as_string(hide_password=False)), rows)


def _tidy() -> None:
    """What a database in use does by itself: statistics, and on PostgreSQL visibility."""
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("ANALYZE" if is_sqlite() else "VACUUM ANALYZE")


def _load_sqlite(path: str, rows: list[Row]) -> None:
    def stored(value: Any) -> Any:
        if isinstance(value, datetime):
            return value.strftime("%Y-%m-%d %H:%M:%S.%f")
        return value

    connection = sqlite3.connect(path)
    connection.execute("PRAGMA synchronous = OFF")
    connection.execute("PRAGMA cache_size = -262144")
    for table, columns, content in _extracts(rows):
        places = ["replace(?, '-', '')" if name in ("id", "tenant_id") else "?" for name in columns]
        statement = f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({', '.join(places)})"
        connection.executemany(statement, (tuple(map(stored, row)) for row in content))
    connection.commit()
    connection.close()


def _load_postgresql(url: str, rows: list[Row]) -> None:
    with psycopg.connect(url) as connection:
        for table, columns, content in _extracts(rows):
            statement = f"COPY {table} ({', '.join(columns)}) FROM STDIN"
            with connection.cursor().copy(statement) as copy:
                for row in content:
                    copy.write_row(row)
