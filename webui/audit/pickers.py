"""The pickers of the filter form: input becomes URL parameters, or matches to choose from.

The form has fields that are not part of the URL's contract: text to find a tenant or a person, and
times in the person's time zone. :func:`resolve_pickers` converts them to `tenant`, `actor`, `from`
and `to`, so that a URL to bookmark or share contains only contract parameters.
"""

from dataclasses import dataclass, field
from typing import Any

from werkzeug.datastructures import MultiDict

from webui import values
from webui.core.permissions import Permission, may
from webui.history.query import actors, times
from webui.history.query.actors import Person
from webui.history.query.filters import MAX_TEXT, BadFilter
from webui.tenants.search import search

FIND_TENANT, FIND_ACTOR = "find_tenant", "find_actor"
TYPED_TIMES = {"since": "from", "until": "to"}
TYPED = (FIND_TENANT, FIND_ACTOR, *TYPED_TIMES)
_FEW = 8


@dataclass(frozen=True)
class Match:
    """A tenant or person to choose: URL parameter, value, name, and a short text beside it."""

    parameter: str
    value: str
    name: str
    beside: str


@dataclass
class Resolved:
    """The URL parameters without the form's own fields, and the input with several matches."""

    arguments: MultiDict[str, str]
    typed: dict[str, str] = field(default_factory=dict)
    matches: dict[str, list[Match]] = field(default_factory=dict)


def resolve_pickers(arguments: MultiDict[str, str], *, decide: bool = True) -> Resolved:
    """Converts the form's own fields: one match is selected, several are offered.

    Without ``decide`` even a single match is only offered, as while a person types. Raises
    BadFilter for an invalid time or search text.
    """
    kept = [item for item in arguments.items(multi=True) if item[0] not in TYPED]
    resolved = Resolved(MultiDict(kept))
    for name in TYPED:
        asked = values.identifier if name in TYPED_TIMES else values.question
        typed = asked(arguments.get(name, ""))
        if name in TYPED_TIMES and name in arguments:
            if _is_shown_value(arguments, name, typed):
                continue
            resolved.arguments.poplist(TYPED_TIMES[name])
        if not typed:
            continue
        try:
            _take(resolved, name, typed, decide)
        except BadFilter as error:
            raise BadFilter(str(error), name) from None
    return resolved


def _take(resolved: Resolved, name: str, typed: str, decide: bool) -> None:
    if "\0" in typed or len(typed) > MAX_TEXT:
        raise BadFilter("That is too long or contains characters that cannot be in a name.")
    if name in TYPED_TIMES:
        resolved.arguments.setlist(TYPED_TIMES[name], [_time(name, typed)])
        return
    matches = search_for(name, typed)
    if decide and len(matches) == 1:
        resolved.arguments.add(matches[0].parameter, matches[0].value)
    else:
        resolved.typed[name] = typed
        resolved.matches[name] = matches


def _is_shown_value(arguments: MultiDict[str, str], name: str, typed: str) -> bool:
    """Whether the URL's time, which may be more exact, is the value that the field showed."""
    parameter = TYPED_TIMES[name]
    try:
        [exact] = arguments.getlist(parameter)
        return times.in_input(times.from_url(exact, end=parameter == "to")) == typed
    except ValueError:
        return False


def search_for(name: str, typed: str) -> list[Match]:
    """Returns a few tenants or people that match, if the reader may list them."""
    if name == FIND_TENANT and may(Permission.LIST_TENANTS):
        return [_tenant(found) for found in _tenants(typed)]
    if name == FIND_ACTOR and may(Permission.SEE_STAFF):
        return [_person(person) for person in actors.search(typed)]
    return []


def _tenants(typed: str) -> list[Any]:
    try:
        filters = search.Filters.from_url({"q": typed})
    except search.BadFilter as error:
        raise BadFilter(str(error)) from None
    return search.find_tenants(filters, None, None).rows[:_FEW]


def _tenant(tenant: Any) -> Match:
    return Match("tenant", str(tenant.id), tenant.name, str(tenant.id)[:8])


def _person(person: Person) -> Match:
    return Match("actor", person.value, person.name, person.role)


def _time(name: str, typed: str) -> str:
    try:
        return times.in_url(times.time_as_typed(typed, end=name == "until"))
    except ValueError:
        raise BadFilter("This is not a valid time. Write it like 2026-11-23 14:00.") from None
