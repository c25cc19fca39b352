"""The kinds of fields, and the limits of each kind as SQL.

Field.check returns the condition of a CHECK constraint for both SQLite and PostgreSQL.
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
    """Who may see a field or an action."""

    STAFF = "staff"
    """Staff only: no form, page, event or history shows it to an owner."""
    OWNER = "owner"
    """Staff, and the owner of the tenant concerned."""


REQUIRED = object()
"""In place of a default: the value must be given when a tenant is created."""


class Undeclared(TypeError):
    """A field of the catalogue lacks a part of its declaration; there are no defaults for it."""


@dataclass(frozen=True, kw_only=True)
class Use:
    """How the product uses a field of the tenant. Every part must be declared.

    ``section``: the section whose form changes it; None for a field with its own page.
    ``audience``: who may see it and, in a section, change it.
    ``event``: the webhook event that reports a change of it to the customer, or None.
    ``default``: the value of a new tenant, or REQUIRED.
    ``noun``: the field's name inside a sentence; empty when the sentence names it already.
    ``width``: the share of the form's width. ``parameter``: the query parameter that filters
    the list by it, or None.
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
    """A field: column name, label, one line of help and, for a tenant's field, its use."""

    name: str
    label: str
    help: str = ""
    _: KW_ONLY
    declared: Use | None = None

    @property
    def use(self) -> Use:
        """The declared use. Raises Undeclared for a field that is not a tenant's."""
        if self.declared is None:
            raise Undeclared(f"{self.name} does not declare its use")
        return self.declared

    @property
    def kind(self) -> str:
        """The name of its kind; templates choose by it how to show a value."""
        return type(self).__name__.lower()

    def check(self) -> str | None:
        """Returns the limits as portable SQL, or None when the column type is enough."""
        return None

    def loose_check(self) -> str | None:
        """Returns the type as SQL, for SQLite, which does not enforce column types."""
        return None


@dataclass(frozen=True)
class Text(Field):
    """Text; lengths in characters (code points) after trimming.

    ``prose``: sentences, in which the joiners of scripts and emoji are allowed.
    ``identifier``: not words of a language, so no keyboard may correct them.
    """

    minimum: int = 0
    maximum: int = 255
    prose: bool = False
    identifier: bool = False

    def check(self) -> str:
        """Returns the limits of the length as SQL."""
        return f"length({self.name}) BETWEEN {self.minimum} AND {self.maximum}"


@dataclass(frozen=True)
class Whole(Field):
    """A whole number, written with the digits 0-9 only."""

    minimum: int = 0
    maximum: int = MAX_SAFE_INTEGER
    unit: str = ""

    def check(self) -> str:
        """Returns the range as SQL."""
        return f"{self.name} BETWEEN {self.minimum} AND {self.maximum}"

    def loose_check(self) -> str:
        """Returns SQL that accepts whole numbers only, so not 5.5."""
        return f"typeof({self.name}) = 'integer'"

    @property
    def range_hint(self) -> str:
        """The range as a help text; empty when the maximum is only the technical one."""
        return "" if self.maximum == MAX_SAFE_INTEGER else f"{self.minimum:,} to {self.maximum:,}."

    @property
    def rule(self) -> str:
        """The range as a sentence, for help and errors; without the technical maximum."""
        if self.maximum == MAX_SAFE_INTEGER:
            return f"Enter a whole number, {self.minimum:,} or more."
        return f"Enter a whole number from {self.minimum:,} to {self.maximum:,}."


@dataclass(frozen=True)
class Choice(Field):
    """One of a list of words.

    ``open_maximum``: the CHECK limits only the length, so that a word can be added without a
    migration.
    """

    choices: tuple[tuple[str, str], ...] = ()
    details: tuple[tuple[str, str], ...] = ()
    open_maximum: int | None = None

    def check(self) -> str:
        """Returns the words as SQL or, with ``open_maximum``, the limits of the length."""
        if self.open_maximum:
            return f"length({self.name}) BETWEEN 1 AND {self.open_maximum}"
        words = ", ".join(f"'{value}'" for value, _ in self.choices)
        return f"{self.name} IN ({words})"

    def described(self) -> tuple[tuple[str, str], ...]:
        """Returns (word, label) for each choice, with its explanation if it has one."""
        more = dict(self.details)
        return tuple(
            (v, f"{label}: {more[v]}" if v in more else label) for v, label in self.choices
        )

    def detail_of(self, value: str) -> str:
        """Returns the explanation of a word, or an empty text."""
        return dict(self.details).get(value, "")

    def label_of(self, value: str) -> str:
        """Returns the label of a word; a word that is no longer a choice is its own label."""
        return dict(self.choices).get(value, value)


@dataclass(frozen=True)
class Switch(Field):
    """On or off."""

    def loose_check(self) -> str:
        """Returns SQL that accepts 0 and 1 only."""
        return f"{self.name} IN (0, 1)"


@dataclass(frozen=True)
class Sealed(Field):
    """Text that is stored encrypted: the column contains a token that starts with ``e1.``."""

    maximum: int = 255
    minimum: int = 1

    def check(self) -> str:
        """Returns SQL that refuses plaintext, also from writers that bypass the code."""
        return f"substr({self.name}, 1, 3) = 'e1.'"


@dataclass(frozen=True)
class Secret(Sealed):
    """A sealed value that is never shown again, not even to the person who entered it."""


@dataclass(frozen=True)
class Services(Field):
    """A sorted list of some of the names, stored as compact JSON."""

    names: tuple[str, ...] = ()

    def check(self) -> str:
        """Returns all possible sorted lists as SQL."""
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
    """Returns name -> field. Raises Undeclared for a field without a declared use."""
    return {field.name: field for field in fields if field.use}
