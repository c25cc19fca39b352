"""Second factors of accounts: authenticator secrets, recovery codes, passkeys.

Each column declares how its changes are written to the history (``history.record.guard``): an
added or deleted row, or a change outside its ``DERIVED`` columns, needs an entry about the account.
"""

from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, String, Text, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from webui.core.extensions import Model
from webui.core.limits import PASSKEY_NAME
from webui.models.columns import DERIVED, EVENT, PLAIN, Encrypted, UTCDateTime, now
from webui.models.token_rows import SealedRow


class Authenticator(Model):
    """The secret that an account shares with its authenticator app, confirmed by a code.

    ``last_step``: the time step of the last accepted code. A code is valid only once.
    """

    __tablename__ = "authenticators"
    __table_args__ = (CheckConstraint("substr(secret, 1, 3) = 'e1.'", name="secret_limits"),)

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, info=DERIVED)
    user_id: Mapped[UUID] = mapped_column(Uuid, ForeignKey("users.id"), unique=True, info=DERIVED)
    secret_sealed: Mapped[str] = mapped_column("secret", Text, info=EVENT)
    last_step: Mapped[int] = mapped_column(BigInteger, info=DERIVED)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime, info=DERIVED)

    secret = Encrypted("secret_sealed")

    def __init__(self, user_id: UUID, secret: str, last_step: int) -> None:
        self.id = uuid4()
        self.user_id = user_id
        self.secret = secret
        self.last_step = last_step
        self.created_at = now()

    def __repr__(self) -> str:
        return f"<Authenticator of {self.user_id}>"


class RecoveryCode(SealedRow, Model):
    """A code for one sign-in without the other factors; only its keyed hash is stored."""

    __tablename__ = "recovery_codes"
    FACTS = ("code_hash", "user_id", "used_at", "created_at")
    __table_args__ = (Index("ix_recovery_codes_user_id", "user_id"),)

    code_hash: Mapped[str] = mapped_column(String(64), primary_key=True, info=EVENT)
    user_id: Mapped[UUID] = mapped_column(Uuid, ForeignKey("users.id"), info=DERIVED)
    used_at: Mapped[datetime | None] = mapped_column(UTCDateTime, info=EVENT)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime, info=DERIVED)

    def __repr__(self) -> str:
        return f"<RecoveryCode of {self.user_id}>"


class Passkey(Model):
    """A WebAuthn credential: its public key, and the counter that reveals a cloned one."""

    __tablename__ = "passkeys"
    __table_args__ = (
        CheckConstraint(PASSKEY_NAME.check(), name="name_limits"),
        Index("ix_passkeys_user_id", "user_id"),
    )

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, info=DERIVED)
    user_id: Mapped[UUID] = mapped_column(Uuid, ForeignKey("users.id"), info=DERIVED)
    credential_id: Mapped[str] = mapped_column(String(1400), unique=True, info=EVENT)
    public_key: Mapped[str] = mapped_column(Text, info=EVENT)
    name: Mapped[str] = mapped_column(String(PASSKEY_NAME.maximum), info=PLAIN)
    sign_count: Mapped[int] = mapped_column(BigInteger, info=DERIVED)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime, info=DERIVED)
    last_used_at: Mapped[datetime | None] = mapped_column(UTCDateTime, info=DERIVED)

    def __repr__(self) -> str:
        return f"<Passkey of {self.user_id}>"


class UsedChallenge(Model):
    """The hash of a WebAuthn challenge that was used: a challenge is valid only once."""

    __tablename__ = "used_challenges"
    __table_args__ = (Index("ix_used_challenges_expires_at", "expires_at"),)

    challenge_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    expires_at: Mapped[datetime] = mapped_column(UTCDateTime)
