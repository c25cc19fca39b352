"""Sentences about corrected usage."""

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from webui.history.narrative.fragments import Sentence, from_to, joined, plain_text
from webui.history.record.actions import Action

Changes = Mapping[str, Any]
_FIGURES = ("calls", "minutes", "usage_cents")


def _corrected(changes: Changes) -> Sentence:
    month = date.fromisoformat(f"{changes['month'][1]}-01")
    clauses = [_figure(name, *changes[name]) for name in _FIGURES if name in changes]
    return [plain_text(f"Corrected the usage of {month:%B %Y}: "), *joined(clauses)]


def _figure(name: str, before: int, after: int) -> Sentence:
    if name == "usage_cents":
        return from_to("amount", "", _amount(before), _amount(after))
    return from_to(name, "", f"{before:,}", f"{after:,}")


def _amount(cents: int) -> str:
    return f"{cents // 100:,}.{cents % 100:02}"


SENTENCES: dict[Action, Callable[[Changes], Sentence]] = {Action.USAGE_CORRECTED: _corrected}
