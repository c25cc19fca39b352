"""The statements of the list, one for each shape of a question: composed once and kept.

All rows are read along an index that has them in the list's order. With filters it is one of
those that the filters' columns stand first in: there rows with equal ones lie in order, as a
*lane*. A filter that is not set makes a lane for each of its values. No more than a page is
read of each lane, and the first rows of all of them together are the page.
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
    union,
    union_all,
)

from webui.core.catalogue import FIELDS, filterable
from webui.models import Onboarding, Tenant, TenantUsage
from webui.models.tenant.constraints import FILTERED, ONBOARDING_OPEN
from webui.tenants.search.search_terms import Beginning, Source, same
from webui.web.paging import Keyset

_T = Tenant.__table__.c
_ONBOARDING, _USAGE = Onboarding.__table__, TenantUsage.__table__
_NAME, _CREATED, _UPDATED = (_T.name_key, _T.id), (_T.created_at, _T.id), (_T.updated_at, _T.id)
ORDERS = {
    keyset.name: keyset
    for keyset in (
        Keyset("name", _NAME),
        Keyset("-name", _NAME, descending=True),
        Keyset("created", _CREATED),
        Keyset("-created", _CREATED, descending=True),
        Keyset("updated", _UPDATED),
        Keyset("-updated", _UPDATED, descending=True),
    )
}
FILTERS: dict[str, ColumnElement[Any]] = {
    **{str(FIELDS[name].use.parameter): _T[name] for name in FILTERED},
    "onboarding": literal_column(ONBOARDING_OPEN, Boolean()),
}
"""Parameter -> column: what stands first in the list's indexes, in front of its orders."""
_EVERY: dict[str, list[Any]] = {
    **{name: [word for word, _ in field.choices] for name, field in filterable().items()},
    "onboarding": [False, True],
}
"""Parameter -> every value; the plan's are those in use."""
_COLUMNS = (
    _T.id,
    _T.name,
    _T.name_key,
    _T.status,
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
Group = tuple[Source, ...]


@dataclass(frozen=True)
class Ways:
    """How tenants are found: those that ``gathered`` or a group of ``tested`` gives.

    Neither: every tenant. With an ``also`` one of these must mean the tenant besides.
    """

    gathered: Group = ()
    tested: tuple[Group, ...] = ()
    also: Group = ()

    @classmethod
    def of(cls, few: list[Source], many: list[Source], also: list[Source], sort: str) -> "Ways":
        """The ways to few and many. Names with one beginning are beside one another by name."""
        beside = [s for s in (*few, *many) if isinstance(s, Beginning) and _by_name(sort)]
        gathered = tuple(source for source in few if source not in beside)
        others = tuple(source for source in many if source not in beside)
        groups = (*((source,) for source in beside), *((others,) if others else ()))
        return cls(gathered, groups, tuple(also))

    @property
    def walks(self) -> bool:
        """Whether lanes are read."""
        return bool(self.tested) or not self.gathered


@dataclass(frozen=True)
class Shape:
    """What decides how a page is found; the values are parameters.

    ``filters`` are the names of those that are set; ``plans`` those in use, to be known when
    lanes are read and there is no filter of the plan.
    """

    sort: str
    begun: bool
    backwards: bool
    filters: tuple[str, ...]
    plans: tuple[str, ...]
    ways: Ways


def _by_name(sort: str) -> bool:
    return ORDERS[sort].columns is _NAME


@lru_cache(maxsize=500)
def page(shape: Shape) -> Select[Any]:
    """The rows of one page, and one more. Parameters: ``size``, ``month``, and the values."""
    keyset = ORDERS[shape.sort]
    streams = list(_streams(shape))
    first = streams[0].subquery()
    if len(streams) > 1:
        # One tenant may have the name and the owner that were looked for.
        every = union(*(select(stream.subquery()) for stream in streams)).subquery()
        order = keyset.order(list(every.c), shape.backwards)
        first = select(every).order_by(*order).limit(bindparam("size")).subquery()
    month = (_USAGE.c.tenant_id == first.c.id) & (_USAGE.c.month == bindparam("month"))
    joined = first.join(Tenant.__table__, _T.id == first.c.id).outerjoin(_USAGE, month)
    order = keyset.order(list(first.c), shape.backwards)
    return select(*_COLUMNS, _step(first.c.id)).select_from(joined).order_by(*order)


def _step(tenant_id: ColumnElement[Any]) -> Any:
    """Where the wizard goes on. PostgreSQL would read the small table whole to join it."""
    step = select(_ONBOARDING.c.step).where(_ONBOARDING.c.tenant_id == tenant_id)
    return step.scalar_subquery().label("step")


def _streams(shape: Shape) -> Iterator[Select[Any]]:
    """Selects of a page each, whose rows together hold the page."""
    ways = shape.ways
    also = [or_(*(source.test() for source in ways.also))] if ways.also else []
    if ways.gathered:
        ids = union_all(*(ids for source in ways.gathered for ids in source.gathered()))
        # To look for these rows along another index would read much more.
        narrowed = [same(FILTERS[name]) == _value(name) for name in shape.filters]
        yield _stream(shape, [_T.id.in_(ids), *narrowed, *also])
    for group in ways.tested or ([()] if ways.walks else []):
        tests = [or_(*(_test(source, shape.sort) for source in group))] if group else []
        for lane in _lanes(shape):
            yield _stream(shape, [*lane, *tests, *also])


def _test(source: Source, sort: str) -> ColumnElement[bool]:
    if isinstance(source, Beginning) and _by_name(sort):
        return source.range()
    return source.test()


def _value(name: str) -> Any:
    return bindparam(name, type_=FILTERS[name].type)


def _lanes(shape: Shape) -> Iterator[list[ColumnElement[bool]]]:
    if not shape.filters:
        yield []
        return
    every = {**_EVERY, "plan": shape.plans}
    chosen = [
        [_value(name)] if name in shape.filters else map(literal, every[name]) for name in FILTERS
    ]
    for values in product(*chosen):
        yield [column == value for column, value in zip(FILTERS.values(), values, strict=True)]


def _stream(shape: Shape, conditions: list[Any]) -> Select[Any]:
    keyset = ORDERS[shape.sort]
    if shape.begun:
        conditions = [*conditions, keyset.beyond(shape.backwards)]
    rows = select(*keyset.columns).where(*conditions)
    return rows.order_by(*keyset.order(keyset.columns, shape.backwards)).limit(bindparam("size"))


@lru_cache(maxsize=100)
def counts(sources: Group) -> Any:
    """The size of each source by its number, counted up to the parameter ``most_<number>``."""
    return union_all(*(_count(number, source) for number, source in enumerate(sources)))


def _count(number: int, source: Source) -> Any:
    rows = union_all(*source.counted()).limit(bindparam(f"most_{number}")).subquery()
    return select(literal(number).label("number"), func.count().label("size")).select_from(rows)


def _plans() -> Any:
    """Every plan that a tenant has, by leaps along an index."""
    least = select(func.min(_T.billing_plan).label("plan")).cte("plans", recursive=True)
    following = select(func.min(_T.billing_plan)).where(_T.billing_plan > least.c.plan)
    plans = least.union_all(select(following.scalar_subquery()).where(least.c.plan.is_not(None)))
    return select(plans.c.plan).where(plans.c.plan.is_not(None))


PLANS_IN_USE = _plans()
