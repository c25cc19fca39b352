"""Writes steps to the database: one statement per table, referenced rows first."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, insert, text

from webui.accounts.operations import creation
from webui.core.extensions import db, is_sqlite, keyring
from webui.demo import entries
from webui.demo.stories.clock import WorkClock
from webui.demo.stories.story import Account, Step
from webui.demo.tenant_rows import TenantRows
from webui.demo.usage_shares import write_shares
from webui.demo.vocabulary.people import UNUSABLE_HASH
from webui.history.record import entry_rows as rows
from webui.history.record import log
from webui.history.record.entry_rows import Row
from webui.models import (
    AuditEntry,
    AuditField,
    AuditSealed,
    AuditWord,
    Onboarding,
    TenantUsage,
    User,
)
from webui.models.seals import user_seals
from webui.models.tenant.tenant import Change, audit_kind

# Half of all rows are these; PostgreSQL inserts whole columns faster than single rows.
_FIELDS = text(
    "INSERT INTO audit_fields (seq, field, tenant_id) SELECT * FROM"
    " unnest(CAST(:seq AS bigint[]), CAST(:field AS text[]), CAST(:tenant_id AS uuid[]))"
)


def write(steps: Sequence[Step], clock: WorkClock) -> None:
    """Writes the steps, which must be in the order of time, in the current write transaction."""
    batch = _Batch(log.lock_head())
    for step in steps:
        batch.add(step, clock.at(step.share))
    batch.insert(db.session.connection())
    write_shares(batch.usage, clock.end)


class _Batch:
    """The rows of one transaction. Entries are chained to ``head`` as they are added."""

    def __init__(self, head: log.Head) -> None:
        self.head = head
        self.entries: list[Row] = []
        self.fields: list[Row] = []
        self.words: list[Row] = []
        self.sealed: list[Row] = []
        self.users: list[Row] = []
        self.usage: list[Row] = []
        self.places: list[Row] = []
        self.tenants = TenantRows()

    def add(self, step: Step, at: datetime) -> None:
        """Adds the rows of a step's changes, and its entry."""
        # The clock knows only when the run began; entries may have been written since then.
        at = max(at, self.head.at or at)
        if step.tenant:
            self.tenants.apply(step, at)
        for month in step.usage or ():
            self.usage.append({"tenant_id": step.tenant, **month._asdict()})
        if step.place:
            self.places.append({**step.place._asdict(), "updated_at": at})
        self._add_entry(step, self._changes(step, at), at)

    def _changes(self, step: Step, at: datetime) -> list[Change]:
        if step.account:
            user = _user(step.account, at, step.id)
            self.users.append(_row(user))
            return creation(user)
        return [
            Change(name, audit_kind(name), old, new) for name, (old, new) in step.changes.items()
        ]

    def _add_entry(self, step: Step, changes: list[Change], at: datetime) -> None:
        listed, sealed = entries.listed_changes(step, changes)
        body = entries.body(step, listed, at, self.head)
        entry = rows.entry_row(body, entries.canonical_body(body))
        self.entries.append(entry)
        self.fields.extend(rows.field_rows(body))
        self.words.extend(rows.word_rows(body))
        self.sealed.extend(sealed)
        self.head = log.Head(entry["seq"], entry["hash"], at)

    def insert(self, connection: Connection) -> None:
        """Writes all rows; users before the entries that their seals refer to."""
        self.tenants.write(connection)
        _insert(connection, User, self.users)
        _insert(connection, AuditEntry, self.entries)
        _insert_fields(connection, self.fields)
        _insert(connection, AuditWord, self.words)
        _insert(connection, AuditSealed, self.sealed)
        _insert(connection, TenantUsage, self.usage)
        _insert(connection, Onboarding, self.places)


def _user(account: Account, at: datetime, entry: UUID) -> User:
    """Returns a user object that is in no session, sealed under its entry."""
    user = User(
        id=account.id,
        username=account.username,
        email=account.email,
        password_hash=UNUSABLE_HASH,
        role=account.role,
        tenant_id=account.tenant,
        created_at=at,
        updated_at=at,
        seal_entry=entry,
    )
    user.seal = user_seals.user_seal(keyring(), user.id, user)
    return user


def _row(thing: object) -> Row:
    """Returns the values of a model object, by attribute."""
    return {name: value for name, value in vars(thing).items() if name != "_sa_instance_state"}


def _insert(connection: Connection, model: Any, rows: list[Row]) -> None:
    if rows:
        connection.execute(insert(model.__table__), rows)


def _insert_fields(connection: Connection, rows: list[Row]) -> None:
    if is_sqlite(connection):
        _insert(connection, AuditField, rows)
        return
    names = ("seq", "field", "tenant_id")
    connection.execute(_FIELDS, {name: [row[name] for row in rows] for name in names})
