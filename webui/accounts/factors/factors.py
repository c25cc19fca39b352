"""Second factors of an account: setup, verification and removal.

Once an account has a factor (an authenticator app or a passkey), the password alone is not enough
to sign in. Ten recovery codes are created with the first factor and deleted with the last.
"""

import base64
import re
import secrets
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Select, select

from webui.core.extensions import db, keyring, secret_key
from webui.crypto import fields, tokens, totp
from webui.crypto.keyring import SecretError
from webui.models import Authenticator, Passkey, RecoveryCode
from webui.models.columns import now
from webui.models.user import Proof

RECOVERY_CODES = 10
# 80 random bits: they need no slow hash.
_RECOVERY_BYTES = 10
_CODE = "recovery code"


class WrongCode(Exception):
    """The code is wrong, too early or too late, or was used before."""


@dataclass(frozen=True)
class Factors:
    """The second factors of an account."""

    authenticator: Authenticator | None
    passkeys: list[Passkey]
    codes_left: int

    @property
    def any(self) -> bool:
        """Whether a second factor is required to sign in."""
        return bool(self.authenticator or self.passkeys)


def factors_of(user_id: UUID) -> Factors:
    """Returns the factors of an account."""
    passkeys = select(Passkey).where(Passkey.user_id == user_id).order_by(Passkey.created_at)
    return Factors(
        db.session.scalars(authenticator_of(user_id)).first(),
        list(db.session.scalars(passkeys)),
        sum(row.used_at is None and row.is_genuine() for row in _codes_of(user_id)),
    )


def new_setup(user_id: UUID) -> tuple[str, str]:
    """Returns a new secret, plain and encrypted; the form sends the encrypted one back."""
    secret = totp.new_secret()
    return secret, fields.seal(keyring(), secret, "authenticators", "setup", str(user_id))


def secret_of(setup: str, user_id: UUID) -> str:
    """Decrypts the secret that a form sent back. Raises SecretError for another account's one."""
    return fields.unseal(keyring(), setup, "authenticators", "setup", str(user_id))


def accept(user_id: UUID, code: str) -> Proof | None:
    """Uses up a code in the current write transaction; returns its kind, or None if it is wrong.

    The authenticator's row is locked and its last step only increases, so two processes cannot both
    accept one code.
    """
    digits = digits_of(code)
    if re.fullmatch(r"[0-9]{6}", digits):
        return Proof.AUTHENTICATOR if _accept_step(user_id, digits) else None
    query = select(RecoveryCode).where(
        RecoveryCode.code_hash == _hash(user_id, code), RecoveryCode.used_at.is_(None)
    )
    row = db.session.scalars(query.with_for_update()).first()
    if row is None or row.user_id != user_id or not row.is_genuine():
        return None
    row.revise_sealed(used_at=now())
    return Proof.RECOVERY


def forget_codes_without_factor(user_id: UUID) -> None:
    """Deletes the recovery codes when the account has no factor left."""
    if not factors_of(user_id).any:
        for row in _codes_of(user_id):
            db.session.delete(row)


def codes_for_first(user_id: UUID, before: Factors) -> list[str]:
    """Creates recovery codes when the factor that is added is the first one; else returns []."""
    return [] if before.any else replace_codes(user_id)


def _accept_step(user_id: UUID, digits: str) -> bool:
    row = db.session.scalars(authenticator_of(user_id).with_for_update()).first()
    if row is None:
        return False
    try:
        step = totp.step_of(row.secret, digits, now(), after=row.last_step)
    except SecretError:
        # Without its key no code matches the secret; recovery codes still work.
        return False
    if step is not None:
        row.last_step = step
    return step is not None


def replace_codes(user_id: UUID) -> list[str]:
    """Replaces all recovery codes by ten new ones, in the current write transaction."""
    for row in _codes_of(user_id):
        db.session.delete(row)
    codes = [_new_code() for _ in range(RECOVERY_CODES)]
    for code in codes:
        row = RecoveryCode(code_hash=_hash(user_id, code), user_id=user_id, created_at=now())
        row.sign()
        db.session.add(row)
    return codes


def _codes_of(user_id: UUID) -> list[RecoveryCode]:
    return list(db.session.scalars(select(RecoveryCode).where(RecoveryCode.user_id == user_id)))


def _new_code() -> str:
    """Returns sixteen base32 characters in groups of four; base32 has no look-alike characters."""
    text = base64.b32encode(secrets.token_bytes(_RECOVERY_BYTES)).decode().lower()
    return "-".join(text[at : at + 4] for at in range(0, len(text), 4))


def _hash(user_id: UUID, code: str) -> str:
    plain = re.sub(r"[\s-]", "", code).lower()
    return tokens.token_hash(secret_key(), _CODE, f"{user_id.hex} {plain}")


def digits_of(code: str) -> str:
    """Removes the spaces that people type in a code."""
    return re.sub(r"\s", "", code)


def authenticator_of(user_id: UUID) -> Select[Authenticator]:
    """Selects the authenticator of an account."""
    return select(Authenticator).where(Authenticator.user_id == user_id)
