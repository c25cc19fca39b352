"""Changes of tenants. The functions take values and an actor, never the request.

Each one is a single write transaction: load for update, check the rules, apply, record, commit.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from webui.accounts.sessions import sessions
from webui.core.catalogue import FIELDS
from webui.core.extensions import db, write_transaction
from webui.core.limits import Status
from webui.history.record.actions import Action, section_action
from webui.history.record.actor import Actor
from webui.history.record.log import record
from webui.models import Tenant
from webui.models.columns import Audited
from webui.models.tenant.tenant import Change
from webui.tenants.core import conflicts, rules
from webui.tenants.core.sections import Section
from webui.usage import thresholds
from webui.web import idempotency_keys
from webui.web.idempotency_keys import IdempotencyKey, UsedOn
from webui.web.posted import drafts

REVERTS = "reverts"
"""Field in the `changes` of an entry that undoes another one: [null, id of that entry]."""


class Gone(Exception):
    """The tenant does not exist."""


class VersionDiffers(Exception):
    """The tenant has another version than the one that the program asked for."""

    def __init__(self, version: int) -> None:
        super().__init__(f"the tenant has version {version}")
        self.version = version


@dataclass(frozen=True)
class Edit:
    """A submitted form: the values, the fields that it showed, its version and the reason.

    ``version`` None: the last write wins, field by field. ``path`` is the URL path that it was
    posted to; the draft of that path is deleted with the save.
    ``reverts`` is the id of the entry that this edit undoes. ``is_expected`` judges the version of
    the locked tenant, for a program that changes only the version that it read.
    """

    values: Mapping[str, Any]
    fields: Sequence[str]
    version: int | None
    reason: str | None = None
    ceilings_seen: str | None = None
    path: str = ""
    reverts: UUID | None = None
    is_expected: Callable[[int], bool] | None = None


@dataclass(frozen=True)
class Saved:
    """The result of an edit; ``entry`` is None when every value equals the stored one.

    ``already`` is True when the values were stored by an earlier request, for example by the first
    click of a double click: nothing changed, but the tenant is newer than the form.
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
    """Applies an edit of a section.

    ``also`` runs in the same transaction, even when no value changes. Raises Gone, rules.Closed,
    conflicts.Conflict and rules.RuleBroken; nothing is written then.
    """
    return _update(tenant_id, edit, actor, section.action, also=also)


def update_fields(
    tenant_id: UUID,
    edit: Edit,
    actor: Actor,
    more: Callable[[Tenant], Mapping[str, Any]] | None = None,
) -> Saved:
    """Applies a program's edit of fields of any sections, as one change with one entry.

    ``more`` returns further values for the locked row. Raises Gone, rules.Closed, VersionDiffers,
    rules.RuleBroken and what ``more`` raises; nothing is written then.
    """
    return _update(tenant_id, edit, actor, None, more=more)


def change_status(tenant_id: UUID, edit: Edit, actor: Actor) -> Saved:
    """Changes status and stopped services.

    Raises Gone, rules.Closed, conflicts.Conflict and VersionDiffers.
    """
    return _update(tenant_id, edit, actor, Action.TENANT_STATUS)


def _update(
    tenant_id: UUID,
    edit: Edit,
    actor: Actor,
    action: Action | None,
    *,
    also: Callable[[], None] | None = None,
    more: Callable[[Tenant], Mapping[str, Any]] | None = None,
) -> Saved:
    """Applies an edit; ``action`` None: the one of the section that changed."""
    with write_transaction():
        tenant = db.session.get(Tenant, tenant_id, with_for_update=True)
        if tenant is None:
            raise Gone
        rules.refuse_closed(tenant, actor.role)
        if edit.is_expected and not edit.is_expected(tenant.version):
            raise VersionDiffers(tenant.version)
        if also:
            also()
        values = {**edit.values, **more(tenant)} if more else edit.values
        if not any(tenant.differs(*item) for item in values.items()):
            return Saved(tenant, None, already=(edit.version or 0) < tenant.version)
        conflicts.check_conflict(tenant, edit.fields, edit.version)
        # A status may be changed whatever the sections hold.
        if action is not Action.TENANT_STATUS:
            rules.check_rules(tenant, edit.values, actor.role, edit.ceilings_seen)
        return Saved(tenant, _apply(tenant, values, edit, actor, action))


def _apply(
    tenant: Tenant, values: Mapping[str, Any], edit: Edit, actor: Actor, action: Action | None
) -> UUID:
    """Changes the locked row with all that follows, and returns the entry."""
    before = tenant.status
    changes = tenant.revise(values)
    if any(change.field == "monthly_call_limit" for change in changes):
        thresholds.follow_limit(tenant, actor)
    # Also when a tenant is unblocked: sessions that began while it was being blocked must end.
    if Status.BLOCKED in (before, tenant.status):
        sessions.end_all_of_tenant(tenant.id)
    action = action or _action_of(changes)
    if edit.reverts:
        changes.append(Change(REVERTS, Audited.PLAIN, None, str(edit.reverts)))
    if actor.id:
        drafts.forget_draft(UUID(actor.id), edit.path)
    return record(action, actor, tenant=tenant, changes=changes, reason=edit.reason)


def _action_of(changes: Sequence[Change]) -> Action:
    """Returns the action of the only section that changed, or the one for several."""
    sections = {_section_of(change.field) for change in changes}
    if sections == {None}:
        return Action.WEBHOOK_SECRET_ROTATED
    section = sections.pop()
    return Action.TENANT_SEVERAL if sections or not section else section_action(section)


def _section_of(name: str) -> str | None:
    field = FIELDS.get(name)
    return field.use.section if field else None


def create_tenant(edit: Edit, mark: str, actor: Actor, about: UUID | None = None) -> UUID:
    """Creates a tenant with the values and the defaults, and returns its id.

    ``mark`` is the idempotency key: a second use returns the tenant of the first one. Raises
    idempotency_keys.KeyReused, also for a use with another ``about``.
    """
    assert actor.id is not None
    key = IdempotencyKey(mark, UUID(actor.id), UsedOn.NEW_TENANT, about)
    try:
        with write_transaction():
            used = idempotency_keys.used(key)
            return UUID(used.result) if used else _create(edit, actor, key)
    except idempotency_keys.KeyReused:
        # On PostgreSQL two clicks may pass the look-up at the same time; the first commit wins.
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
