"""Search terms: what the text of a search may match (a name, an owner, a SIP identity).

Each term finds tenants in one of two ways. *Gathered*: the term's own index gives all matching
tenants, which are then sorted. *Tested*: tenants are read in the list's order, and each is tested.
A small result is gathered, a large one is tested, so that neither reads much more than a page.
"""

from dataclasses import dataclass
from typing import Any, ClassVar

from sqlalchemy import ColumnElement, Select, bindparam, column, exists, func, or_, select, table
from sqlalchemy import text as sql

from webui.models import Tenant, UsageRank, User, WebhookTurn

_TENANTS, _USERS = Tenant.__table__.c, User.__table__.c
_TURNS = WebhookTurn.__table__.c
_OTHERS = Tenant.__table__.alias("others").c
_RANKS, _USED = UsageRank.__table__.c, UsageRank.__table__.alias("used").c
_NAMES, _TRIGRAM = table("tenant_names", column("row"), column("tenant_id")), "tenant_names_trigram"


@dataclass(frozen=True)
class SearchTerm:
    """A way to match the text of URL parameter ``of``; the text itself is a bound parameter."""

    of: str
    on_sqlite: bool
    few: ClassVar[int] = 5_000
    """Up to so many rows are gathered: testing one row takes about twice as long."""
    single: ClassVar[bool] = False
    """Whether at most one tenant can match."""
    ordered_by: ClassVar[Any] = None
    """The column that the list is sorted by when the matches are a range of the order."""
    adjacent: ClassVar[bool] = True
    """Whether the matches stand together in that order."""

    def parameter(self, name: str) -> str:
        """Returns the name of a bound parameter."""
        return f"{self.of}_{type(self).__name__.lower()}_{name}"

    def value(self, name: str, **options: Any) -> Any:
        """Returns a value of the text as a bound parameter."""
        return bindparam(self.parameter(name), **options)

    def begins(self, key: ColumnElement[str]) -> ColumnElement[bool]:
        """Returns a prefix match as a range, which any index in byte order can use."""
        return (key >= self.value("low")) & (key < self.value("high"))

    def gathered(self) -> list[Select[Any]]:
        """Selects the ids of the matching tenants by index; an id may occur twice."""
        raise NotImplementedError

    def counted(self) -> list[Select[Any]]:
        """Selects the same number of rows as ``gathered``, with less work."""
        return self.gathered()

    def test(self) -> ColumnElement[bool]:
        """Whether a tenant matches, written so that no database uses another index for it."""
        return or_(*(_TENANTS.id.in_(ids) for ids in self.gathered()))

    def range(self) -> ColumnElement[bool]:
        """Returns the condition with a range of the order by ``ordered_by``."""
        raise NotImplementedError


class Id(SearchTerm):
    """The tenant's id, with or without dashes, or inside a pasted URL."""

    single = True

    def gathered(self) -> list[Select[Any]]:
        """Selects at most one id."""
        return [select(_OTHERS.id).where(_OTHERS.id == self.value("id", type_=_OTHERS.id.type))]


class Account(SearchTerm):
    """The id of an owner's account."""

    single = True

    def gathered(self) -> list[Select[Any]]:
        """Selects at most one id."""
        query = select(_USERS.tenant_id)
        return [query.where(_USERS.id == self.value("id", type_=_USERS.id.type))]


class Name(SearchTerm):
    """A part of the name: by FTS5 on SQLite, by LIKE and pg_trgm on PostgreSQL."""

    few = 500  # Testing a name takes a hundredth of the time of gathering a row.

    def gathered(self) -> list[Select[Any]]:
        """Selects by the trigram index."""
        if not self.on_sqlite:
            like = _OTHERS.name_key.like(self.value("like"), escape="/")
            return [select(_OTHERS.id).where(like)]
        rows = select(sql("rowid")).select_from(self._trigrams())
        return [select(_NAMES.c.tenant_id).where(_NAMES.c.row.in_(rows))]

    def _trigrams(self) -> Any:
        return getattr(func, _TRIGRAM)(self.value("phrase"))

    def counted(self) -> list[Select[Any]]:
        """Selects from the trigram index alone."""
        if not self.on_sqlite:
            return self.gathered()
        return [select(sql("1")).select_from(self._trigrams())]

    def test(self) -> ColumnElement[bool]:
        """Whether the name's key contains the text."""
        position = func.instr if self.on_sqlite else func.strpos
        return position(_TENANTS.name_key, self.value("key")) > 0


class Beginning(SearchTerm):
    """The beginning of the name."""

    ordered_by = _TENANTS.name_sort
    few = 500  # Testing a name takes a hundredth of the time of gathering a row.

    def gathered(self) -> list[Select[Any]]:
        """Selects by the index of names."""
        return [select(_OTHERS.id).where(self.begins(_OTHERS.name_key))]

    def test(self) -> ColumnElement[bool]:
        """Whether the name's key begins with the text."""
        return self.begins(without_index(_TENANTS.name_key))

    def range(self) -> ColumnElement[bool]:
        """Returns the condition with a range: sorted by name, the matches are close together."""
        order = _TENANTS.name_sort
        return (order >= self.value("first")) & (order < self.value("end")) & self.test()


class NumberBeginning(Beginning):
    """A beginning that ends in a digit. Its number may go on: after 7 and before 70 are others."""

    adjacent = False


class Owner(SearchTerm):
    """The beginning of an owner's username or e-mail address."""

    def _keys(self) -> list[ColumnElement[bool]]:
        return [self.begins(key) for key in (_USERS.username_key, _USERS.email_key)]

    def gathered(self) -> list[Select[Any]]:
        """Selects by the indexes of the accounts."""
        return [select(_USERS.tenant_id).where(key) for key in self._keys()]

    def counted(self) -> list[Select[Any]]:
        """Selects rows to count; includes staff accounts, which have no tenant."""
        return [select(sql("1")).select_from(User.__table__).where(key) for key in self._keys()]

    def test(self) -> ColumnElement[bool]:
        """Whether the tenant has such an owner."""
        return exists().where(_USERS.tenant_id == _TENANTS.id, or_(*self._keys()))


class Failing(SearchTerm):
    """A webhook whose deliveries fail."""

    _FAILING = _TURNS.failing_since.is_not(None)

    def gathered(self) -> list[Select[Any]]:
        """Selects by the index of failing webhooks."""
        return [select(_TURNS.tenant_id).where(self._FAILING)]

    def test(self) -> ColumnElement[bool]:
        """Whether the tenant's webhook fails."""
        return exists().where(_TURNS.tenant_id == _TENANTS.id, self._FAILING)


class Share(SearchTerm):
    """A share of the monthly call limit that is used, or more."""

    ordered_by = _RANKS.usage_rank

    def gathered(self) -> list[Select[Any]]:
        """Selects by the index of shares."""
        return [select(_USED.tenant_id).where(_USED.usage_rank >= self.value("least"))]

    def test(self) -> ColumnElement[bool]:
        """Whether the tenant has used so much."""
        used = without_index(_USED.usage_rank) >= self.value("least")
        return exists().where(_USED.tenant_id == _TENANTS.id, used)

    def range(self) -> ColumnElement[bool]:
        """Returns the condition with a range: sorted by share, the matches stand at one end."""
        return _RANKS.usage_rank >= self.value("least")


class Sip(SearchTerm):
    """A SIP domain or username."""

    def _either(self, tenants: Any, through: Any = lambda column: column) -> Any:
        yield through(tenants.sip_domain_index).in_(self.value("hosts", expanding=True))
        yield through(tenants.sip_username_index).in_(self.value("users", expanding=True))

    def gathered(self) -> list[Select[Any]]:
        """Selects by the blind indexes."""
        return [select(_OTHERS.id).where(condition) for condition in self._either(_OTHERS)]

    def test(self) -> ColumnElement[bool]:
        """Whether the domain or the username matches."""
        return or_(*self._either(_TENANTS, without_index))


class Identity(Sip):
    """A SIP username at a domain."""

    def gathered(self) -> list[Select[Any]]:
        """Selects by the index over both columns."""
        return [select(_OTHERS.id).where(*self._either(_OTHERS))]

    def test(self) -> ColumnElement[bool]:
        """Whether the domain and the username match."""
        host, user = self._either(_TENANTS, without_index)
        return host & user


def without_index(value: ColumnElement[Any]) -> ColumnElement[Any]:
    """Wraps a column so that no index matches it: keeps the planner away from another index."""
    return func.coalesce(value, value)
