"""Steps as history entries: the same text, hash and extracts as :mod:`webui.audit.log` makes.

It says them once more only because a run makes millions: plain rows instead of model
objects, and the standard library's JSON. tests/unit/test_demo.py holds both side by side.
"""

import json
from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from webui.audit import chain, log
from webui.audit.actions import Outcome
from webui.demo.story import Step
from webui.models import AuditSealed
from webui.models.tenant import Change
from webui.values import search_words

Row = dict[str, Any]


def listed_changes(step: Step, changes: Iterable[Change]) -> tuple[Row, list[AuditSealed]]:
    """The changes as an entry lists them, and what of them is sealed."""
    sealed: list[AuditSealed] = []
    listed: Row = {change.field: log.sides(change, step.id, sealed) for change in changes}
    if step.account:
        listed["user"] = [str(step.account.id), str(step.account.id)]
    return listed, sealed


def body(step: Step, listed: Row, at: datetime, head: log.Head) -> Row:
    """The entry that follows ``head``, as DESIGN 2.6 has it."""
    request = str(step.request) if step.request else None
    actor = step.who.acting(step.source, request) if step.who else log.command_actor("demo")
    tenant = step.tenant and {"id": str(step.tenant), "name": step.name, "version": step.version}
    return {
        "v": chain.VERSION,
        "seq": head.seq + 1,
        "id": str(step.id),
        "at": chain.timestamp(at),
        "action": step.action.value,
        "outcome": Outcome.SUCCESS.value,
        "tenant": tenant,
        "actor": {"type": actor.type, "id": actor.id, "name": actor.name, "role": actor.role},
        "source": actor.source.value,
        "changes": listed,
        "reason": step.reason,
        "request": actor.request,
        "address": actor.address,
        "agent": actor.agent,
        "prev": head.hash,
    }


def canonical(body: Row) -> str:
    """The body in RFC 8785 form, as :func:`webui.audit.chain.canonical` writes it.

    Keys here are ASCII and numbers are whole, so sorting by code point and Python's own
    spelling of texts and numbers are what the standard asks for.
    """
    return json.dumps(body, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def entry_row(body: Row) -> Row:
    """As :func:`webui.audit.log.entry_of`."""
    text = canonical(body)
    tenant, actor = body["tenant"] or {}, body["actor"]
    extracts = ("seq", "action", "outcome", "source", "reason", "request", "address")
    return {
        **{name: body[name] for name in extracts},
        "id": UUID(body["id"]),
        "at": datetime.fromisoformat(body["at"]),
        "tenant_id": UUID(tenant["id"]) if tenant else None,
        "tenant_version": tenant.get("version"),
        "actor_type": actor["type"],
        "actor_id": actor["id"],
        "actor_name": actor["name"],
        "actor_role": actor["role"],
        "body": text,
        "hash": chain.digest(text),
        "subject_id": log.subject_of(body),
    }


def field_rows(entry: Row, listed: Row) -> list[Row]:
    """As :func:`webui.audit.log.field_rows`."""
    return [
        {"seq": entry["seq"], "field": name, "tenant_id": entry["tenant_id"]} for name in listed
    ]


def word_rows(entry: Row) -> list[Row]:
    """As :func:`webui.audit.log.word_rows`."""
    return [{"word": word, "seq": entry["seq"]} for word in search_words(entry["reason"] or "")]
