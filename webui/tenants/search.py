"""Finding tenants: what the words may mean, the filters, the orders, one page of rows."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, String, bindparam, column, or_, select, table, union
from sqlalchemy import text as sql

from webui.extensions import db, is_sqlite
from webui.limits import PLANS, STATUS_LABELS, Status
from webui.models import Onboarding, Tenant, TenantUsage, User
from webui.models.columns import now
from webui.models.onboarding import STEP_LABELS
from webui.models.usage import month_of
from webui.paging import Keyset, Page
from webui.permissions import Permission, may
from webui.tenants import identities
from webui.values import name_key

PAGE_SIZE = 50
PREFIX_BELOW = 3
"""With fewer characters only the beginnings of names are searched."""

ORDERS = {
    keyset.name: keyset
    for keyset in (
        Keyset("name", (Tenant.name_key, Tenant.id)),
        Keyset("-name", (Tenant.name_key, Tenant.id), descending=True),
        Keyset("created", (Tenant.created_at, Tenant.id)),
        Keyset("-created", (Tenant.created_at, Tenant.id), descending=True),
        Keyset("updated", (Tenant.updated_at, Tenant.id)),
        Keyset("-updated", (Tenant.updated_at, Tenant.id), descending=True),
    )
}
ONBOARDING = {"done": "Done", "open": "Open"}
_LAST = "\U0010ffff"
_UUID = re.compile(
    r"(?<![0-9a-f])[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}(?![0-9a-f])",
    re.IGNORECASE,
)
_ACCOUNT = re.compile(r"[^\s]{3,254}")
_FEW_OWNERS = 50
# Up to here SQLite sorts the matches; with more it walks the sorted index and filters.
_FEW_MATCHES = 500
_COLUMNS = (
    Tenant.id,
    Tenant.name,
    Tenant.status,
    Tenant.billing_plan,
    Tenant.monthly_call_limit,
    Tenant.sip_enabled,
    Tenant.recording_enabled,
    Tenant.analytics_enabled,
    Tenant.hipaa_enabled,
    Tenant.pci_enabled,
    Tenant.onboarded_at,
    Tenant.updated_at,
    Onboarding.step,
)


class BadFilter(ValueError):
    """A filter in the URL has a value that does not exist; the message is for people."""


@dataclass(frozen=True)
class Filters:
    """What the list is narrowed to. Empty text means: not narrowed."""

    q: str = ""
    status: str = ""
    plan: str = ""
    onboarding: str = ""
    owner: str = ""
    sort: str = "name"

    @classmethod
    def from_url(cls, arguments: Mapping[str, str]) -> "Filters":
        """Reads the URL. Raises BadFilter, because a list that silently shows all misleads."""
        chosen = cls(
            **{name: arguments.get(name, "").strip() for name in cls.names() if name != "sort"},
            sort=arguments.get("sort") or "name",
        )
        for name, known in (
            ("status", set(Status)),
            ("plan", set(PLANS)),
            ("onboarding", set(ONBOARDING)),
        ):
            value = getattr(chosen, name)
            if value and value not in known:
                raise BadFilter(f"There is no {name} of that name. Remove it from the address.")
        if chosen.sort not in ORDERS:
            raise BadFilter("The list cannot be sorted like that. Remove it from the address.")
        if "\0" in chosen.q + chosen.owner:
            raise BadFilter("The search holds a character that no name has.")
        return chosen

    @staticmethod
    def names() -> tuple[str, ...]:
        """The parameters, in the URL's order."""
        return ("q", "status", "plan", "onboarding", "owner", "sort")

    def arguments(self, **changes: str | None) -> dict[str, str]:
        """The parameters of a URL with these filters, changed; defaults are left out."""
        values = {name: getattr(self, name) for name in self.names()} | changes
        return {
            name: value
            for name, value in values.items()
            if value and (name, value) != ("sort", "name")
        }

    @property
    def prefix_only(self) -> bool:
        """Whether the words are so few characters that only beginnings are searched."""
        return 0 < len(name_key(self.q)) < PREFIX_BELOW

    @property
    def chips(self) -> list[tuple[str, str]]:
        """(parameter, words) of each active filter, to be removed one by one."""
        plan = PLANS.get(self.plan)
        words = {
            "q": f"“{self.q}”",
            "status": f"Status: {STATUS_LABELS[Status(self.status)]}" if self.status else "",
            "plan": f"Plan: {plan.label}" if plan else "",
            "onboarding": f"Onboarding: {ONBOARDING.get(self.onboarding)}",
            "owner": f"Owner: {self.owner}",
        }
        return [(name, words[name]) for name in words if getattr(self, name)]


@dataclass(frozen=True)
class Found:
    """A row of the list."""

    tenant: Any
    calls: int

    @property
    def switched_on(self) -> list[str]:
        """What is on, in a few words."""
        switches = {
            "SIP": self.tenant.sip_enabled,
            "Recording": self.tenant.recording_enabled,
            "Analytics": self.tenant.analytics_enabled,
            "HIPAA": self.tenant.hipaa_enabled,
            "PCI": self.tenant.pci_enabled,
        }
        return [name for name, on in switches.items() if on]

    @property
    def stuck_at(self) -> str | None:
        """The step of the wizard where the owner goes on; None once it is finished."""
        if self.tenant.onboarded_at:
            return None
        return STEP_LABELS[self.tenant.step] if self.tenant.step else "not begun"


def find(filters: Filters, after: str | None, before: str | None) -> Page[Found]:
    """One page of tenants. Raises paging.BadCursor.

    Their ids first: the sorted index alone answers that, without reading every row on the way.
    """
    narrowed = _narrowed(select(Tenant.id), filters)
    page = ORDERS[filters.sort].page(narrowed, PAGE_SIZE, after, before)
    ids = [key[0] for key in page.rows]
    rows = {row.id: row for row in db.session.execute(_rows(ids))} if ids else {}
    return Page([Found(rows[i], rows[i].calls or 0) for i in ids], page.after, page.before)


def _rows(ids: list[UUID]) -> Any:
    month = month_of(now())
    return (
        select(*_COLUMNS, TenantUsage.calls)
        .outerjoin(TenantUsage, (TenantUsage.tenant_id == Tenant.id) & (TenantUsage.month == month))
        .outerjoin(Onboarding, Onboarding.tenant_id == Tenant.id)
        .where(Tenant.id.in_(ids))
    )


def _narrowed(query: Any, filters: Filters) -> Any:
    if filters.status:
        query = query.where(Tenant.status == filters.status)
    if filters.plan:
        query = query.where(Tenant.billing_plan == filters.plan)
    if filters.onboarding:
        done = Tenant.onboarded_at.is_not(None)
        query = query.where(done if filters.onboarding == "done" else ~done)
    if filters.owner:
        query = query.where(Tenant.id.in_(_owned_by(filters.owner)))
    if filters.q:
        query = query.where(_matches(filters.q))
    return query


def _matches(words: str) -> ColumnElement[bool]:
    """An id (also without dashes, also inside a pasted URL), a name, an owner, a SIP identity."""
    found = _UUID.search(words)
    if found:
        return Tenant.id == UUID(found.group())
    key = name_key(words)
    owned = _known_by(words)
    if not key:
        # Accents or signs alone: no name is found by what its key leaves out.
        return Tenant.id.in_(owned)
    if len(key) < PREFIX_BELOW:
        return or_(starts_with(Tenant.name_key, key), Tenant.id.in_(owned))
    if is_sqlite():
        return _matches_sqlite(key, owned)
    return or_(Tenant.name_key.contains(key, autoescape=True), Tenant.id.in_(owned))


def starts_with(name: Any, prefix: str) -> ColumnElement[bool]:
    """A prefix as a range, which any index in byte order answers."""
    return (name >= prefix) & (name < prefix + _LAST)


_NAMES = table("tenant_names", column("row"), column("tenant_id", String))
_TRIGRAM = sql("tenant_names.row IN (SELECT rowid FROM tenant_names_trigram(:phrase))")
_COUNT = sql("SELECT count(*) FROM (SELECT 1 FROM tenant_names_trigram(:phrase) LIMIT :most)")


def _matches_sqlite(key: str, owned: Any) -> ColumnElement[bool]:
    """Few matches: by the trigram index, then sorted. Many: along the sorted index.

    SQLite cannot estimate how many names hold the words, so a bounded count decides. (FTS5
    phrases are quoted by doubling the quotation marks.)
    """
    phrase = '"' + key.replace('"', '""') + '"'
    count = db.session.execute(_COUNT, {"phrase": phrase, "most": _FEW_MATCHES + 1}).scalar_one()
    if count > _FEW_MATCHES:
        return or_(Tenant.name_key.contains(key, autoescape=True), Tenant.id.in_(owned))
    rows = select(_NAMES.c.tenant_id).where(_TRIGRAM.bindparams(bindparam("phrase", phrase)))
    ids = [UUID(row) for row in db.session.execute(rows).scalars()]
    return or_(Tenant.id.in_(ids), Tenant.id.in_(owned))


def _known_by(words: str) -> Any:
    """The tenants of an owner or, for who may search them, of a SIP identity."""
    owned = _owned_by(words)
    named = identities.condition(words) if may(Permission.SEARCH_IDENTITIES) else None
    if named is None:
        return owned
    query = select(Tenant.id).where(named)
    few = db.session.execute(query.limit(_FEW_OWNERS + 1)).scalars().all()
    if len(few) <= _FEW_OWNERS and not isinstance(owned, Select):
        return [*owned, *few]
    if isinstance(owned, Select):
        return union(owned, query)
    return union(query, select(Tenant.id).where(Tenant.id.in_(owned)))


def _owned_by(words: str) -> Any:
    """The tenants whose owner's username or e-mail starts with the words, or by account id.

    A list while it is short, which every database looks up at once; else a subquery.
    """
    found = _UUID.fullmatch(words)
    if found:
        condition: ColumnElement[bool] = User.id == UUID(words)
    elif _ACCOUNT.fullmatch(words):
        key = words.casefold()
        condition = starts_with(User.username_key, key) | starts_with(User.email_key, key)
    else:
        return []
    query = select(User.tenant_id).where(User.tenant_id.is_not(None), condition)
    few = db.session.execute(query.limit(_FEW_OWNERS + 1)).scalars().all()
    return few if len(few) <= _FEW_OWNERS else query
