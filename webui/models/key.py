"""The encryption keys that were used in this database."""

from datetime import datetime

from sqlalchemy import CheckConstraint, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from webui.core.extensions import Model
from webui.models.columns import UTCDateTime


class EncryptionKey(Model):
    """A key id with a canary: a known word encrypted with it, to detect a wrong key at start.

    A retired key stays listed: no value uses it any more, and the key ring need not contain it.
    """

    __tablename__ = "encryption_keys"
    __table_args__ = (CheckConstraint("substr(canary, 1, 3) = 'e1.'", name="canary_limits"),)

    kid: Mapped[str] = mapped_column(String(32), primary_key=True)
    canary: Mapped[str] = mapped_column(Text)
    added_at: Mapped[datetime] = mapped_column(UTCDateTime)
    retired_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    def __repr__(self) -> str:
        return f"<EncryptionKey {self.kid}>"
