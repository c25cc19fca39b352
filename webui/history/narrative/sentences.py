"""An entry's body as a sentence: one small function per kind of change.

A sentence is a list of parts; a part is text, an old value or a new value. Templates decide
how a part looks. Independent of requests and the database: sealed values are passed in decrypted.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from webui.core.catalogue import FIELDS
from webui.core.field_types import Choice, Metadata, Sealed, Secret, Switch, Whole
from webui.core.limits import SERVICE_LABELS, Service
from webui.history.narrative import access, accounts, keys, usage, webhooks
from webui.history.narrative.fragments import Part, Sentence
from webui.history.narrative.fragments import capitalised as _capitalised
from webui.history.narrative.fragments import from_to as _from_to
from webui.history.narrative.fragments import joined as _joined
from webui.history.narrative.fragments import new as _new
from webui.history.narrative.fragments import old as _old
from webui.history.narrative.fragments import plain_text as _text
from webui.history.narrative.fragments import uncapitalised as _uncapitalised
from webui.history.record import bodies
from webui.history.record.actions import Action, section_action
from webui.history.record.listed import listed_for_owners
from webui.values import compact_json, same_json

HIDDEN = "hidden"
ERASED = "erased"
UNREADABLE = "cannot be read"
SPOILED = "This entry cannot be read: its text was changed. Verify the history"
NOT_OURS = (LookupError, ValueError, TypeError, AttributeError)
"""The errors of values that this product did not write, in a text with the form of an entry."""


@dataclass(frozen=True)
class Reader:
    """What the reader may see, and the decrypted sealed values by (field, side)."""

    sees_identities: bool = True
    sees_staff_fields: bool = True
    sees_staff: bool = True
    opened: Mapping[tuple[str, str], str] = field(default_factory=dict)

    def may_see(self, name: str) -> bool:
        """Whether the reader may see the name in an entry's changes; unknown: staff only."""
        spec = FIELDS.get(name)
        if spec is not None:
            return spec.use.is_for(self.sees_staff_fields)
        return self.sees_staff or listed_for_owners(name)


# Action -> the function for its sentence. Actions that change a tenant's fields are below.
_TABLES: tuple[Mapping[Any, Callable[[Mapping[str, Any]], Sentence]], ...] = (
    accounts.SENTENCES,
    webhooks.SENTENCES,
    keys.SENTENCES,
    access.SENTENCES,
    usage.SENTENCES,
)


_FIELD_EDITS = frozenset(
    {Action.TENANT_STATUS, Action.TENANT_ONBOARDED, Action.TENANT_SEVERAL}
    | {section_action(f.use.section) for f in FIELDS.values() if f.use.section}
)
"""The actions whose sentence is built from the changed fields."""


def _refuse_unworded() -> None:
    """Raises LookupError for an action without a sentence; this stops the start."""
    worded = {Action.TENANT_CREATED, *_FIELD_EDITS, *(a for table in _TABLES for a in table)}
    missing = [action.name for action in Action if action not in worded]
    if missing:
        raise LookupError(f"no sentence for {', '.join(missing)}")


_refuse_unworded()


def sentence(body: Mapping[str, Any], reader: Reader) -> Sentence:
    """Returns the sentence of an entry's body; SPOILED for one that this product did not write."""
    try:
        return _sentence_of(body, reader)
    except NOT_OURS:
        return [_text(SPOILED)]


def _sentence_of(body: Mapping[str, Any], reader: Reader) -> Sentence:
    action, changes = body["action"], body["changes"]
    if action == Action.TENANT_CREATED:
        return _created(changes, reader)
    for table in _TABLES:
        if action in table:
            return table[action](changes)
    if action == bodies.SPOILED:
        return [_text(SPOILED)]
    edit = _edit(action, changes, reader)
    if "reverts" in changes:
        return [_text("Undid a change: "), *_uncapitalised(edit)]
    return edit


def _edit(action: str, changes: Mapping[str, Any], reader: Reader) -> Sentence:
    if action == Action.TENANT_STATUS:
        return status(changes)
    clauses = [clause(name, changes[name], reader) for name in FIELDS if name in changes]
    if changes.get("onboarded_at"):
        clauses.append([_text("finished the onboarding")])
    return _capitalised(_joined(clauses)) or [_text("Changed internal data")]


def clause(name: str, pair: list[Any], reader: Reader) -> Sentence:
    """Returns the clause about one changed field; empty when the reader may not see it."""
    spec = FIELDS[name]
    if not reader.may_see(name):
        return []
    if isinstance(spec, Metadata):
        return _metadata(*pair)
    if isinstance(spec, Secret):
        return [_text(f"{pair[1]} the {_noun(name)}")]
    if isinstance(spec, Sealed):
        return _sealed(name, pair, reader)
    if isinstance(spec, Switch):
        return [
            _text(f"switched {_noun(name)} "),
            _old(_on(pair[0])),
            _text(" → "),
            _new(_on(pair[1])),
        ]
    if isinstance(spec, Whole):
        verb = "raised" if (pair[1] or 0) > (pair[0] or 0) else "lowered"
        return _from_to(verb, _noun(name), f"{pair[0]:,}", f"{pair[1]:,}")
    if isinstance(spec, Choice):
        return _from_to("changed", _noun(name), spec.label_of(pair[0]), spec.label_of(pair[1]))
    noun = _noun(name)
    return _from_to("changed" if noun else "renamed", noun, *map(str, pair))


def _noun(name: str) -> str:
    return FIELDS[name].use.noun


def _on(value: Any) -> str:
    return "on" if value else "off"


def _sealed(name: str, pair: list[Any], reader: Reader) -> Sentence:
    old, new = pair
    noun = _noun(name)
    shown = {
        side: opened(value, name, side, reader) for side, value in (("old", old), ("new", new))
    }
    if old is None:
        return [_text(f"set the {noun} to "), _new(shown["new"], mono=True)]
    if new is None:
        return [_text(f"removed the {noun} "), _old(shown["old"], mono=True)]
    return [
        _text(f"changed the {noun} from "),
        _old(shown["old"], mono=True),
        _text(" to "),
        _new(shown["new"], mono=True),
    ]


def opened(value: Any, name: str, side: str, reader: Reader) -> str:
    """Returns a sealed value as this reader may see it."""
    if not reader.sees_identities:
        return HIDDEN
    if not isinstance(value, dict):
        return UNREADABLE
    return reader.opened.get((name, side), ERASED)


def _metadata(old: dict[str, Any], new: dict[str, Any]) -> Sentence:
    clauses = [clause for _, clause in metadata_clauses(old, new)]
    return _joined(clauses) or [_text("reordered the metadata")]


def metadata_clauses(
    old: Mapping[str, Any], new: Mapping[str, Any]
) -> Iterator[tuple[str, Sentence]]:
    """Yields each key that was added, removed or changed, with its clause."""
    for key in sorted({*old, *new}):
        if key not in old:
            yield key, [_text(f"added metadata {key} "), _new(_json(new[key]), mono=True)]
        elif key not in new:
            yield key, [_text(f"removed metadata {key} "), _old(_json(old[key]), mono=True)]
        elif not same_json(old[key], new[key]):
            parts = _from_to("changed metadata", key, _json(old[key]), _json(new[key]))
            yield key, [Part(p.kind, p.text, p.kind != "text") for p in parts]


def _json(value: Any) -> str:
    return compact_json(value)


def status(changes: Mapping[str, Any]) -> Sentence:
    """Returns one sentence about the status and the stopped services together."""
    old_status, new_status = changes.get("status", [None, None])
    old, new = changes.get("blocked_services", [[], []])
    if new_status == "suspended":
        return [_text("Suspended "), *_services(new)]
    if new_status is None:
        stopped = [s for s in new if s not in old]
        resumed = [s for s in old if s not in new]
        clauses = []
        if stopped:
            clauses.append([_text("stopped "), *_services(stopped)])
        if resumed:
            clauses.append([_text("resumed "), *_services(resumed)])
        return _capitalised(_joined(clauses))
    words = {
        "active": "Activated the tenant",
        "inactive": "Closed the tenant (inactive)",
        "blocked": "Blocked the tenant",
    }
    return [_text(f"{words[new_status]}, was "), _old(str(old_status))]


def _services(names: list[str]) -> Sentence:
    parts: Sentence = []
    for index, name in enumerate(names):
        if index:
            parts.append(_text(" and " if index == len(names) - 1 else ", "))
        label = SERVICE_LABELS[Service(name)]
        parts.append(_new(label if label.isupper() else label.lower()))
    return parts


def _created(changes: Mapping[str, Any], reader: Reader) -> Sentence:
    parts = [_text("Created the tenant ")]
    parts.append(_new(str(changes["name"][1])))
    plan = FIELDS["billing_plan"]
    assert isinstance(plan, Choice)
    parts.append(_text(f" on {plan.label_of(changes['billing_plan'][1])}"))
    for name in ("sip_domain", "webhook_url"):
        if name in changes and reader.may_see(name):
            parts += [_text("; "), *_sealed(name, changes[name], reader)]
    return parts
