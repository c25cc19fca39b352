"""A long history, made fast: a chain as the product writes it, with its extracts and checkpoints.

One entry in HOT is of the one tenant, the others are spread over tenants and people. What is
filtered and what is verified measure themselves on the same history.
"""

import hashlib
import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import orjson
import psycopg
from sqlalchemy import func, select

from tests.databases import libpq
from webui.core.extensions import db, is_sqlite, write_transaction
from webui.history.checkpoints import checkpoints
from webui.history.record.chain import timestamp
from webui.history.record.log import lock_head
from webui.models import AuditEntry, Tenant, User
from webui.models.triggers import registry
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
_AGENT = "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0"
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


@dataclass(frozen=True)
class _Cast:
    """Who and what the entries are about."""

    hot: str
    tenants: Sequence[str]
    people: Sequence[tuple[str, str]]


def fill(count: int) -> Many:
    """Adds entries after those of the demo data, and a checkpoint now and then."""
    before = db.session.scalar(select(func.max(AuditEntry.seq))) or 0
    cast = _cast()
    _guards(registry.drop)
    for start in range(0, count, _PART):
        _load(list(_entries(range(start + 1, min(start + _PART, count) + 1), before, cast)))
        checkpoints.make()
    _guards(registry.create)
    _tidy()
    (actor, _), (colleague, _) = cast.people[:2]
    return Many(before, before + count, cast.hot, cast.tenants[0], actor, colleague)


def _cast() -> _Cast:
    hot = db.session.scalars(select(Tenant.id).where(Tenant.name == "Northwind Dental Group")).one()
    others = db.session.scalars(select(Tenant.id).where(Tenant.id != hot))
    people = db.session.execute(select(User.id, User.username).where(User.role == "support"))
    found = _Cast(
        str(hot), [str(id) for id in others], [(str(id), name) for id, name in people.tuples()]
    )
    db.session.rollback()
    return found


def _guards(change: Any) -> None:
    """The guards judge one entry at a time, which a million of them need not wait for."""
    with write_transaction():
        change(db.session.connection())


def _entries(numbers: range, before: int, cast: _Cast) -> Iterator[Row]:
    """Rows of entries, chained to the newest one."""
    prev = lock_head().hash
    db.session.rollback()
    for n in numbers:
        body = _body(n, before + n, cast) | {"prev": prev}
        # All keys are ASCII, so sorting them by bytes is the canonical order.
        text = orjson.dumps(body, option=orjson.OPT_SORT_KEYS)
        prev = hashlib.sha256(text).hexdigest()
        yield _row(body, text.decode(), prev)


def _body(n: int, seq: int, cast: _Cast) -> dict[str, Any]:
    """One entry: mostly billing at the UI, now and then something rare."""
    rare, person = n % _RARE == 0, cast.people[n // 3 % len(cast.people)]
    action, field = _KINDS["rare" if rare else "odd" if n % 2 else "even"]
    by_command = n % 1_000 == 7
    reason = f"Upgrade agreed, ticket {n}" if n % 3 else "Agreed by phone"
    identity = str(UUID(int=seq))
    return {
        "v": 1,
        "seq": seq,
        "id": identity,
        "at": timestamp(FIRST + STEP * n),
        "action": action,
        "outcome": "denied" if n % 10_000 == 5 else "success",
        "tenant": {
            "id": cast.hot if n % HOT == 0 else cast.tenants[n % len(cast.tenants)],
            "name": "A tenant",
            "version": None,
        },
        "actor": {
            "type": "cli" if by_command else "user",
            "id": None if by_command else person[0],
            "name": "root" if by_command else person[1],
            "role": None if by_command else "support",
        },
        "source": "import" if n % 50_000 == 3 else "api" if n % 7 == 0 else "ui",
        "changes": {field: [False, True] if rare else [n % 900 + 1, n % 900 + 2]},
        "reason": "Agreed before the migration" if rare else reason,
        "request": identity,
        "address": f"10.0.0.{n // 3 % len(cast.people) % 5 + 1}",
        "agent": _AGENT,
    }


def _row(body: dict[str, Any], text: str, hashed: str) -> Row:
    """The columns of an entry, in the order of ENTRY_COLUMNS."""
    actor = body["actor"]
    return (
        *(body[name] for name in ("seq", "id", "at", "action", "outcome")),
        body["tenant"]["id"],
        *(actor[name] for name in ("type", "id", "name", "role")),
        *(body[name] for name in ("source", "reason", "request", "address")),
        text,
        hashed,
    )


def _extracts(rows: list[Row]) -> Iterator[tuple[str, tuple[str, ...], Iterator[Row]]]:
    """(table, columns, rows) of everything to load."""
    yield "audit_entries", ENTRY_COLUMNS, iter(rows)
    fields = ((row[0], _FIELD_OF[row[3]], row[5]) for row in rows)
    yield "audit_fields", ("seq", "field", "tenant_id"), fields
    words = sorted((word, row[0]) for row in rows for word in search_words(row[11]))
    yield "audit_words", ("word", "seq"), iter(words)


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


# How SQLite stores what PostgreSQL has types for.
_STORED = {
    "id": "replace(?, '-', '')",
    "tenant_id": "replace(?, '-', '')",
    "at": "replace(rtrim(?, 'Z'), 'T', ' ')",
}


def _load_sqlite(path: str, rows: list[Row]) -> None:
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA synchronous = OFF")
    connection.execute("PRAGMA cache_size = -524288")
    for table, columns, content in _extracts(rows):
        places = ", ".join(_STORED.get(name, "?") for name in columns)
        statement = f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({places})"
        connection.executemany(statement, content)
    connection.commit()
    connection.close()


def _load_postgresql(url: str, rows: list[Row]) -> None:
    with psycopg.connect(url) as connection:
        # A replica checks no foreign keys: half of the time, for rows that are right.
        connection.execute("SET session_replication_role = replica")
        for table, columns, content in _extracts(rows):
            statement = f"COPY {table} ({', '.join(columns)}) FROM STDIN"
            with connection.cursor().copy(statement) as copy:
                for row in content:
                    copy.write_row(row)
