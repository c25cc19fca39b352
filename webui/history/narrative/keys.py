"""Sentences about the encryption keys: one function per action."""

from collections.abc import Mapping
from typing import Any

from webui.history.narrative.fragments import Sentence, new, old, plain_text
from webui.history.record.actions import Action

Changes = Mapping[str, Any]


def _added(changes: Changes) -> Sentence:
    return [plain_text("Added the encryption key "), new(changes["key"][1], mono=True)]


def _promoted(changes: Changes) -> Sentence:
    before, after = changes["key"]
    return [
        plain_text("Made "),
        new(after, mono=True),
        plain_text(" the primary encryption key, was "),
        old(before, mono=True),
    ]


def _rotated(changes: Changes) -> Sentence:
    number = changes["values"][1]
    return [
        plain_text(
            f"Started to re-encrypt {number:,} {'value' if number == 1 else 'values'} with key "
        ),
        new(changes["key"][1], mono=True),
    ]


def _retired(changes: Changes) -> Sentence:
    return [plain_text("Retired the encryption key "), old(changes["key"][0], mono=True)]


SENTENCES = {
    Action.KEY_ADDED: _added,
    Action.KEY_PROMOTED: _promoted,
    Action.KEYS_ROTATED: _rotated,
    Action.KEY_RETIRED: _retired,
}
