"""Making and revoking API tokens. The functions take an actor, never the request."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID, uuid4

from sqlalchemy import ColumnElement, and_, select

from webui.accounts.api_tokens.authentication import api_token_hash
from webui.accounts.api_tokens.scopes import Scope, scopes_as_text, scopes_of_role
from webui.core.extensions import db, write_transaction
from webui.core.limits import TOKENS_MAXIMUM
from webui.crypto import token_text
from webui.history.record.actions import Action
from webui.history.record.actor import Actor
from webui.history.record.log import record
from webui.models import ApiToken, User
from webui.models.columns import Audited, now
from webui.models.tenant.tenant import Change
from webui.web import idempotency_keys
from webui.web.idempotency_keys import IdempotencyKey, UsedOn
from webui.web.posted import drafts

NAME_TAKEN = "You have a token of this name that is still valid. Choose another name."
DISABLED = "This account is disabled."
NO_SCOPE = "Choose at least one."
NOT_THEIRS = "The account's role does not allow this: {}."
TOO_MANY = f"An account can have {TOKENS_MAXIMUM} valid tokens. Revoke one first."


class NotPossible(Exception):
    """The token cannot be made; ``field`` is the form's field that the message is about."""

    def __init__(self, field_name: str, message: str) -> None:
        super().__init__(message)
        self.field = field_name


@dataclass(frozen=True)
class NewToken:
    """What a person chose for a new token; ``days``: how long it is valid."""

    name: str
    purpose: str
    scopes: frozenset[Scope]
    days: int


@dataclass(frozen=True)
class Made:
    """A new token. ``text`` is shown once and stored nowhere."""

    row: ApiToken
    text: str = field(repr=False)


@dataclass(frozen=True)
class SentForm:
    """The idempotency key of a form, and the path whose draft is deleted."""

    mark: str
    path: str


def create(
    user_id: UUID,
    new: NewToken,
    actor: Actor,
    reason: str | None = None,
    form: SentForm | None = None,
) -> Made:
    """Makes a token for the account.

    Raises NotPossible, and idempotency_keys.KeyReused when the form has made one already.
    """
    with write_transaction():
        user = db.session.get_one(User, user_id, with_for_update=True)
        refuse_unfit(user, new)
        made = _new(user, new)
        if form:
            idempotency_keys.use(_key(user_id, form.mark), made.row.id)
            drafts.forget_draft(user_id, form.path)
        _record_created(user, made.row, actor, reason)
        return made


def has_made(user_id: UUID, mark: str) -> bool:
    """Whether a form made a token already. Raises idempotency_keys.KeyReused."""
    return idempotency_keys.used(_key(user_id, mark)) is not None


def _key(user_id: UUID, mark: str) -> IdempotencyKey:
    return IdempotencyKey(mark, user_id, UsedOn.API_TOKEN)


def refuse_unfit(user: User, new: NewToken) -> None:
    """Raises NotPossible when the account cannot have this token."""
    if not user.active:
        raise NotPossible("name", DISABLED)
    if not new.scopes:
        raise NotPossible("scopes", NO_SCOPE)
    foreign = sorted(new.scopes - frozenset(scopes_of_role(user.role)))
    if foreign:
        raise NotPossible("scopes", NOT_THEIRS.format(", ".join(foreign)))
    valid = valid_tokens(user.id)
    if len(valid) >= TOKENS_MAXIMUM:
        raise NotPossible("name", TOO_MANY)
    # Entries name the token, so no two that are valid may have one name.
    if new.name.casefold() in {token.name.casefold() for token in valid}:
        raise NotPossible("name", NAME_TAKEN)


def _new(user: User, new: NewToken) -> Made:
    text, at = token_text.new_token(), now()
    row = ApiToken(
        id=uuid4(),
        token_hash=api_token_hash(text),
        user_id=user.id,
        name=new.name,
        purpose=new.purpose,
        scopes=scopes_as_text(new.scopes),
        created_at=at,
        expires_at=at + timedelta(days=new.days),
    )
    row.sign()
    db.session.add(row)
    return Made(row, text)


def _record_created(user: User, row: ApiToken, actor: Actor, reason: str | None) -> None:
    changes = [
        *_identity(row),
        Change("token_purpose", Audited.PLAIN, None, row.purpose),
        Change("token_scopes", Audited.PLAIN, None, row.scopes.split(",")),
        Change("token_expires_at", Audited.PLAIN, None, row.expires_at),
    ]
    record(
        Action.TOKEN_CREATED,
        actor,
        tenant=user.tenant,
        subject=user,
        changes=changes,
        reason=reason,
    )


def revoke(user: User, token_id: UUID, actor: Actor, reason: str | None = None) -> bool:
    """Revokes a token of the account, in the current write transaction.

    Returns False when the account has no valid one of this id.
    """
    row = next((token for token in valid_tokens(user.id) if token.id == token_id), None)
    if row is None:
        return False
    row.revise_sealed(ended_at=now())
    changes = _identity(row)
    record(
        Action.TOKEN_REVOKED,
        actor,
        tenant=user.tenant,
        subject=user,
        changes=changes,
        reason=reason,
    )
    return True


def revoke_own(user_id: UUID, token_id: UUID, actor: Actor) -> bool:
    """Revokes a token of the person's own; returns False when there is no such valid one."""
    with write_transaction():
        user = db.session.get_one(User, user_id, with_for_update=True)
        return revoke(user, token_id, actor)


def revoke_all(user: User) -> list[Change]:
    """Revokes every token of an account, in the current transaction.

    Returns the change for the entry that the caller writes about the account; empty without
    tokens that were valid.
    """
    valid = [token.name for token in valid_tokens(user.id)]
    unended = select(ApiToken).where(ApiToken.user_id == user.id, ApiToken.ended_at.is_(None))
    for row in db.session.scalars(unended.with_for_update()):
        row.revise_sealed(ended_at=now())
    return [Change("revoked_tokens", Audited.PLAIN, None, valid)] if valid else []


def valid_tokens(user_id: UUID) -> list[ApiToken]:
    """Returns the tokens of an account that are neither revoked nor expired, newest first."""
    query = select(ApiToken).where(ApiToken.user_id == user_id, _is_valid())
    found = db.session.scalars(query.order_by(ApiToken.created_at.desc(), ApiToken.id))
    return [token for token in found if token.is_genuine()]


def _is_valid() -> ColumnElement[bool]:
    return and_(ApiToken.ended_at.is_(None), ApiToken.expires_at > now())


def _identity(row: ApiToken) -> list[Change]:
    facts: Iterable[tuple[str, str]] = (("token", row.name), ("token_id", str(row.id)))
    return [Change(name, Audited.PLAIN, None, value) for name, value in facts]
