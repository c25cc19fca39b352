"""An entry as the rows it is stored in: its text and hash, and the extracts for search.

Plain values, which ``log.record`` inserts an entry at a time and demo data by
the thousand. The format of a body is DESIGN 2.6.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from webui.history.record import chain
from webui.models import AuditSealed
from webui.values import search_words

Row = dict[str, Any]


def entry_row(body: Row, canonical: str) -> Row:
    """The row of a body and its canonical text: text, hash and the extracts."""
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
    """Which fields a body changed."""
    tenant_id = _tenant_id(body)
    return [{"seq": body["seq"], "field": name, "tenant_id": tenant_id} for name in body["changes"]]


def word_rows(body: Row) -> list[Row]:
    """Which words the reason of a body has."""
    return [{"word": word, "seq": body["seq"]} for word in search_words(body["reason"] or "")]


def sealed_row(entry: UUID, field: str, side: str, salted: str) -> Row:
    """A salted value of an entry, sealed for its place (DESIGN 2.6)."""
    holder = AuditSealed(entry=entry, field=field, side=side)
    holder.salted = salted
    return {"entry": entry, "field": field, "side": side, "value": holder.value}


def _tenant_id(body: Row) -> UUID | None:
    return UUID(body["tenant"]["id"]) if body["tenant"] else None


def _subject_id(body: Row) -> UUID | None:
    """The account that a body is about."""
    pair = body["changes"].get("user")
    return UUID(pair[1]) if pair else None
