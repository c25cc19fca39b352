"""Who looked at the history, took a copy of it, or was turned away, as sentences."""

from collections.abc import Callable, Mapping
from typing import Any

from webui.audit.actions import Action
from webui.audit.parts import Sentence, new, text

Changes = Mapping[str, Any]


def _exported(changes: Changes) -> Sentence:
    kind = str(changes["format"][1])
    filters = changes["filter"][1]
    parts = [text("Exported the history as "), new({"csv": "CSV", "jsonl": "JSON Lines"}[kind])]
    if not filters:
        return [*parts, text(", all of it")]
    said = "; ".join(f"{name}: {', '.join(values)}" for name, values in filters.items())
    return [*parts, text(", narrowed to "), new(said)]


def _opened(_changes: Changes) -> Sentence:
    return [text("Read the history, for the first time that day")]


def _denied(changes: Changes) -> Sentence:
    page = new(str(changes["page"][1]), mono=True)
    if "more" in changes:
        return [text("Was denied "), page, text(f", {changes['more'][1]:,} more within a minute")]
    if "object" not in changes:
        return [text("Was denied "), page]
    return [text("Was denied "), page, text(" for "), new(str(changes["object"][1]), mono=True)]


SENTENCES: dict[Action, Callable[[Changes], Sentence]] = {
    Action.AUDIT_EXPORTED: _exported,
    Action.AUDIT_OPENED: _opened,
    Action.ACCESS_DENIED: _denied,
}
