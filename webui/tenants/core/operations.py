"""What happens to tenants: plain verbs that take values and an actor, never the request.

Each is one write transaction: load for update, judge, apply, record, commit.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from webui.accounts.sessions import sessions
from webui.core.extensions import db, write_transaction
from webui.core.limits import Status
from webui.history.record.actions import Action
from webui.history.record.actor import Actor
from webui.history.record.log import record
from webui.models import Tenant
from webui.models.columns import Audited
from webui.models.tenant.tenant import Change
from webui.tenants.core import conflicts, rules
from webui.tenants.core.sections import Section
from webui.web import idempotency_keys
from webui.web.idempotency_keys import IdempotencyKey, UsedOn
from webui.web.posted import drafts

REVERTS = "reverts"
"""In the `changes` of an entry that undoes another one: [null, that one's id]."""


class Gone(Exception):
    """The tenant is not there."""


@dataclass(frozen=True)
class Edit:
    """A submitted form: the values, the fields it showed, its version, and why.

    ``path`` is where it was posted to: its draft is forgotten with the save. ``reverts`` is
    the entry that it undoes.
    """

    values: Mapping[str, Any]
    fields: Sequence[str]
    version: int
    reason: str | None = None
    ceilings_seen: str | None = None
    path: str = ""
    reverts: UUID | None = None


@dataclass(frozen=True)
class Saved:
    """What came of it; ``entry`` is None when every value was the stored one.

    ``already``: none of it was new, but the tenant was newer than the form, as after a double
    click: saved by the first one.
    """

    tenant: Tenant
    entry: UUID | None
    already: bool = False


def update_section(
    tenant_id: UUID,
    section: Section,
    edit: Edit,
    actor: Actor,
    also: Callable[[], None] | None = None,
) -> Saved:
    """Applies an edit of a section; ``also`` runs in the same transaction, changed or not.

    Raises Gone, rules.Closed, conflicts.Conflict and rules.RuleBroken; nothing is written then.
    """

    def judge(tenant: Tenant) -> None:
        rules.check_rules(tenant, edit.values, actor.role, edit.ceilings_seen)

    return _update(tenant_id, edit, actor, section.action, judge, also)


def change_status(tenant_id: UUID, edit: Edit, actor: Actor) -> Saved:
    """Changes the status and what is stopped. Raises Gone and conflicts.Conflict."""
    return _update(tenant_id, edit, actor, Action.TENANT_STATUS, lambda _tenant: None)


def _update(
    tenant_id: UUID,
    edit: Edit,
    actor: Actor,
    action: Action,
    judge: Callable[[Tenant], None],
    also: Callable[[], None] | None = None,
) -> Saved:
    with write_transaction():
        tenant = db.session.get(Tenant, tenant_id, with_for_update=True)
        if tenant is None:
            raise Gone
        rules.refuse_closed(tenant, actor.role)
        if also:
            also()
        if not any(tenant.differs(*item) for item in edit.values.items()):
            return Saved(tenant, None, already=edit.version < tenant.version)
        conflicts.check_conflict(tenant, edit.fields, edit.version)
        judge(tenant)
        before = tenant.status
        changes = tenant.revise(edit.values)
        # On the way back too: whatever began at the moment of blocking stays ended.
        if Status.BLOCKED in (before, tenant.status):
            sessions.end_all_of_tenant(tenant.id)
        if edit.reverts:
            changes.append(Change(REVERTS, Audited.PLAIN, None, str(edit.reverts)))
        if actor.id:
            drafts.forget_draft(UUID(actor.id), edit.path)
        entry = record(action, actor, tenant=tenant, changes=changes, reason=edit.reason)
        return Saved(tenant, entry)


def create_tenant(edit: Edit, mark: str, actor: Actor) -> UUID:
    """Makes a tenant with the values and the defaults, and returns its id.

    ``mark`` is the form's one-use submission: a second use gives the first one's tenant. Raises
    submissions.Crossed.
    """
    assert actor.id is not None
    key = IdempotencyKey(mark, UUID(actor.id), UsedOn.NEW_TENANT)
    try:
        with write_transaction():
            used = idempotency_keys.used(key)
            return UUID(used.result) if used else _create(edit, actor, key)
    except idempotency_keys.Crossed:
        # On PostgreSQL two clicks may pass the look-up together; the first one won.
        used = idempotency_keys.used(key)
        if used is None:
            raise
        return UUID(used.result)


def _create(edit: Edit, actor: Actor, key: IdempotencyKey) -> UUID:
    tenant = Tenant(**edit.values)
    db.session.add(tenant)
    idempotency_keys.use(key, tenant.id)
    drafts.forget_draft(key.user_id, edit.path)
    record(
        Action.TENANT_CREATED,
        actor,
        tenant=tenant,
        changes=tenant.creation(),
        reason=edit.reason,
    )
    return tenant.id
