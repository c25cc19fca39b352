"""Sentences about reading, exporting and erasing the history, and about denied access."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from webui.history.narrative.fragments import Sentence, new, plain_text
from webui.history.record.actions import Action

Changes = Mapping[str, Any]
# The number of attempts that a sentence names; the entry's page lists all stored ones.
_NAMED = 2


def _exported(changes: Changes) -> Sentence:
    kind = str(changes["format"][1])
    filters = changes["filter"][1]
    parts = [
        plain_text("Exported the history as "),
        new({"csv": "CSV", "jsonl": "JSON Lines"}[kind]),
    ]
    if not filters:
        return [*parts, plain_text(", all of it")]
    said = "; ".join(f"{name}: {', '.join(values)}" for name, values in filters.items())
    return [*parts, plain_text(", filtered by "), new(said)]


def _erased(changes: Changes) -> Sentence:
    count = changes["erased"][1]
    what = "a sealed value" if count == 1 else f"{count:,} sealed values"
    field = changes["erased_field"][1] if "erased_field" in changes else None
    narrowed = f" of {field}" if field else ""
    of = new(str(changes["erased_of"][1]), mono=True)
    return [plain_text(f"Erased {what}{narrowed} from the history of "), of]


def _opened(_changes: Changes) -> Sentence:
    return [plain_text("Read the history, for the first time that day")]


def _denied(changes: Changes) -> Sentence:
    if "attempts" in changes:
        return _denied_more(changes["more"][1], changes["attempts"][1])
    page = new(str(changes["page"][1]), mono=True)
    if "more" in changes:
        # The format of older entries, which counted the denials of each page separately.
        return [
            plain_text("Was denied "),
            page,
            plain_text(f", {changes['more'][1]:,} more within a minute"),
        ]
    if "object" not in changes:
        return [plain_text("Was denied "), page]
    return [
        plain_text("Was denied "),
        page,
        plain_text(" for "),
        new(str(changes["object"][1]), mono=True),
    ]


def _denied_more(count: int, attempts: Sequence[str]) -> Sentence:
    parts = [plain_text(f"Was denied {count:,} more within a minute, at first ")]
    for number, attempt in enumerate(attempts[:_NAMED]):
        parts += [plain_text(", ")] if number else []
        parts.append(new(attempt, mono=True))
    left = len(attempts) - _NAMED
    return [*parts, plain_text(f" and {left} others")] if left > 0 else parts


SENTENCES: dict[Action, Callable[[Changes], Sentence]] = {
    Action.AUDIT_EXPORTED: _exported,
    Action.AUDIT_OPENED: _opened,
    Action.AUDIT_ERASED: _erased,
    Action.ACCESS_DENIED: _denied,
}
