"""What the templates of the history pages use: rows by day, chips, choices, URLs."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

from flask import url_for

from webui.audit.form_errors import Refusal
from webui.audit.pickers import TYPED_TIMES, Resolved
from webui.core.permissions import Permission, may
from webui.history.query import actors, labels, times
from webui.history.query.filters import ATTRIBUTES, PARAMETERS, Filters
from webui.history.query.find import Found
from webui.history.query.history import Row, history_rows
from webui.history.record.actions import Action
from webui.models import Tenant
from webui.models.columns import now

_LABELS = {
    "action": "Action",
    "field": "Field",
    "outcome": "Outcome",
    "source": "Source",
    "request": "Request",
    "address": "Address",
}

# Prefixes of the actions that a tenant's history can contain.
_OF_A_TENANT = ("tenant.", "user.", Action.AUDIT_ERASED, Action.ACCESS_DENIED)


@dataclass(frozen=True)
class Chip:
    """A value of a filter as text, and the URL of the page without it."""

    words: str
    without: str


@dataclass(frozen=True)
class View:
    """A page of the history; ``tenant`` is set on a tenant's own page.

    ``filters`` are those of the URL, without the tenant of the page. ``newer``: the page was
    reached by paging towards newer entries. ``refused``: wrong input, by field.
    """

    tenant: Tenant | None
    filters: Filters
    found: Found
    resolved: Resolved
    newer: bool = False
    refused: dict[str, Refusal] = field(default_factory=dict)

    @property
    def days(self) -> list[tuple[str, list[Row]]]:
        """The rows, grouped by day."""
        shown = history_rows(self.found.entries)
        return [(day, list(part)) for day, part in groupby(shown, lambda r: times.day_of(r.at))]

    def url(
        self,
        filters: Filters | None = None,
        after: str | None = None,
        before: str | None = None,
    ) -> str:
        """Returns the URL of this page with other filters, or with a cursor."""
        narrowed = self.filters if filters is None else filters
        arguments = narrowed.arguments() | {"after": after, "before": before}
        # url_for omits arguments that are None.
        if self.tenant:
            return url_for("audit.tenant_history", tenant_id=self.tenant.id, **arguments)
        return url_for("audit.index", **arguments)

    @property
    def misses_nothing(self) -> bool:
        """Whether an empty result proves that nothing of the kind happened.

        Not if a filter compares text that a person may write in another way, or if the reader
        may not see all entries.
        """
        compares_text = self.filters.q or self.filters.address or self.filters.request
        return may(Permission.SEE_STAFF) and not compares_text

    @property
    def chips(self) -> list[Chip]:
        """A chip for every value of a filter."""
        return [
            Chip(words, self.url(self.filters.without(name, value)))
            for name, value, words in self._values()
        ]

    def _values(self) -> Iterator[tuple[str, Any, str]]:
        for name in PARAMETERS:
            values = getattr(self.filters, ATTRIBUTES.get(name, name))
            for value in values if isinstance(values, tuple) else [values]:
                if value:
                    yield name, value, _words(name, value)

    @property
    def hidden(self) -> list[tuple[str, str]]:
        """The hidden fields of the form: values without a field, and times with full precision."""
        arguments = self.filters.arguments()
        return [
            (name, str(value))
            for name, values in arguments.items()
            if name != "q"
            for value in ([values] if name in ATTRIBUTES else values)
        ]

    @property
    def zone(self) -> str:
        """The name of the time zone at both ends of the range, or now."""
        ends = [at for at in (self.filters.since, self.filters.until) if at]
        return " and ".join(dict.fromkeys(map(times.zone_name, ends or [now()])))

    def value(self, name: str) -> str:
        """Returns the value of a text field of the form."""
        if name in self.refused:
            return self.refused[name].typed
        if name in TYPED_TIMES:
            return times.in_input(getattr(self.filters, name))
        return self.filters.q if name == "q" else self.resolved.typed.get(name, "")

    @property
    def searched_to(self) -> str | None:
        """How far back the search went, as text; None when it reached the end."""
        at = self.found.searched_to
        return f"{times.describe_range(at)} {times.zone_name(at)}" if at else None

    def add(self, name: str, value: str) -> str:
        """Returns the URL with one more value."""
        return self.url(self.filters.adding(name, value))

    def choices(self, name: str) -> dict[str, dict[str, str]]:
        """Returns the options of a select, by group: every value that is not selected yet."""
        staff = may(Permission.SEE_STAFF)
        every = labels.CHOICES.get(name, {})
        if name == "field":
            every = labels.field_choices(may(Permission.SEE_STAFF_FIELDS), staff)
        if name == "action":
            every = labels.action_choices(staff)
        if self.tenant and name == "action":
            every = {v: label for v, label in every.items() if v.startswith(_OF_A_TENANT)}
        chosen = getattr(self.filters, name)
        return labels.grouped(name, {v: words for v, words in every.items() if v not in chosen})

    @property
    def presets(self) -> list[tuple[str, str, bool]]:
        """(label, URL, whether it is selected) of each preset time range."""
        result = []
        for label, days in times.PRESETS.items():
            since = times.preset(days, now())
            chosen = self.filters.since == since and self.filters.until is None
            result.append((label, self.url(self.filters.between(since, None)), chosen))
        return result


def _words(name: str, value: Any) -> str:
    if name == "tenant":
        return labels.tenant_name(value) or str(value)
    if name == "actor":
        return actors.name_of(value) or value
    if name == "q":
        return f"“{value}”"
    if name in ATTRIBUTES:
        return f"{'Since' if name == 'from' else 'Until'} {times.describe_range(value)}"
    label = labels.field_label(value) if name == "field" else value
    return f"{_LABELS[name]}: {labels.CHOICES.get(name, {}).get(value, label)}"
