"""The page of an entry: everything recorded, and the related entries."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from flask import url_for
from flask_login import current_user
from sqlalchemy import func, literal, select, union_all

from webui.accounts.sessions import sessions, user_agents
from webui.core.extensions import db
from webui.core.permissions import Permission, may
from webui.history.query import diff as pairs
from webui.history.query import history
from webui.history.query.diff import Pair
from webui.history.query.find import readable, readable_entries
from webui.history.query.history import Row
from webui.history.query.labels import CHOICES, field_label
from webui.history.query.readers import readers
from webui.history.record import bodies
from webui.history.record.actor import ACCOUNT_TYPES
from webui.models import AuditEntry, AuditField, User
from webui.tenants.core.operations import REVERTS
from webui.users.scope import visible

_MOST_OF_A_REQUEST = 50


@dataclass(frozen=True)
class Neighbours:
    """The ids of the previous and the next change; None where there is none."""

    before: UUID | None = None
    after: UUID | None = None


@dataclass(frozen=True)
class EntryView:
    """An entry as its page shows it to this reader.

    ``fields``: neighbours per field of the same tenant. ``after``: number of later entries in the
    chain. ``reverts``: id of the entry that this one undid. ``reset_by``, for staff only: who
    issued the reset link that set the password with which the actor's session began.
    ``account_url``: the page of the actor's account, if the reader may open it.
    """

    row: Row
    entry: AuditEntry
    body: bodies.Body
    pairs: list[Pair]
    same_request: list[Row]
    same_tenant: Neighbours
    fields: dict[str, Neighbours]
    after: int
    reverts: str | None
    undone_by: list[UUID]
    reset_by: str | None
    account_url: str | None

    @property
    def browser(self) -> str:
        """The browser that sent the request, in words; empty when there was none."""
        agent = self.body["agent"]
        return user_agents.describe_agent(agent) if agent else ""

    @property
    def action(self) -> str:
        """The label of the entry's action."""
        return CHOICES["action"].get(self.entry.action, self.entry.action)

    def label(self, name: str) -> str:
        """Returns the label of a field."""
        return field_label(name)


def find_entry(entry_id: UUID, tenant_id: UUID | None) -> AuditEntry | None:
    """Returns an entry by id; a person of a tenant gets only entries of that tenant."""
    query = select(AuditEntry).where(AuditEntry.id == entry_id)
    if not may(Permission.VIEW_ALL_HISTORY):
        query = query.where(AuditEntry.tenant_id == tenant_id)
    entry = db.session.scalars(query).first()
    return entry if entry and readable(entry.action) else None


def entry_view(entry: AuditEntry) -> EntryView:
    """Loads the page of an entry."""
    [reader] = readers([entry])
    body = bodies.read_body(entry.body)
    shown = pairs.pairs(body, reader)
    head = db.session.scalar(select(func.max(AuditEntry.seq))) or entry.seq
    return EntryView(
        row=history.history_rows([entry])[0],
        entry=entry,
        body=body,
        pairs=shown,
        same_request=history.history_rows(_same_request(entry)),
        same_tenant=_same_tenant(entry),
        fields=_same_fields(entry, [pair.name for pair in shown]),
        after=head - entry.seq,
        reverts=_undid(body),
        undone_by=_undone_by(entry),
        reset_by=sessions.reset_by_at(UUID(entry.actor_id), entry.at)
        if _may_see_issuer(entry)
        else None,
        account_url=_account_url(entry),
    )


def _account_url(entry: AuditEntry) -> str | None:
    """Returns the page of the actor's account, if it has one that the reader may open."""
    if entry.actor_type not in ACCOUNT_TYPES or not entry.actor_id:
        return None
    if entry.actor_id == str(current_user.id):
        return url_for("account.page")
    if not may(Permission.LIST_USERS):
        return None
    account = select(User.id).where(User.id == UUID(entry.actor_id), visible())
    found = db.session.scalar(account)
    return url_for("users.page", user_id=found) if found else None


def _may_see_issuer(entry: AuditEntry) -> bool:
    return entry.actor_type == "user" and bool(entry.actor_id) and may(Permission.SEE_STAFF)


def _undone_by(entry: AuditEntry) -> list[UUID]:
    """Returns the ids of the entries that undid this one, oldest first."""
    later = history.changes_since(entry, REVERTS) if entry.tenant_id else []
    return [e.id for e in later if _undid(bodies.read_body(e.body)) == str(entry.id)]


def _undid(body: bodies.Body) -> str | None:
    """Returns the id of the entry that an entry undid, or None."""
    undid: str | None = body["changes"].get(REVERTS, [None, None])[1]
    return undid


def _same_request(entry: AuditEntry) -> list[AuditEntry]:
    """Returns the other entries of the request, in order, limited to what the reader may see."""
    if entry.request is None:
        return []
    query = select(AuditEntry).where(AuditEntry.request == entry.request, readable_entries())
    if not may(Permission.VIEW_ALL_HISTORY):
        query = query.where(AuditEntry.tenant_id == entry.tenant_id)
    query = query.where(AuditEntry.seq != entry.seq).order_by(AuditEntry.seq)
    return list(db.session.scalars(query.limit(_MOST_OF_A_REQUEST)))


def _same_tenant(entry: AuditEntry) -> Neighbours:
    if entry.tenant_id is None:
        return Neighbours()
    mine = AuditEntry.tenant_id == entry.tenant_id
    here = select(AuditEntry.id).where(mine, readable_entries())
    older = here.where(AuditEntry.seq < entry.seq).order_by(AuditEntry.seq.desc()).limit(1)
    newer = here.where(AuditEntry.seq > entry.seq).order_by(AuditEntry.seq).limit(1)
    return Neighbours(db.session.scalar(older), db.session.scalar(newer))


def _same_fields(entry: AuditEntry, names: Sequence[str]) -> dict[str, Neighbours]:
    """Returns field -> the previous and next entry that changed it, with two statements."""
    if entry.tenant_id is None or not names:
        return {}
    places = union_all(*(_places(entry, name) for name in names))
    found = {row.name: (row.before, row.after) for row in db.session.execute(places)}
    seqs = {seq for pair in found.values() for seq in pair if seq}
    query = select(AuditEntry.seq, AuditEntry.id).where(
        AuditEntry.seq.in_(seqs), readable_entries()
    )
    ids = {row.seq: row.id for row in db.session.execute(query)} if seqs else {}
    return {name: Neighbours(ids.get(old), ids.get(new)) for name, (old, new) in found.items()}


def _places(entry: AuditEntry, name: str) -> Any:
    here = (AuditField.tenant_id == entry.tenant_id) & (AuditField.field == name)
    before = select(func.max(AuditField.seq)).where(here, AuditField.seq < entry.seq)
    after = select(func.min(AuditField.seq)).where(here, AuditField.seq > entry.seq)
    return select(
        literal(name).label("name"),
        before.scalar_subquery().label("before"),
        after.scalar_subquery().label("after"),
    )
