"""The accounts of people who sign in, and their sessions."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID, uuid4

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    String,
    Text,
    Uuid,
    false,
    text,
    true,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship, validates

from webui.core.extensions import Model
from webui.core.permissions import Role
from webui.models.columns import (
    DERIVED,
    EVENT,
    NO_ROW_ID,
    PLAIN,
    BinaryText,
    UTCDateTime,
    now,
    partial_index,
)
from webui.models.tenant.tenant import Tenant
from webui.models.token_rows import SealedRow
from webui.values import account_key, sort_key

NO_PASSWORD = "*"
"""In place of a hash: the person has not chosen a password yet. It matches no password."""


class AccountState(StrEnum):
    """Whether a person can sign in to an account, and if not, why."""

    ACTIVE = "active"
    INVITED = "invited"
    DISABLED = "disabled"


def account_state(active: bool, has_password: bool) -> AccountState:
    """Returns the state of an account."""
    if not active:
        return AccountState.DISABLED
    return AccountState.ACTIVE if has_password else AccountState.INVITED


_ROLES = ", ".join(f"'{role.value}'" for role in Role)
_INVITED = f"password_hash = '{NO_PASSWORD}'"


class User(Model):
    """An account. Only a user with the role owner belongs to a tenant, and to exactly one."""

    __tablename__ = "users"
    __table_args__ = (
        CheckConstraint(f"role IN ({_ROLES})", name="role_limits"),
        CheckConstraint("(role = 'owner') = (tenant_id IS NOT NULL)", name="owner_tenant"),
        CheckConstraint("length(username) BETWEEN 3 AND 50", name="username_limits"),
        Index("ix_users_email_key", "email_key"),
        Index("ix_users_tenant_id", "tenant_id"),
        # SQLite looks for accounts that wait for an entry whenever one is inserted.
        Index("ix_users_seal_entry", "seal_entry"),
        Index("ix_users_username_sort", "username_sort"),
        Index("ix_users_role_username", "role", "username_sort"),
        # Filters of the list that find a few accounts among very many owners.
        partial_index(
            "ix_users_disabled", "username_sort", where="NOT active", on_sqlite="active = 0"
        ),
        partial_index("ix_users_invited", "username_sort", where=_INVITED),
        # Deferred: the entry that the seal names is written after the row.
        ForeignKeyConstraint(
            ["seal_entry"], ["audit_entries.id"], deferrable=True, initially="DEFERRED"
        ),
        NO_ROW_ID,
    )

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, info=DERIVED)
    username: Mapped[str] = mapped_column(String(50), info=PLAIN)
    username_key: Mapped[str] = mapped_column(BinaryText, unique=True, info=DERIVED)
    email: Mapped[str] = mapped_column(String(254), info=PLAIN)
    email_key: Mapped[str] = mapped_column(BinaryText, info=DERIVED)
    password_hash: Mapped[str] = mapped_column(Text, info=EVENT)
    role: Mapped[str] = mapped_column(String(20), info=PLAIN)
    tenant_id: Mapped[UUID | None] = mapped_column(Uuid, ForeignKey("tenants.id"), info=PLAIN)
    active: Mapped[bool] = mapped_column(server_default=true(), info=PLAIN)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime, info=DERIVED)
    updated_at: Mapped[datetime] = mapped_column(UTCDateTime, info=DERIVED)
    # A name of the IANA time zone database.
    time_zone: Mapped[str] = mapped_column(String(64), server_default="UTC", info=PLAIN)
    # None until chosen; then the device's cookie decides.
    theme: Mapped[str | None] = mapped_column(String(10), info=PLAIN)
    # Written only by webui/history/record/sealing.py: see webui/models/seals/user_seals.py.
    factors_digest: Mapped[str] = mapped_column(String(64), server_default="", info=DERIVED)
    seal_entry: Mapped[UUID | None] = mapped_column(Uuid, info=DERIVED)
    seal: Mapped[str | None] = mapped_column(String(100), info=DERIVED)
    username_sort: Mapped[str] = mapped_column(BinaryText, server_default="", info=DERIVED)
    # False until a person chose the zone or kept UTC; until then the browser's zone is offered.
    time_zone_chosen: Mapped[bool] = mapped_column(server_default=false(), info=PLAIN)
    # Keys without a modifier, which some people press without meaning to (WCAG 2.1.4).
    shortcuts: Mapped[bool] = mapped_column(server_default=true(), info=PLAIN)

    tenant: Mapped[Tenant | None] = relationship()

    def __init__(self, **values: object) -> None:
        self.id = uuid4()
        self.active = True
        self.time_zone = "UTC"
        self.time_zone_chosen = False
        self.shortcuts = True
        self.factors_digest = ""
        self.created_at = self.updated_at = now()
        for name, value in values.items():
            setattr(self, name, value)

    def __repr__(self) -> str:
        return f"<User {self.id}>"

    @property
    def state(self) -> AccountState:
        """Whether a person can sign in to the account."""
        return account_state(self.active, self.password_hash != NO_PASSWORD)

    @validates("username", "email")
    def _derive_key(self, key: str, value: str) -> str:
        setattr(self, f"{key}_key", account_key(value))
        if key == "username":
            self.username_sort = sort_key(self.username_key)
        return value


class Proof(StrEnum):
    """How a person proved the identity, at the start of a session or later."""

    PASSWORD = "password"
    AUTHENTICATOR = "authenticator code"
    RECOVERY = "recovery code"
    PASSKEY = "passkey"
    INVITATION = "invitation link"


SECOND_FACTORS = frozenset({Proof.AUTHENTICATOR, Proof.RECOVERY, Proof.PASSKEY})
"""With one of these a session is authenticated by two factors; a passkey alone counts as two."""
Proofs = frozenset[Proof]


class UserSession(SealedRow, Model):
    """A signed-in browser. Only the keyed hash of its token is stored (ASVS 5.0 7.2).

    ``factors``: the proofs that were given. ``reset_by``: the name of the colleague whose reset
    link set the password with which the session began.
    """

    __tablename__ = "user_sessions"
    FACTS = ("token_hash", "user_id", "created_at", "ended_at", "factors", "reset_by")

    token_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    user_id: Mapped[UUID] = mapped_column(Uuid, ForeignKey("users.id"), index=True)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    last_used_at: Mapped[datetime] = mapped_column(UTCDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    address: Mapped[str] = mapped_column(String(64))
    agent: Mapped[str] = mapped_column(String(300))
    factors: Mapped[str] = mapped_column(String(100), server_default=text("''"))
    reset_by: Mapped[str | None] = mapped_column(String(50))

    user: Mapped[User] = relationship(lazy="joined", innerjoin=True)

    def __repr__(self) -> str:
        return f"<UserSession of {self.user_id}>"


def proofs_as_text(proofs: Proofs) -> str:
    """Returns proofs as the text that a session's row stores."""
    return ",".join(sorted(proofs))


def proofs_of(stored: str) -> Proofs:
    """Returns the proofs of a text that :func:`proofs_as_text` made."""
    return frozenset(Proof(word) for word in stored.split(",") if word)
