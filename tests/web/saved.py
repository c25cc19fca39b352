"""What is in the database after a request."""

import json
from typing import Any

from sqlalchemy import select

from webui.core.extensions import db
from webui.models import AuditEntry


def fresh(row: Any) -> Any:
    """The row as it is saved now."""
    db.session.rollback()
    db.session.expire_all()
    return db.session.get_one(type(row), row.id)


def bodies(tenant: Any = None) -> list[dict[str, Any]]:
    """The bodies of all entries or of a tenant's, oldest first."""
    query = select(AuditEntry.body).order_by(AuditEntry.seq)
    if tenant is not None:
        query = query.where(AuditEntry.tenant_id == tenant.id)
    db.session.rollback()
    return [json.loads(body) for body in db.session.scalars(query)]


def actions() -> list[str]:
    """What the history says happened, oldest first."""
    return [body["action"] for body in bodies()]
