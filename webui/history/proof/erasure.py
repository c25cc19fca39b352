"""Erasing sealed values of the history: the entries, their hashes and the chain stay as they are.

An entry holds only the digest of salt and value; both lie encrypted beside it and can be
forgotten, for a person's request (GDPR, Art. 17) or a customer's. Nothing brings them back.
"""

from uuid import UUID

from sqlalchemy import select

from webui.core.extensions import db, write_transaction
from webui.history.record.actions import Action
from webui.history.record.actor import Actor
from webui.history.record.log import record
from webui.models import AuditEntry, AuditSealed, Tenant
from webui.models.columns import Audited
from webui.models.tenant.tenant import Change


def erase(
    actor: Actor,
    reason: str,
    *,
    entry: UUID | None = None,
    tenant: UUID | None = None,
    field: str | None = None,
) -> int:
    """Erases the sealed values of an entry, or of all entries of a tenant; returns how many.

    ``field`` narrows it to one field. Recorded with the reason, unless there was nothing to
    erase. Raises ValueError unless exactly one of entry and tenant is given.
    """
    if (entry is None) == (tenant is None):
        raise ValueError("give either an entry or a tenant")
    query = select(AuditSealed).where(AuditSealed.value.is_not(None))
    if entry:
        query = query.where(AuditSealed.entry == entry)
    else:
        entries = select(AuditEntry.id).where(AuditEntry.tenant_id == tenant)
        query = query.where(AuditSealed.entry.in_(entries))
    if field:
        query = query.where(AuditSealed.field == field)
    with write_transaction():
        # One by one: a bulk change of the history is refused, and the lock is for this anyway.
        found = db.session.scalars(query.with_for_update()).all()
        for row in found:
            row.value = None
        if found:
            told = {"erased": len(found), "erased_of": str(entry or tenant), "erased_field": field}
            changes = [Change(name, Audited.PLAIN, None, x) for name, x in told.items() if x]
            concerned = _tenant(tenant, entry)
            record(Action.AUDIT_ERASED, actor, tenant=concerned, changes=changes, reason=reason)
    return len(found)


def _tenant(tenant: UUID | None, entry: UUID | None) -> Tenant | None:
    """The tenant whose history it is, so that the erasure stands there too."""
    if entry:
        tenant = db.session.scalar(select(AuditEntry.tenant_id).where(AuditEntry.id == entry))
    return db.session.get(Tenant, tenant) if tenant else None
