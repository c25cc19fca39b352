"""SIP identities: which tenants use a domain, a username or user@domain, by blind index.

Nothing is decrypted. The search uses the index values under every key of the ring, so it works
while the index is being rebuilt with a new key.
"""

import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote
from uuid import UUID

from sqlalchemy import ColumnElement, Select, bindparam, literal, or_, select, union_all

from webui import values
from webui.core.extensions import keyring, read
from webui.crypto import blind_index
from webui.models import Tenant
from webui.models.tenant.tenant import UNREADABLE, host_of

FEW = 5
"""How many other tenants are named on a tenant's page."""


@dataclass(frozen=True)
class SharedIdentity:
    """Other tenants with the same username and domain, and with only the same domain.

    Each list has (id, name) of a few; ``more_…`` says whether there are more. ``found_by`` is the
    search text for the first kind.
    """

    identity: list[tuple[UUID, str]]
    domain: list[tuple[UUID, str]]
    more_identity: bool = False
    more_domain: bool = False
    found_by: str = ""


@dataclass(frozen=True)
class IdentityQuery:
    """The blind index values of a search text, as a SIP domain and as a SIP username.

    ``both`` is True for user@domain: a tenant must then match the two.
    """

    hosts: list[str]
    users: list[str]
    both: bool


_IN_BRACKETS = re.compile(r"<([^<>]*)>")
_SCHEME = re.compile(r"^(?:.*\s)?sips?:(?://)?", re.IGNORECASE)


def parse_identity(words: str) -> IdentityQuery | None:
    """Parse a search text as a SIP domain, a username or user@domain; None when it is neither.

    Understands what is copied from a trunk's settings or a SIP message (RFC 3261, 20.10 and 25.1):
    ``"Name" <sip:user:password@host:5060;transport=tls>;tag=x``. Only user and host count.
    """
    words = values.identifier(words)
    brackets = _IN_BRACKETS.search(words)
    address = _SCHEME.sub("", brackets[1] if brackets else words)
    before, at, after = address.partition("@")
    user = unquote(before.partition(":")[0]) if at else address
    hosts, users = _hosts(_without_parameters(after if at else address)), _users(user)
    if not (hosts and users if at else hosts or users):
        return None
    return IdentityQuery(hosts, users, bool(at))


def _without_parameters(host: str) -> str:
    return re.split("[;?]", host, maxsplit=1)[0]


def shared_identity(tenant: Tenant) -> SharedIdentity:
    """Returns the other tenants with the tenant's SIP identity."""
    domain, username = tenant.readable("sip_domain"), tenant.readable("sip_username")
    if domain in (None, UNREADABLE):
        return SharedIdentity([], [])
    indexes = {
        "tenant_id": tenant.id,
        "hosts": _indexes("sip_domain", host_of(domain)),
        "users": [] if username in (None, UNREADABLE) else _indexes("sip_username", username),
    }
    found: dict[str, list[tuple[UUID, str]]] = {"both": [], "domain": []}
    for row in read(_SHARED, indexes):
        found[row.what].append((row.id, row.name))
    identity, rest = found["both"], found["domain"]
    more = len(identity) > FEW, len(rest) > FEW
    return SharedIdentity(identity[:FEW], rest[:FEW], *more, f"{username}@{domain}")


_TENANTS = Tenant.__table__.c


def _some(what: str, *conditions: ColumnElement[bool]) -> Select[Any]:
    """Selects the other tenants that match the conditions: FEW and one more."""
    query = select(literal(what).label("what"), _TENANTS.id, _TENANTS.name)
    query = query.where(_TENANTS.id != bindparam("tenant_id"), *conditions)
    rows = query.limit(FEW + 1).subquery()
    return select(rows.c.what, rows.c.id, rows.c.name)


_SAME_HOST = _TENANTS.sip_domain_index.in_(bindparam("hosts", expanding=True))
_SAME_USER = _TENANTS.sip_username_index.in_(bindparam("users", expanding=True))
# A tenant without a username has index NULL, which SQL does not count as "different".
_OTHER_USER = or_(_TENANTS.sip_username_index.is_(None), ~_SAME_USER)
# Built once: composing this statement takes longer than running it.
_SHARED = union_all(_some("both", _SAME_HOST, _SAME_USER), _some("domain", _SAME_HOST, _OTHER_USER))


def _hosts(text: str) -> list[str]:
    try:
        domain = values.sip_domain(text)
    except values.Refused:
        return []
    return _indexes("sip_domain", host_of(domain)) if domain else []


def _users(text: str) -> list[str]:
    try:
        username = values.sip_username(text)
    except values.Refused:
        return []
    return _indexes("sip_username", username) if username else []


def _indexes(field: str, value: str) -> list[str]:
    return blind_index.candidates(keyring(), value, Tenant.__tablename__, field)
