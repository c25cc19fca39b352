"""Search for tenants: the filters in the URL, and one page of rows."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from webui.core.catalogue import filterable
from webui.core.extensions import is_sqlite, read
from webui.models.columns import now
from webui.models.tenant.usage import THRESHOLDS, month_of, rank_from
from webui.tenants.search import asked_terms, list_query, search_terms
from webui.tenants.search.asked_terms import PREFIX_BELOW, TermValues
from webui.tenants.search.list_query import ORDERS, Group, Lookup, QueryShape
from webui.tenants.search.search_terms import SearchTerm
from webui.values import name_key, question
from webui.web.paging import PAGE_SIZE, Page

CHOICES: dict[str, dict[str, str]] = {
    **{parameter: dict(field.choices) for parameter, field in filterable().items()},
    "onboarding": {"done": "Done", "open": "Open"},
    "webhook": {"failing": "Failing"},
    "usage": {str(share): f"{share}%+" for share in THRESHOLDS},
}
"""Filter parameter -> value -> label."""


class BadFilter(ValueError):
    """A filter in the URL has a value that does not exist; the message is for people."""


@dataclass(frozen=True)
class Filters:
    """The filters of the list. Empty text means: not filtered."""

    q: str = ""
    chosen: tuple[tuple[str, str], ...] = ()
    owner: str = ""
    sort: str = "name"

    def __getitem__(self, name: str) -> str:
        """Returns the value of a parameter."""
        return dict(self.chosen).get(name, "") if name in CHOICES else getattr(self, name)

    @classmethod
    def from_url(cls, arguments: Mapping[str, str]) -> "Filters":
        """Parse the URL's parameters.

        Raises BadFilter, because a list that ignores a wrong filter misleads.
        """
        given = {name: question(arguments.get(name, "")) for name in cls.names()}
        chosen = tuple((name, given[name]) for name in CHOICES if given[name])
        for name, value in chosen:
            if value not in CHOICES[name]:
                raise BadFilter(f"There is no {name} of that name. Remove it from the address.")
        filters = cls(given["q"], chosen, given["owner"], arguments.get("sort") or "name")
        if filters.sort not in ORDERS:
            raise BadFilter("The list cannot be sorted like that. Remove it from the address.")
        if "\0" in filters.q + filters.owner:
            raise BadFilter("The search contains a character that cannot be in a name.")
        return filters

    @staticmethod
    def names() -> tuple[str, ...]:
        """Returns the parameters, in the URL's order."""
        return ("q", *CHOICES, "owner", "sort")

    def arguments(self, **changes: str | None) -> dict[str, str]:
        """Returns the URL parameters of these filters with changes; defaults are left out."""
        values = {name: self[name] for name in self.names()} | changes
        return {
            name: value
            for name, value in values.items()
            if value and (name, value) != ("sort", "name")
        }

    @property
    def narrowed(self) -> dict[str, Any]:
        """The filters that are set, with their values for `list_query.FILTERS`."""
        onboarding = self["onboarding"]
        values: dict[str, Any] = {name: self[name] for name in list_query.FILTERS if self[name]}
        return values | ({"onboarding": onboarding == "open"} if onboarding else {})

    @property
    def prefix_only(self) -> bool:
        """Whether the text is so short that only the beginnings of names are searched."""
        return 0 < len(name_key(self.q)) < PREFIX_BELOW

    @property
    def chips(self) -> list[tuple[str, str]]:
        """(parameter, text) of each active filter, to remove them one by one."""
        words = {
            "q": f"Names beginning with “{self.q}”" if self.prefix_only else f"“{self.q}”",
            **{name: f"{name.capitalize()}: {CHOICES[name][value]}" for name, value in self.chosen},
            "owner": f"Owner: {self.owner}",
        }
        return [(name, words[name]) for name in self.names() if name != "sort" and self[name]]


def find_tenants(
    filters: Filters, after: str | None, before: str | None, size: int | None = None
) -> Page[Any]:
    """Returns one page of tenants, as rows of the list's columns. Raises paging.BadCursor."""
    size = size or PAGE_SIZE
    keyset = ORDERS[filters.sort]
    values = keyset.parameters(after, before)
    begun = bool(values)
    found = _plan_lookup(filters)
    if found is None:
        return Page([], None, None)
    lookup, words = found
    narrowed = filters.narrowed
    by_plan = lookup.walks and bool(narrowed) and "plan" not in narrowed
    plans = tuple(read(list_query.PLANS_IN_USE, {}).scalars()) if by_plan else ()
    if by_plan and not plans:
        return Page([], None, None)
    shape = QueryShape(filters.sort, begun, before is not None, tuple(narrowed), plans, lookup)
    values |= {**words, **narrowed, "size": size + 1, "month": month_of(now())}
    rows = list(read(list_query.page_statement(shape), values))
    order = keyset.columns[0].name
    return keyset.page_of(rows, size, after, before, lambda row: [getattr(row, order), row.id])


def _plan_lookup(filters: Filters) -> tuple[Lookup, dict[str, Any]] | None:
    """Returns how to find the tenants, and the bound values; None when no tenant matches.

    Of a search, an owner, a failing webhook and a share of the limit, a small one finds the
    tenants and the others are tested on each.
    """
    searched: TermValues = (
        asked_terms.terms_of_search(filters.q, "q", is_sqlite()) if filters.q else {}
    )
    owned: TermValues = (
        asked_terms.terms_of_owner(filters.owner, "owner", is_sqlite()) if filters.owner else {}
    )
    failing: TermValues = (
        {search_terms.Failing("webhook", is_sqlite()): {}} if filters["webhook"] else {}
    )
    shares: TermValues = (
        {search_terms.Share("usage", is_sqlite()): {"least": _least_rank(filters["usage"])}}
        if filters["usage"]
        else {}
    )
    asked = [
        known
        for known, wanted in (
            (failing, filters["webhook"]),
            (shares, filters["usage"]),
            (owned, filters.owner),
            (searched, filters.q),
        )
        if wanted
    ]
    terms = {term: known for group in asked for term, known in group.items()}
    values = {term.parameter(name): v for term, known in terms.items() for name, v in known.items()}
    sizes = _term_sizes(tuple(terms), values)
    groups = [[term for term in group if sizes[term]] for group in asked]
    if not all(groups):
        return None
    return _lookup_of(groups, sizes, filters.sort), values


def _least_rank(share: str) -> int:
    """Returns the rank from which on a tenant has used the share in the current month."""
    return rank_from(month_of(now()), int(share))


def _lookup_of(
    groups: list[list[SearchTerm]], sizes: Mapping[SearchTerm, int], sort: str
) -> Lookup:
    """Returns the lookup by a small group, else by the last one; the others are tested."""
    if not groups:
        return Lookup()
    small = (group for group in groups if sizes[group[0]] <= group[0].few)
    finding = next(small, groups[-1])
    few = [term for term in finding if sizes[term] <= term.few]
    many = [term for term in finding if term not in few]
    return Lookup.of(few, many, [group for group in groups if group is not finding], sort)


def _term_sizes(found: Group, values: Mapping[str, Any]) -> dict[SearchTerm, int]:
    """Returns the number of rows of each term, counted only up to one more than its ``few``."""
    sizes = dict.fromkeys(found, 1)
    counted = tuple(term for term in found if not term.single)
    if counted:
        limits = {f"most_{n}": term.few + 1 for n, term in enumerate(counted)}
        rows = read(list_query.count_statement(counted), {**values, **limits})
        sizes.update({counted[row.number]: row.size for row in rows})
    return sizes
