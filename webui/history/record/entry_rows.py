"""The table rows of an entry: its text and hash, and the extracts for search.

Rows are plain dicts, which ``log.record`` inserts for one entry and demo data for thousands
at a time. The format of a body is DESIGN 2.6.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from webui.history.record import chain
from webui.models import AuditSealed
from webui.values import search_words

Row = dict[str, Any]


def entry_row(body: Row, canonical: str) -> Row:
    """Returns the row of ``audit_entries`` for a body and its canonical JSON."""
    tenant, actor = body["tenant"] or {}, body["actor"]
    extracts = ("seq", "action", "outcome", "source", "reason", "request", "address")
    return {
        **{name: body[name] for name in extracts},
        "id": UUID(body["id"]),
        "at": datetime.fromisoformat(body["at"]),
        "tenant_id": _tenant_id(body),
        "tenant_version": tenant.get("version"),
        "actor_type": actor["type"],
        "actor_id": actor["id"],
        "actor_name": actor["name"],
        "actor_role": actor["role"],
        "body": canonical,
        "hash": chain.digest(canonical),
        "subject_id": _subject_id(body),
    }


def field_rows(body: Row) -> list[Row]:
    """Returns the rows of ``audit_fields``: the fields that a body changed."""
    tenant_id = _tenant_id(body)
    return [{"seq": body["seq"], "field": name, "tenant_id": tenant_id} for name in body["changes"]]


def word_rows(body: Row) -> list[Row]:
    """Returns the rows of ``audit_words``: the words of a body's reason."""
    return [{"word": word, "seq": body["seq"]} for word in search_words(body["reason"] or "")]


def sealed_row(entry: UUID, field: str, side: str, salted: str) -> Row:
    """Returns a row of ``audit_sealed``: the salted value, bound to its entry, field and side."""
    value = AuditSealed(entry=entry, field=field, side=side)
    value.salted = salted
    return {"entry": entry, "field": field, "side": side, "value": value.value}


def _tenant_id(body: Row) -> UUID | None:
    return UUID(body["tenant"]["id"]) if body["tenant"] else None


def _subject_id(body: Row) -> UUID | None:
    """Returns the id of the account that a body is about."""
    pair = body["changes"].get("user")
    return UUID(pair[1]) if pair else None
