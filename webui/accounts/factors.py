"""Second factors of an account: setting up, judging and removing them.

Once an account has a factor (an authenticator app or a passkey), the password alone signs
nobody in. Ten recovery codes come with the first factor and go with the last.
"""

import base64
import hashlib
import re
import secrets
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Select, func, select

from webui.accounts import own, throttle, tries
from webui.audit.actions import Action, Outcome
from webui.audit.actor import Actor
from webui.audit.log import record
from webui.crypto import fields, totp
from webui.crypto.keyring import SecretError
from webui.extensions import db, keyring, write_transaction
from webui.models import Authenticator, Passkey, RecoveryCode, User
from webui.models.columns import Audited, now
from webui.models.tenant import Change

RECOVERY_CODES = 10
# 80 random bits: a plain hash cannot be searched for them.
_RECOVERY_BYTES = 10
AUTHENTICATOR, RECOVERY = "authenticator code", "recovery code"


class WrongCode(Exception):
    """The code fits nothing, is too early or late, or was used before."""


@dataclass(frozen=True)
class Factors:
    """What an account has set up."""

    authenticator: Authenticator | None
    passkeys: list[Passkey]
    codes_left: int

    @property
    def any(self) -> bool:
        """Whether the password alone is not enough."""
        return bool(self.authenticator or self.passkeys)


def of(user_id: UUID) -> Factors:
    """The factors of an account."""
    passkeys = select(Passkey).where(Passkey.user_id == user_id).order_by(Passkey.created_at)
    unused = select(func.count()).where(
        RecoveryCode.user_id == user_id, RecoveryCode.used_at.is_(None)
    )
    return Factors(
        db.session.scalars(_authenticator_of(user_id)).first(),
        list(db.session.scalars(passkeys)),
        db.session.scalars(unused).one(),
    )


def new_setup(user_id: UUID) -> tuple[str, str]:
    """A fresh secret, and the same sealed for the form that brings it back."""
    secret = totp.new_secret()
    return secret, fields.seal(keyring(), secret, "authenticators", "setup", str(user_id))


def secret_of(setup: str, user_id: UUID) -> str:
    """The secret that a form brought back. Raises SecretError when it is not this account's."""
    return fields.unseal(keyring(), setup, "authenticators", "setup", str(user_id))


def add_authenticator(user_id: UUID, secret: str, code: str, actor: Actor) -> list[str]:
    """Keeps the secret once a code confirms it; returns new recovery codes with a first factor.

    Raises WrongCode, and throttle.TooMany.
    """
    counters = tries.of_code(str(user_id), actor.address, None, known_address=True)
    throttle.start(counters, actor)
    step = totp.step_of(secret, _digits(code), now())
    if step is None:
        raise WrongCode
    with write_transaction():
        throttle.forgive(counters)
        user = db.session.get_one(User, user_id, with_for_update=True)
        before = of(user_id)
        if before.authenticator:
            # A second click, or another tab: the first one has been confirmed.
            return []
        db.session.add(Authenticator(user_id, secret, step))
        codes = codes_for_first(user_id, before)
        changes = [Change("authenticator", Audited.EVENT, None, "")]
        record(Action.USER_AUTHENTICATOR, actor, subject=user, changes=changes)
    return codes


def remove_authenticator(user_id: UUID, password: str, code: str, actor: Actor) -> None:
    """Removes the authenticator. Raises own.WrongPassword, WrongCode and throttle.TooMany."""
    own.check_password(user_id, password, actor)
    counters = tries.of_code(str(user_id), actor.address, None, known_address=True)
    throttle.start(counters, actor)
    with write_transaction():
        user = db.session.get_one(User, user_id, with_for_update=True)
        removed = accept(user_id, code) is not None
        if removed:
            throttle.forgive(counters)
            for row in db.session.scalars(_authenticator_of(user_id)):
                db.session.delete(row)
            db.session.flush()
            forget_codes_without_factor(user_id)
            changes = [Change("authenticator", Audited.EVENT, "", None)]
            record(Action.USER_AUTHENTICATOR, actor, subject=user, changes=changes)
        else:
            record(Action.CODE_REFUSED, actor, outcome=Outcome.FAILED)
    if not removed:
        raise WrongCode


def renew_codes(user_id: UUID, password: str, actor: Actor) -> list[str]:
    """Ten new recovery codes instead of all before; none without a factor.

    Raises own.WrongPassword and throttle.TooMany.
    """
    own.check_password(user_id, password, actor)
    with write_transaction():
        user = db.session.get_one(User, user_id, with_for_update=True)
        if not of(user_id).any:
            return []
        codes = _replace_codes(user_id)
        changes = [Change("recovery_codes", Audited.EVENT, "", "")]
        record(Action.USER_RECOVERY_CODES, actor, subject=user, changes=changes)
    return codes


def accept(user_id: UUID, code: str) -> str | None:
    """Uses a code up, in the current write transaction; says which kind it was, or None.

    The authenticator's row is locked and its last step only ever grows, so two processes
    cannot both accept one code.
    """
    digits = _digits(code)
    if re.fullmatch(r"[0-9]{6}", digits):
        return AUTHENTICATOR if _accept_step(user_id, digits) else None
    query = select(RecoveryCode).where(
        RecoveryCode.code_hash == _hash(user_id, code), RecoveryCode.used_at.is_(None)
    )
    row = db.session.scalars(query.with_for_update()).first()
    if row is None:
        return None
    row.used_at = now()
    return RECOVERY


def forget_codes_without_factor(user_id: UUID) -> None:
    """Removes the recovery codes when nothing is left that they could stand in for."""
    if not of(user_id).any:
        for row in _codes_of(user_id):
            db.session.delete(row)


def codes_for_first(user_id: UUID, before: Factors) -> list[str]:
    """New recovery codes, when the factor that is being added is the first one."""
    return [] if before.any else _replace_codes(user_id)


def _accept_step(user_id: UUID, digits: str) -> bool:
    row = db.session.scalars(_authenticator_of(user_id).with_for_update()).first()
    if row is None:
        return False
    try:
        step = totp.step_of(row.secret, digits, now(), after=row.last_step)
    except SecretError:
        # Without its key the secret fits no code; recovery codes still do.
        return False
    if step is not None:
        row.last_step = step
    return step is not None


def _replace_codes(user_id: UUID) -> list[str]:
    for row in _codes_of(user_id):
        db.session.delete(row)
    codes = [_new_code() for _ in range(RECOVERY_CODES)]
    for code in codes:
        code_hash = _hash(user_id, code)
        db.session.add(RecoveryCode(code_hash=code_hash, user_id=user_id, created_at=now()))
    return codes


def _codes_of(user_id: UUID) -> list[RecoveryCode]:
    return list(db.session.scalars(select(RecoveryCode).where(RecoveryCode.user_id == user_id)))


def _new_code() -> str:
    """Sixteen letters and digits in groups of four, none of which look alike in base32."""
    text = base64.b32encode(secrets.token_bytes(_RECOVERY_BYTES)).decode().lower()
    return "-".join(text[at : at + 4] for at in range(0, len(text), 4))


def _hash(user_id: UUID, code: str) -> str:
    plain = re.sub(r"[\s-]", "", code).lower()
    return hashlib.sha256(f"{user_id.hex} {plain}".encode()).hexdigest()


def _digits(code: str) -> str:
    return re.sub(r"\s", "", code)


def _authenticator_of(user_id: UUID) -> Select[Authenticator]:
    return select(Authenticator).where(Authenticator.user_id == user_id)
