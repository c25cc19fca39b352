"""One-use marks of forms without a version: a second click of the same form does nothing.

A mark is good for the form that it was first used on and for what that form was about. Used
anywhere else it is refused: its result would be somebody else's.
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
    """The forms that carry a mark."""

    NEW_TENANT = "new tenant"
    NEW_USER = "new user"
    SIGN_UP = "sign-up"
    WEBHOOK_SECRET = "webhook secret"
    WEBHOOK_TEST = "webhook test"
    WEBHOOK_RESEND = "webhook resend"


class Crossed(Exception):
    """The mark was used on another form, or for something else; nothing was written."""


@dataclass(frozen=True)
class IdempotencyKey:
    """The mark of one form of one person; ``about`` is the id of what the form is for."""

    text: str
    user_id: UUID
    form: UsedOn
    about: UUID | None = None


def used(mark: IdempotencyKey) -> Submission | None:
    """What came of the mark, if it was used before. Raises Crossed."""
    row = db.session.get(Submission, (mark.text, mark.user_id))
    if row is not None and (row.form, row.about) != (mark.form, _about(mark)):
        raise Crossed
    return row


def use(mark: IdempotencyKey, result: object) -> None:
    """Uses the mark up in the current write transaction.

    Raises Crossed when somebody used it since :func:`used`; the transaction is over then.
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
        raise Crossed from error


def _about(mark: IdempotencyKey) -> str:
    return str(mark.about or "")
