"""Input that is not saved yet: drafts, and idempotency keys of forms without a version."""

from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import CheckConstraint, ForeignKey, String, Text, UniqueConstraint, Uuid, text
from sqlalchemy.orm import Mapped, mapped_column

from webui.core.extensions import Model
from webui.models.columns import Encrypted, UTCDateTime, now


class Draft(Model):
    """Input of a person that could not be saved yet; stored sealed, and never with a secret.

    ``form`` is the path to which the form is posted.
    """

    __tablename__ = "drafts"
    __table_args__ = (
        UniqueConstraint("user_id", "form"),
        CheckConstraint("substr(content, 1, 3) = 'e1.'", name="content_limits"),
    )

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    user_id: Mapped[UUID] = mapped_column(Uuid, ForeignKey("users.id"))
    form: Mapped[str] = mapped_column(String(100))
    content_sealed: Mapped[str] = mapped_column("content", Text)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)

    content = Encrypted("content_sealed")

    def __init__(self, user_id: UUID, form: str) -> None:
        self.id = uuid4()
        self.user_id = user_id
        self.form = form
        self.created_at = now()


class Submission(Model):
    """A used idempotency key and its result, so that a second click has no effect.

    ``form``: the form that was sent. ``about``: the id of the object of the form.
    """

    __tablename__ = "submissions"

    mark: Mapped[str] = mapped_column(String(64), primary_key=True)
    user_id: Mapped[UUID] = mapped_column(Uuid, ForeignKey("users.id"), primary_key=True)
    result: Mapped[str] = mapped_column(String(64))
    used_at: Mapped[datetime] = mapped_column(UTCDateTime)
    form: Mapped[str] = mapped_column(String(40), server_default=text("''"))
    about: Mapped[str] = mapped_column(String(40), server_default=text("''"))
