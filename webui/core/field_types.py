"""The kinds of fields that a tenant has, and what each kind's limits mean as SQL.

Field.check is a rule that SQLite and PostgreSQL both understand, for a CHECK constraint.
"""

import json
from collections.abc import Iterable
from dataclasses import KW_ONLY, dataclass
from enum import StrEnum
from itertools import combinations
from typing import Any

MAX_SAFE_INTEGER = 2**53 - 1
"""The largest whole number that every JSON reader keeps exactly (RFC 8785, RFC 7493)."""


class Audience(StrEnum):
    """Who may know of something besides the staff."""

    STAFF = "staff"
    """Staff alone: no form, page, event or history shows it to an owner."""
    OWNER = "owner"
    """Staff, and the owner of the tenant concerned."""


REQUIRED = object()
"""Instead of a default: a new tenant must be given the value."""


class Undeclared(TypeError):
    """A field of the catalogue does not say what it must; nothing is assumed for it."""


@dataclass(frozen=True, kw_only=True)
class Use:
    """What the product does with a field of the tenant. All of it must be said.

    ``section``: the section whose form changes it, None for what has a page of its own.
    ``audience``: who may see it and, in a section, change it.
    ``event``: the event that names a change of it to the customer's receiver, or None.
    ``default``: what a new tenant has, or REQUIRED.
    ``noun``: the field in the middle of a sentence; empty for what the sentence is about anyway.
    ``width``: the share of the form's width. ``parameter``: by which the list is narrowed.
    """

    section: str | None
    audience: Audience
    event: str | None
    default: Any
    noun: str
    width: str = "half"
    parameter: str | None = None

    def is_for(self, sees_staff_fields: bool) -> bool:
        """Whether a reader may see the field; closed for an audience that is not the owner."""
        return sees_staff_fields or self.audience is Audience.OWNER


@dataclass(frozen=True)
class Field:
    """A field: its column name, label and one line of help; of a tenant's also its use."""

    name: str
    label: str
    help: str = ""
    _: KW_ONLY
    declared: Use | None = None

    @property
    def use(self) -> Use:
        """What the product does with it. Raises Undeclared for what is no field of a tenant."""
        if self.declared is None:
            raise Undeclared(f"{self.name} does not declare its use")
        return self.declared

    @property
    def kind(self) -> str:
        """The name of its kind, by which templates choose how a value looks."""
        return type(self).__name__.lower()

    def check(self) -> str | None:
        """The rule as portable SQL, or None when the type says it all."""
        return None

    def loose_check(self) -> str | None:
        """The type as SQL, for a database that does not insist on its column types."""
        return None


@dataclass(frozen=True)
class Text(Field):
    """Text; lengths in characters (code points) after trimming."""

    minimum: int = 0
    maximum: int = 255

    def check(self) -> str:
        """The length as SQL."""
        return f"length({self.name}) BETWEEN {self.minimum} AND {self.maximum}"


@dataclass(frozen=True)
class Whole(Field):
    """A whole number, written with the digits 0-9 only."""

    minimum: int = 0
    maximum: int = MAX_SAFE_INTEGER
    unit: str = ""

    def check(self) -> str:
        """The range as SQL."""
        return f"{self.name} BETWEEN {self.minimum} AND {self.maximum}"

    def loose_check(self) -> str:
        """Whole, and not 5.5."""
        return f"typeof({self.name}) = 'integer'"

    @property
    def range_hint(self) -> str:
        """The range as help, where it is one that people think in."""
        return "" if self.maximum == MAX_SAFE_INTEGER else f"{self.minimum:,} to {self.maximum:,}."

    @property
    def rule(self) -> str:
        """The limit in words, as help and as error."""
        return f"Enter a whole number from {self.minimum:,} to {self.maximum:,}."


@dataclass(frozen=True)
class Choice(Field):
    """One of a few words. ``open`` ones may gain words without a migration."""

    choices: tuple[tuple[str, str], ...] = ()
    details: tuple[tuple[str, str], ...] = ()
    open_maximum: int | None = None

    def check(self) -> str:
        """The words as SQL or, for an open catalogue, the length that is stored."""
        if self.open_maximum:
            return f"length({self.name}) BETWEEN 1 AND {self.open_maximum}"
        words = ", ".join(f"'{value}'" for value, _ in self.choices)
        return f"{self.name} IN ({words})"

    def described(self) -> tuple[tuple[str, str], ...]:
        """The words to choose from, each with its explanation where there is one."""
        more = dict(self.details)
        return tuple(
            (v, f"{label}: {more[v]}" if v in more else label) for v, label in self.choices
        )

    def detail_of(self, value: str) -> str:
        """The explanation of a word; empty without one."""
        return dict(self.details).get(value, "")

    def label_of(self, value: str) -> str:
        """The word for people; a value that left the catalogue stands for itself."""
        return dict(self.choices).get(value, value)


@dataclass(frozen=True)
class Switch(Field):
    """On or off."""

    def loose_check(self) -> str:
        """Nothing in between."""
        return f"{self.name} IN (0, 1)"


@dataclass(frozen=True)
class Sealed(Field):
    """Text that is stored encrypted; the column holds a token that starts with ``e1.``."""

    maximum: int = 255
    minimum: int = 1

    def check(self) -> str:
        """No plaintext can be written around the code."""
        return f"substr({self.name}, 1, 3) = 'e1.'"


@dataclass(frozen=True)
class Secret(Sealed):
    """A sealed value that is never shown again, not even to who set it."""


@dataclass(frozen=True)
class Services(Field):
    """A sorted list of some of the names, stored as compact JSON."""

    names: tuple[str, ...] = ()

    def check(self) -> str:
        """Every sorted list there is, as SQL."""
        sizes = range(len(self.names) + 1)
        lists = [list(some) for size in sizes for some in combinations(self.names, size)]
        words = ", ".join("'" + json.dumps(some, separators=(",", ":")) + "'" for some in lists)
        return f"{self.name} IN ({words})"


@dataclass(frozen=True)
class Metadata(Field):
    """A small JSON object for staff."""

    maximum_bytes: int = 16_384
    maximum_keys: int = 100
    maximum_depth: int = 5


def catalogue(fields: Iterable[Field]) -> dict[str, Field]:
    """Name -> field. Raises Undeclared for one that does not say all of its use."""
    return {field.name: field for field in fields if field.use}
