"""The filters of the history: strictly parsed from the URL, and written back into URLs.

A history that silently shows more or less than was requested misleads, so every unknown value
is refused with a message. Several values of one parameter are combined with "or".
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime
from ipaddress import IPv6Address
from typing import Any
from uuid import UUID

from webui.core.permissions import Permission, may
from webui.history.query import actors, labels, times
from webui.values import identifier, question, question_words

MAX_VALUES = 20
"""The most values of one parameter."""
MAX_TEXT = 200
_PAIRS = "In scripts without spaces, every two neighbouring letters count as one."
OPEN_TO_ALL = ("action", "field", "outcome", "source")
"""The filters that an owner may use. The others would reveal facts about staff."""


class BadFilter(ValueError):
    """A filter in the URL has an unknown value; the message is for people.

    ``field``: the input of the history's form, or the parameter of the URL, that it is about.
    """

    def __init__(self, words: str, field: str | None = None) -> None:
        super().__init__(words)
        self.field = field


@dataclass(frozen=True)
class Filters:
    """All filters of DESIGN 2.2. An empty filter does not restrict anything.

    ``since`` and ``until`` are the URL's ``from`` and ``to``; the range includes both ends.
    """

    tenant: tuple[UUID, ...] = ()
    actor: tuple[str, ...] = ()
    action: tuple[str, ...] = ()
    field: tuple[str, ...] = ()
    outcome: tuple[str, ...] = ()
    source: tuple[str, ...] = ()
    request: tuple[str, ...] = ()
    address: tuple[str, ...] = ()
    q: str = ""
    since: datetime | None = None
    until: datetime | None = None

    @classmethod
    def from_url(cls, arguments: Any) -> "Filters":
        """Reads the URL's parameters (a MultiDict). Raises BadFilter."""
        given = {name: _given(arguments, name) for name in PARAMETERS}
        if not may(Permission.SEE_STAFF):
            _refuse_staff_filters(given)
        since, until = _range(given)
        return cls(
            tenant=tuple(_tenant(value) for value in given["tenant"]),
            actor=tuple(_actor(value) for value in given["actor"]),
            action=_known("action", given["action"]),
            field=tuple(_field(value) for value in given["field"]),
            outcome=_known("outcome", given["outcome"]),
            source=_known("source", given["source"]),
            request=given["request"],
            address=tuple(map(_address, given["address"])),
            q=_words(given["q"]),
            since=since,
            until=until,
        )

    @property
    def words(self) -> list[str]:
        """The words that the reason must contain, in the form that is stored for the search."""
        return question_words(self.q)

    @property
    def active(self) -> bool:
        """Whether any filter is set."""
        return self != Filters()

    def arguments(self) -> dict[str, Any]:
        """Returns the parameters of a URL with these filters."""
        values = {name: getattr(self, ATTRIBUTES.get(name, name)) for name in PARAMETERS}
        return {
            name: times.in_url(value) if name in ATTRIBUTES else value
            for name, value in values.items()
            if value
        }

    def without(self, name: str, value: Any) -> "Filters":
        """Returns these filters without one value of a parameter."""
        attribute = ATTRIBUTES.get(name, name)
        values = getattr(self, attribute)
        left: Any = getattr(Filters(), attribute)
        if isinstance(values, tuple):
            left = tuple(v for v in values if v != value)
        return replace(self, **{attribute: left})

    def adding(self, name: str, value: Any) -> "Filters":
        """Returns these filters with one more value of a parameter."""
        values: Any = tuple(dict.fromkeys((*getattr(self, name), value)))
        return replace(self, **{name: values})

    @property
    def none(self) -> "Filters":
        """Filters of which none is set."""
        return Filters()

    def between(self, since: datetime | None, until: datetime | None) -> "Filters":
        """Returns these filters with another range of time."""
        return replace(self, since=since, until=until)


ATTRIBUTES = {"from": "since", "to": "until"}
"""Parameter -> attribute of Filters, where they differ."""
NAMES = {attribute: name for name, attribute in ATTRIBUTES.items()}
PARAMETERS = tuple(NAMES.get(field.name, field.name) for field in fields(Filters))
"""The parameters of the URL, in order."""


def _given(arguments: Any, name: str) -> tuple[str, ...]:
    """Returns the values of a parameter that are not blank. Raises BadFilter."""
    asked = question if name == "q" else identifier
    values = tuple(dict.fromkeys(filter(None, map(asked, arguments.getlist(name)))))
    if len(values) > MAX_VALUES:
        raise BadFilter(f"Choose at most {MAX_VALUES} values of “{name}”.", name)
    if any(len(value) > MAX_TEXT or "\0" in value for value in values):
        words = f"A value of “{name}” is too long or contains a character that no value has."
        raise BadFilter(words, name)
    return values


def _refuse_staff_filters(given: Mapping[str, Sequence[str]]) -> None:
    """Refuses any value, because a result would reveal what staff did, from where and why."""
    allowed = {*OPEN_TO_ALL, "from", "to"}
    refused = [name for name, values in given.items() if values and name not in allowed]
    if refused:
        raise BadFilter(f"Your history cannot be filtered by “{refused[0]}”.", refused[0])


def _known(name: str, values: tuple[str, ...]) -> tuple[str, ...]:
    known = labels.CHOICES[name]
    if name == "action":
        known = labels.action_choices(may(Permission.SEE_STAFF))
    for value in values:
        if value not in known:
            raise BadFilter(f"There is no {name} “{value}”. Choose one from the list.", name)
    return values


def _field(value: str) -> str:
    if not labels.is_field(value, may(Permission.SEE_STAFF_FIELDS), may(Permission.SEE_STAFF)):
        raise BadFilter(f"There is no field “{value}”. Choose one from the list.", "field")
    return value


def _tenant(value: str) -> UUID:
    found = actors.as_uuid(value)
    if found is None or labels.tenant_name(found) is None:
        raise BadFilter("There is no tenant with that id. Search for it by name.", "tenant")
    return found


def _actor(value: str) -> str:
    found = actors.resolve_actor(value)
    if found is None:
        words = f"There is no account called “{value}”. Search for them by username."
        raise BadFilter(words, "actor")
    return found


def _address(value: str) -> str:
    """Returns the form that entries store: an IPv6 address can be written in many ways."""
    try:
        return str(IPv6Address(value)) if "." not in value else value
    except ValueError:
        return value


def _words(values: tuple[str, ...]) -> str:
    q = " ".join(values)
    if q and not question_words(q):
        raise BadFilter("Reasons are searched by words: use letters or digits.", "q")
    if len(question_words(q)) > MAX_VALUES:
        raise BadFilter(f"Search for at most {MAX_VALUES} words. {_PAIRS}", "q")
    return q


def _range(given: Mapping[str, tuple[str, ...]]) -> tuple[datetime | None, datetime | None]:
    since, until = _end("from", given["from"]), _end("to", given["to"])
    if since and until and since > until:
        raise BadFilter("The end of the range is before its beginning.", "until")
    return since, until


def _end(name: str, values: tuple[str, ...]) -> datetime | None:
    if len(values) > 1:
        raise BadFilter(f"Give “{name}” once.", name)
    try:
        return times.from_url(values[0], end=name == "to") if values else None
    except ValueError:
        words = f"“{name}” is not a valid time. Write it like 2026-11-23T14:00Z."
        raise BadFilter(words, name) from None
