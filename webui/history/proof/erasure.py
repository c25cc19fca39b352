"""Erases sealed values of the history; the entries, their hashes and the chain stay unchanged.

An entry contains only the digest of salt and value. Both are stored encrypted in another table
and can be erased on request of a person (GDPR, Art. 17) or a customer. This cannot be undone.
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
    """Erases the sealed values of an entry, or of all entries of a tenant; returns the number.

    ``field`` limits it to one field. Recorded in the history with the reason, unless there was
    nothing to erase. Raises ValueError unless exactly one of entry and tenant is given.
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
        # Row by row: bulk changes of the history are refused, and the rows are locked anyway.
        found = db.session.scalars(query.with_for_update()).all()
        for row in found:
            row.value = None
        if found:
            details = {
                "erased": len(found),
                "erased_of": str(entry or tenant),
                "erased_field": field,
            }
            changes = [Change(name, Audited.PLAIN, None, x) for name, x in details.items() if x]
            concerned = _tenant(tenant, entry)
            record(Action.AUDIT_ERASED, actor, tenant=concerned, changes=changes, reason=reason)
    return len(found)


def _tenant(tenant: UUID | None, entry: UUID | None) -> Tenant | None:
    """Returns the tenant concerned, so that the erasure appears in its history too."""
    if entry:
        tenant = db.session.scalar(select(AuditEntry.tenant_id).where(AuditEntry.id == entry))
    return db.session.get(Tenant, tenant) if tenant else None
