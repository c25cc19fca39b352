"""The SQL statements of the tenant list, one per query shape, composed once and cached.

Rows are read from an index in the list's order. With filters, the index is one that starts with the
filters' columns: rows with equal values there are sorted and form a *lane*. A filter that is not
set gives one lane for each of its values. At most a page is read of each lane; the first rows of
all lanes together are the page.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import product
from typing import Any

from sqlalchemy import (
    Boolean,
    ColumnElement,
    Select,
    bindparam,
    func,
    literal,
    literal_column,
    or_,
    select,
    type_coerce,
    union,
    union_all,
)

from webui.core.catalogue import FIELDS, filterable
from webui.models import Onboarding, Tenant, TenantUsage, UsageRank, WebhookTurn
from webui.models.tenant.constraints import FILTERED, ONBOARDING_OPEN
from webui.tenants.search.search_terms import SearchTerm, without_index
from webui.web.paging import Keyset

_T = Tenant.__table__.c
_ONBOARDING, _USAGE = Onboarding.__table__, TenantUsage.__table__
_TURNS = WebhookTurn.__table__
_NAME, _CREATED, _UPDATED = (_T.name_sort, _T.id), (_T.created_at, _T.id), (_T.updated_at, _T.id)
_R = UsageRank.__table__.c
_SHARE = (_R.usage_rank, _R.tenant_id)
ORDERS = {
    keyset.name: keyset
    for keyset in (
        Keyset("name", _NAME),
        Keyset("-name", _NAME, descending=True),
        Keyset("created", _CREATED),
        Keyset("-created", _CREATED, descending=True),
        Keyset("updated", _UPDATED),
        Keyset("-updated", _UPDATED, descending=True),
        Keyset("usage", _SHARE),
        Keyset("-usage", _SHARE, descending=True),
    )
}
FILTERS: dict[str, ColumnElement[Any]] = {
    **{str(FIELDS[name].use.parameter): _T[name] for name in FILTERED},
    "onboarding": literal_column(ONBOARDING_OPEN, Boolean()),
}
"""Parameter -> column: the first columns of the list's indexes, before those it is sorted by."""
_RANK_FILTERS: dict[str, ColumnElement[Any]] = {
    **{str(FIELDS[name].use.parameter): _R[name] for name in FILTERED},
    "onboarding": _R.onboarding_open,
}
"""The same for the order by usage, which has an index and copies of its own."""
_EVERY: dict[str, list[Any]] = {
    **{name: [word for word, _ in field.choices] for name, field in filterable().items()},
    "onboarding": [False, True],
}
"""Parameter -> every value; the plan's are those in use."""
_COLUMNS = (
    _T.id,
    _T.name,
    _T.name_sort,
    _T.status,
    # None instead of an empty list, so that the JSON of few rows is decoded.
    type_coerce(
        func.nullif(_T.blocked_services, literal_column("'[]'")), _T.blocked_services.type
    ).label("blocked_services"),
    _T.billing_plan,
    _T.monthly_call_limit,
    _T.sip_enabled,
    _T.recording_enabled,
    _T.analytics_enabled,
    _T.hipaa_enabled,
    _T.pci_enabled,
    _T.onboarded_at,
    _T.created_at,
    _T.updated_at,
    func.coalesce(_USAGE.c.calls, 0).label("calls"),
)
Group = tuple[SearchTerm, ...]


@dataclass(frozen=True)
class Lookup:
    """How tenants are found: by the terms in ``gathered``, or by a group of terms in ``tested``.

    When both are empty, every tenant matches. Of each group in ``also`` a term must match too.
    """

    gathered: Group = ()
    tested: tuple[Group, ...] = ()
    also: tuple[Group, ...] = ()

    @classmethod
    def of(
        cls, few: list[SearchTerm], many: list[SearchTerm], also: list[list[SearchTerm]], sort: str
    ) -> "Lookup":
        """Divides terms by size. Some are a range of an order, as a name's beginning of names."""
        found = [s for s in (*few, *many) if _is_range(s, sort)]
        beside = [s for s in found if s.adjacent or s in many]
        gathered = tuple(term for term in few if term not in beside)
        others = tuple(term for term in many if term not in beside)
        groups = (*((term,) for term in beside), *((others,) if others else ()))
        return cls(gathered, groups, tuple(map(tuple, also)))

    @property
    def walks(self) -> bool:
        """Whether lanes are read."""
        return bool(self.tested) or not self.gathered


@dataclass(frozen=True)
class QueryShape:
    """Everything that changes the SQL text of a page; the values are bound parameters.

    ``filters`` are the names of the filters that are set. ``plans`` are the plans in use, needed
    when lanes are read without a filter on the plan.
    """

    sort: str
    begun: bool
    backwards: bool
    filters: tuple[str, ...]
    plans: tuple[str, ...]
    lookup: Lookup


def _is_range(term: SearchTerm, sort: str) -> bool:
    return term.ordered_by is ORDERS[sort].columns[0]


@lru_cache(maxsize=500)
def page_statement(shape: QueryShape) -> Select[Any]:
    """Returns the statement for one page and one more row.

    Bound parameters: ``size``, ``month``, and the values of filters and terms.
    """
    keyset = ORDERS[shape.sort]
    streams = list(_streams(shape))
    first = streams[0].subquery()
    if len(streams) > 1:
        # A tenant may match both by name and by owner.
        every = union(*(select(stream.subquery()) for stream in streams)).subquery()
        order = keyset.order(list(every.c), shape.backwards)
        first = select(every).order_by(*order).limit(bindparam("size")).subquery()
    month = (_USAGE.c.tenant_id == first.c.id) & (_USAGE.c.month == bindparam("month"))
    joined = first.join(Tenant.__table__, _T.id == first.c.id).outerjoin(_USAGE, month)
    order = keyset.order(list(first.c), shape.backwards)
    more = _step(first.c.id), _failing_since(first.c.id), *_extra(first)
    return select(*_COLUMNS, *more).select_from(joined).order_by(*order)


def _extra(first: Any) -> list[Any]:
    """The column of the order that is none of the tenant's: the cursor needs it."""
    return [column for column in first.c if column.name not in _T]


def _step(tenant_id: ColumnElement[Any]) -> Any:
    """The wizard's step, as a subquery: PostgreSQL would scan the whole small table for a join."""
    step = select(_ONBOARDING.c.step).where(_ONBOARDING.c.tenant_id == tenant_id)
    return step.scalar_subquery().label("step")


def _failing_since(tenant_id: ColumnElement[Any]) -> Any:
    since = select(_TURNS.c.failing_since).where(_TURNS.c.tenant_id == tenant_id)
    return since.scalar_subquery().label("failing_since")


def _streams(shape: QueryShape) -> Iterator[Select[Any]]:
    """Yields selects of at most a page each; together they contain all rows of the page."""
    lookup = shape.lookup
    if lookup.gathered:
        ids = union_all(*(ids for term in lookup.gathered for ids in term.gathered()))
        # Another index would read many more rows than these.
        filters = _filters(shape.sort)
        narrowed = [without_index(filters[name]) == _value(name) for name in shape.filters]
        also = [or_(*(term.test() for term in group)) for group in lookup.also]
        key = ORDERS[shape.sort].columns[-1]
        yield _stream(shape, [key.in_(ids), *narrowed, *also])
    for group in lookup.tested or ([()] if lookup.walks else []):
        groups = [some for some in (group, *lookup.also) if some]
        tests = [or_(*(_test(term, shape.sort) for term in some)) for some in groups]
        for lane in _lanes(shape):
            yield _stream(shape, [*lane, *tests])


def _test(term: SearchTerm, sort: str) -> ColumnElement[bool]:
    return term.range() if _is_range(term, sort) else term.test()


def _filters(sort: str) -> dict[str, ColumnElement[Any]]:
    return _RANK_FILTERS if ORDERS[sort].columns is _SHARE else FILTERS


def _value(name: str) -> Any:
    return bindparam(name, type_=FILTERS[name].type)


def _lanes(shape: QueryShape) -> Iterator[list[ColumnElement[bool]]]:
    if not shape.filters:
        yield []
        return
    every = {**_EVERY, "plan": shape.plans}
    chosen = [
        [_value(name)] if name in shape.filters else map(literal, every[name]) for name in FILTERS
    ]
    for values in product(*chosen):
        columns = _filters(shape.sort).values()
        yield [column == value for column, value in zip(columns, values, strict=True)]


def _stream(shape: QueryShape, conditions: list[Any]) -> Select[Any]:
    keyset = ORDERS[shape.sort]
    if shape.begun:
        conditions = [*conditions, keyset.beyond(shape.backwards)]
    order, key = keyset.columns
    rows = select(order, key.label("id")).where(*conditions)
    if keyset.columns is _SHARE and shape.lookup != Lookup():
        # The terms are tested on the tenant.
        rows = rows.join(Tenant.__table__, _T.id == key)
    return rows.order_by(*keyset.order(keyset.columns, shape.backwards)).limit(bindparam("size"))


@lru_cache(maxsize=100)
def count_statement(terms: Group) -> Any:
    """Returns the number of rows of each term by its position, up to ``most_<position>``."""
    return union_all(*(_count(number, term) for number, term in enumerate(terms)))


def _count(number: int, term: SearchTerm) -> Any:
    rows = union_all(*term.counted()).limit(bindparam(f"most_{number}")).subquery()
    return select(literal(number).label("number"), func.count().label("size")).select_from(rows)


def _plans() -> Any:
    """Selects every plan that a tenant has, by skipping along an index (loose index scan)."""
    least = select(func.min(_T.billing_plan).label("plan")).cte("plans", recursive=True)
    following = select(func.min(_T.billing_plan)).where(_T.billing_plan > least.c.plan)
    plans = least.union_all(select(following.scalar_subquery()).where(least.c.plan.is_not(None)))
    return select(plans.c.plan).where(plans.c.plan.is_not(None))


PLANS_IN_USE = _plans()
