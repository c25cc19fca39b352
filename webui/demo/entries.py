"""Convert steps to history entries, as :mod:`webui.history.record.log` does.

Only the JSON text is written by the standard library, because a run makes millions of entries.
tests/unit/test_demo.py compares the two.
"""

import json
from collections.abc import Iterable
from datetime import datetime

from webui.demo.stories.story import Step
from webui.history.record import log
from webui.history.record.actions import Outcome
from webui.history.record.actor import command_actor
from webui.history.record.entry_rows import Row
from webui.models.tenant.tenant import Change


def listed_changes(step: Step, changes: Iterable[Change]) -> tuple[Row, list[Row]]:
    """Returns the changes as an entry lists them, and the rows of their encrypted values."""
    sealed: list[Row] = []
    listed: Row = {change.field: log.sides(change, step.id, sealed) for change in changes}
    if step.account:
        listed["user"] = [str(step.account.id), str(step.account.id)]
    return listed, sealed


def body(step: Step, listed: Row, at: datetime, head: log.Head) -> Row:
    """Returns the body of the entry that follows ``head`` (DESIGN 2.6)."""
    request = str(step.request) if step.request else None
    actor = step.who.acting(step.source, request) if step.who else command_actor("demo")
    return {
        **log.chain_place(head, step.id, at),
        "action": step.action.value,
        "outcome": Outcome.SUCCESS.value,
        "tenant": step.tenant
        and {"id": str(step.tenant), "name": step.name, "version": step.version},
        **log.origin(actor),
        "changes": listed,
        "reason": step.reason,
    }


def canonical_body(body: Row) -> str:
    """Returns the body in RFC 8785 form, as :func:`webui.history.record.chain.canonical` does.

    Keys are ASCII and numbers are integers here, so sorting by code point and Python's own format
    of strings and numbers are what the RFC requires.
    """
    return json.dumps(body, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
