"""The signing secret: created on request; after a replacement the old one signs for one more day.

Each operation is one write transaction: lock the tenant, check the version (DESIGN 6), apply and
record, as with every edit of a tenant.
"""

import base64
import re
import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select

from webui.core.extensions import db, write_transaction
from webui.history.record.actions import Action
from webui.history.record.actor import Actor, system_actor
from webui.history.record.log import record
from webui.jobs import Run, job
from webui.models import Tenant
from webui.models.columns import now
from webui.models.tenant.tenant import UNREADABLE
from webui.tenants.core import conflicts, rules
from webui.tenants.core.operations import Edit, Gone
from webui.web import idempotency_keys
from webui.web.idempotency_keys import IdempotencyKey, UsedOn
from webui.web.posted import drafts

SECRET_BYTES = 32
PREFIX = "whsec_"
_B = "[A-Za-z0-9+/]"
OWN_SECRET = rf"^whsec_(?:{_B}{{4}}){{8,20}}(?:{_B}{{3}}=|{_B}{{2}}==|{_B}{{4}}(?:{_B}{{2}}==)?)?$"
"""The form of a secret that a customer may bring: base64 of 24 to 64 bytes."""
OVERLAP = timedelta(hours=24)
"""How long the old secret signs in addition to the new one."""
FIELD = "webhook_secret"
OWN_FORM = "whsec_ and the base64 of 24 to 64 bytes."
"""The form of such a secret in words."""
_PREVIOUS_FIELDS = ("webhook_secret_previous", "webhook_secret_previous_until")
_EXPIRED_AT_ONCE = 100


class StillValid(Exception):
    """The overlap of the last rotation has not ended; a second old secret is not supported."""

    def __init__(self, until: datetime) -> None:
        super().__init__("the old secret is still valid")
        self.until = until


@dataclass(frozen=True)
class RotatedSecret:
    """The tenant and its new secret; None when the same form created one before."""

    tenant: Tenant
    secret: str | None = field(repr=False)
    entry: UUID | None = None


def new_signing_secret() -> str:
    """Returns a new secret in the format of Standard Webhooks: ``whsec_`` and base64."""
    return PREFIX + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()


def old_until(tenant: Tenant, at: datetime | None = None) -> datetime | None:
    """Returns until when the previous secret is valid; None when none is valid."""
    until = tenant.webhook_secret_previous_until
    return until if until is not None and until > (at or now()) else None


def own_secret(raw: str) -> str:
    """Returns a secret that the customer made: ``whsec_`` and base64 of 24 to 64 bytes.

    The format of Standard Webhooks; raises ValueError for anything else.
    """
    if not re.fullmatch(OWN_SECRET, raw):
        raise ValueError(f"Use {OWN_FORM}")
    return raw


def replacement(tenant: Tenant, fresh: str) -> dict[str, Any]:
    """Returns the values that make ``fresh`` the secret; empty when it is already.

    The previous secret stays valid for OVERLAP. Raises StillValid while an earlier one is.
    """
    old = tenant.readable(FIELD)
    if old == fresh:
        return {}
    until = old_until(tenant)
    if until:
        raise StillValid(until)
    kept = None if old is UNREADABLE else old
    return {
        FIELD: fresh,
        "webhook_secret_previous": kept,
        "webhook_secret_previous_until": now() + OVERLAP if kept else None,
    }


def rotate_signing_secret(tenant_id: UUID, edit: Edit, mark: str, actor: Actor) -> RotatedSecret:
    """Creates a secret and returns it, this once; the previous one stays valid for OVERLAP.

    ``mark`` is the form's idempotency key. Raises Gone, rules.Closed, conflicts.Conflict when
    another person created one since the form's version, StillValid and idempotency_keys.KeyReused;
    nothing is written then.
    """
    assert actor.id is not None
    key = IdempotencyKey(mark, UUID(actor.id), UsedOn.WEBHOOK_SECRET, tenant_id)
    fresh = new_signing_secret()
    with write_transaction():
        tenant = _locked(tenant_id, actor)
        if idempotency_keys.used(key):
            return RotatedSecret(tenant, None)
        conflicts.check_conflict(tenant, [FIELD], edit.version)
        changes = tenant.revise(replacement(tenant, fresh))
        idempotency_keys.use(key, FIELD)
        drafts.forget_draft(key.user_id, edit.path)
        entry = record(
            Action.WEBHOOK_SECRET_ROTATED, actor, tenant=tenant, changes=changes, reason=edit.reason
        )
        return RotatedSecret(tenant, fresh, entry)


def end_old(tenant_id: UUID, edit: Edit, actor: Actor) -> UUID | None:
    """Ends the validity of the old secret now; returns the entry, None when it had ended.

    Raises Gone, rules.Closed, and conflicts.Conflict when the secret was replaced since the form's
    version, because the old secret is then a different one.
    """
    with write_transaction():
        tenant = _locked(tenant_id, actor)
        if old_until(tenant) is None:
            return None
        conflicts.check_conflict(tenant, [FIELD], edit.version)
        if actor.id:
            drafts.forget_draft(UUID(actor.id), edit.path)
        return _remove_old(tenant, Action.WEBHOOK_SECRET_ENDED, actor, edit.reason)


def _locked(tenant_id: UUID, actor: Actor) -> Tenant:
    tenant = db.session.get(Tenant, tenant_id, with_for_update=True)
    if tenant is None:
        raise Gone
    rules.refuse_closed(tenant, actor.role)
    return tenant


def _remove_old(tenant: Tenant, action: Action, actor: Actor, reason: str | None = None) -> UUID:
    changes = tenant.revise(dict.fromkeys(_PREVIOUS_FIELDS))
    return record(action, actor, tenant=tenant, changes=changes, reason=reason)


def _expired() -> list[UUID]:
    """Returns the tenants that still store a secret whose overlap has ended."""
    over = Tenant.webhook_secret_previous_until <= now()
    return list(db.session.scalars(select(Tenant.id).where(over).limit(_EXPIRED_AT_ONCE)))


@job("old webhook secrets", every=timedelta(minutes=1), pending=lambda: bool(_expired()))
def remove_expired(run: Run) -> bool:
    """Deletes stored old secrets whose overlap has ended; they are not used any more."""
    expired = _expired()
    for tenant_id in expired:
        if run.stopping:
            break
        with write_transaction():
            tenant = db.session.get_one(Tenant, tenant_id, with_for_update=True)
            until = tenant.webhook_secret_previous_until
            if until is not None and old_until(tenant) is None:
                _remove_old(tenant, Action.WEBHOOK_SECRET_EXPIRED, system_actor())
    return len(expired) == _EXPIRED_AT_ONCE
