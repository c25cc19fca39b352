"""The account of a request with an API token: what the token may do at this moment.

A token never does more than its account may do now: role, state, tenant, seal and required second
factor are read with the token, by one query for each request. A valid token writes nothing, except
with its first use of a day. Failures are throttled by address; a valid token does not wait for
them, so nobody behind the same address can stop a program that works.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, select
from sqlalchemy.exc import DBAPIError

from webui.accounts.api_tokens.scopes import Scope, scopes_of, scopes_of_role
from webui.accounts.factors.required import lacks_factor
from webui.accounts.sessions import account_rows
from webui.accounts.sessions.person import Person
from webui.core.extensions import db, read, secret_key, write_transaction
from webui.crypto import token_text, tokens
from webui.history.record.actions import Action, Source
from webui.history.record.actor import Actor
from webui.history.record.log import record
from webui.models import ApiToken, User
from webui.models.columns import Audited, now
from webui.models.tenant.tenant import Change
from webui.models.token_rows import is_genuine
from webui.models.user import NO_PASSWORD
from webui.rate_limits import throttle, try_limits
from webui.values.durations import whole_seconds
from webui.web import request_actor

MALFORMED = "This is not an API token of this console."
UNKNOWN = "This API token is not known here."
REVOKED = "This API token was revoked."
EXPIRED = "This API token has expired."
CLOSED = "The account of this API token cannot sign in."
NEEDS_FACTOR = "The account of this API token must set up a second factor first."


class BadToken(Exception):
    """The token gives no access; the message says why, without the token."""


class TooManyFailures(Exception):
    """Too many bad tokens came from this address; ``retry_after``: seconds until the next try."""

    def __init__(self, retry_after: int) -> None:
        super().__init__(f"Too many bad API tokens. Wait {retry_after} seconds.")
        self.retry_after = retry_after


@dataclass(frozen=True)
class Bearer:
    """Who sends a request with a token: the account, and what the token may do now.

    ``scopes`` are those of the token that the account's role allows. ``purpose`` is the reason of
    changes that come without one of their own.
    """

    person: Person
    token_id: UUID
    name: str
    purpose: str
    scopes: frozenset[Scope]
    expires_at: datetime


_TOKENS = ApiToken.__table__
# Built once, and columns instead of objects, because every request of the API runs it first.
_FIND = (
    select(
        *(_TOKENS.c[name] for name in (*ApiToken.FACTS, "last_used_on")),
        _TOKENS.c.seal.label("token_seal"),
        *account_rows.COLUMNS,
    )
    .select_from(account_rows.joined_to(_TOKENS))
    .where(_TOKENS.c.token_hash == bindparam("hashed"))
)


def authenticate(token: str) -> Bearer:
    """Returns who sends the current request. Raises BadToken and TooManyFailures."""
    try:
        row = _find_valid(token)
    except BadToken:
        _count_failure()
        raise
    bearer = _bearer(row)
    today = now().date()
    if row.last_used_on is None or row.last_used_on < today:
        _note_first_use(bearer, today)
    return bearer


def actor_of(bearer: Bearer) -> Actor:
    """Returns the actor of the current request, for history entries."""
    person = bearer.person
    return request_actor.token_actor(str(person.id), person.username, person.role, bearer.name)


def api_token_hash(token: str) -> str:
    """Returns the keyed hash of a token, as the database stores it."""
    return tokens.token_hash(secret_key(), "api", token)


def _find_valid(token: str) -> Any:
    """Returns the row of the token with its account. Raises BadToken."""
    if not token_text.is_wellformed(token):
        raise BadToken(MALFORMED)
    hashed = api_token_hash(token)
    row: Any = account_rows.first_query(lambda: read(_FIND, {"hashed": hashed}).first())
    table, facts = ApiToken.__tablename__, ApiToken.FACTS
    if row is None or not is_genuine(table, facts, row, row.token_seal):
        raise BadToken(UNKNOWN)
    refusal = _refusal(row)
    if refusal:
        raise BadToken(refusal)
    return row


def _refusal(row: Any) -> str | None:
    """Returns why a genuine token gives no access now, or None."""
    if row.ended_at is not None:
        return REVOKED
    if row.expires_at <= now():
        return EXPIRED
    if row.password_hash == NO_PASSWORD or not account_rows.may_act(row):
        return CLOSED
    return NEEDS_FACTOR if lacks_factor(row.role, row.has_factor) else None


def _bearer(row: Any) -> Bearer:
    person = Person(
        id=row.user_id,
        username=row.username,
        email=row.email,
        role=row.role,
        tenant_id=row.tenant_id,
        time_zone=row.time_zone,
        has_factor=row.has_factor,
    )
    scopes = scopes_of(row.scopes) & frozenset(scopes_of_role(row.role))
    return Bearer(person, row.id, row.name, row.purpose, scopes, row.expires_at)


def _note_first_use(bearer: Bearer, today: date) -> None:
    """Records the first use of a day; a database that cannot write must not lock readers out."""
    actor = actor_of(bearer)
    try:
        with write_transaction():
            row = db.session.get_one(ApiToken, bearer.token_id, with_for_update=True)
            if row.last_used_on is not None and row.last_used_on >= today:
                # Another request was faster.
                return
            row.last_used_on = today
            user = db.session.get_one(User, bearer.person.id)
            used = Change("token", Audited.PLAIN, None, bearer.name)
            record(Action.TOKEN_USED, actor, subject=user, changes=[used])
    except DBAPIError:
        db.session.rollback()


def _count_failure() -> None:
    """Counts a bad token of the request's address. Raises TooManyFailures during a delay."""
    actor = request_actor.person(None, None, None, Source.API)
    counters = [try_limits.by_address(try_limits.API_TOKEN, actor.address)]
    try:
        throttle.consume(counters, actor)
    except throttle.TooMany as error:
        raise TooManyFailures(whole_seconds(error.wait)) from None
