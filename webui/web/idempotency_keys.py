"""Idempotency keys of forms without a version: a second click of a form does nothing.

A key is valid only for the form of its first use and for that form's object. Any other use is
refused, because its result would belong to something else.
"""

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from sqlalchemy import insert
from sqlalchemy.exc import IntegrityError

from webui.core.extensions import db
from webui.models import Submission
from webui.models.columns import now


class UsedOn(StrEnum):
    """The forms that have an idempotency key."""

    NEW_TENANT = "new tenant"
    NEW_USER = "new user"
    API_TOKEN = "API token"
    SIGN_UP = "sign-up"
    WEBHOOK_SECRET = "webhook secret"
    WEBHOOK_TEST = "webhook test"
    WEBHOOK_RESEND = "webhook resend"
    WEBHOOK_TRY = "webhook try"
    WEBHOOK_RESEND_ALL = "webhook resend all"


class KeyReused(Exception):
    """The key was used on another form or for another object; nothing was written."""


@dataclass(frozen=True)
class IdempotencyKey:
    """The key of one form of one person; ``about`` is the id of the form's object."""

    text: str
    user_id: UUID
    form: UsedOn
    about: UUID | None = None


def used(mark: IdempotencyKey) -> Submission | None:
    """Returns the first use of the key with its result, or None. Raises KeyReused."""
    row = db.session.get(Submission, (mark.text, mark.user_id))
    if row is not None and (row.form, row.about) != (mark.form, _about(mark)):
        raise KeyReused
    return row


def use(mark: IdempotencyKey, result: object) -> None:
    """Marks the key as used, in the current write transaction.

    Raises KeyReused when the key was used since :func:`used`; the transaction must then be rolled
    back.
    """
    db.session.flush()
    values = {
        "mark": mark.text,
        "user_id": mark.user_id,
        "result": str(result),
        "used_at": now(),
        "form": mark.form.value,
        "about": _about(mark),
    }
    try:
        db.session.connection().execute(insert(Submission.__table__), values)  # type: ignore[arg-type]
    except IntegrityError as error:
        raise KeyReused from error


def _about(mark: IdempotencyKey) -> str:
    return str(mark.about or "")
