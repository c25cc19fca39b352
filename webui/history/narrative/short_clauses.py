"""The changes of an entry in a few words each: "monthly call limit 1,200 → 60,000".

Made from the pieces of the entry's own sentence, so both hide the same things.
"""

from collections.abc import Mapping
from typing import Any

from webui.core.catalogue import FIELDS
from webui.core.field_types import Metadata, Secret
from webui.history.narrative import sentences
from webui.history.narrative.fragments import Sentence, plain_text, uncapitalised
from webui.history.narrative.sentences import NOT_OURS, Reader
from webui.history.record.actions import Action

_ARROW = plain_text(" → ")


def short_clauses(body: Mapping[str, Any], reader: Reader) -> list[Sentence]:
    """Returns a clause for each change that the reader may see; one for a status.

    Empty for an entry that this product did not write.
    """
    try:
        if body["action"] == Action.TENANT_STATUS:
            return [uncapitalised(sentences.status(body["changes"]))]
        changes = body["changes"]
        clauses = [_short(name, changes[name], reader) for name in FIELDS if name in changes]
    except NOT_OURS:
        return []
    return [clause for of_field in clauses for clause in of_field]


def _short(name: str, pair: list[Any], reader: Reader) -> list[Sentence]:
    if not reader.may_see(name):
        return []
    if isinstance(FIELDS[name], Metadata):
        keys = sentences.metadata_clauses(*pair)
        found = [_values(f"metadata {key}", clause) for key, clause in keys]
        return found or [[plain_text("order of the metadata")]]
    noun = (FIELDS[name].use.noun or FIELDS[name].label.lower()).removeprefix("the ")
    if isinstance(FIELDS[name], Secret):
        return [[plain_text(f"{noun} {pair[1]}")]]
    return [_values(noun, sentences.clause(name, pair, reader))]


def _values(noun: str, clause: Sentence) -> Sentence:
    """Returns the noun with the old and the new value of a clause."""
    values = [part for part in clause if part.kind != "text"]
    if len(values) == 2:
        return [plain_text(f"{noun} "), values[0], _ARROW, values[1]]
    [only] = values
    if only.kind == "new":
        return [plain_text(noun), _ARROW, only]
    return [plain_text(f"{noun} "), only, plain_text(" removed")]
