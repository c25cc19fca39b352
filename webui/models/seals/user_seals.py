"""The seal of an account's row: someone with database access but without the key cannot make one.

It covers the columns that give access, the digest of the account's second factors, and the id
of the history entry that last changed any of them. Triggers (webui/models/triggers/users.py)
allow a change only with an entry that is not written yet, so an older row cannot be restored.
If the triggers were dropped, comparing with the newest such entry still detects it.
"""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, ScalarSelect, bindparam, select, text
from sqlalchemy.orm import object_session

from webui.core.extensions import keyring
from webui.crypto import row_seal
from webui.crypto.keyring import KeyRing, SecretError, join
from webui.models.audit import SEALING, AuditEntry
from webui.models.columns import CannotSeal
from webui.models.factors import Authenticator, Passkey
from webui.models.user import User

Factors = dict[UUID, tuple[str, ...]]
"""Id of a second factor -> the parts of it that the digest covers."""
Changed = tuple[Authenticator | Passkey, bool]
# The columns that the seal covers, in its order.
FACTS = (
    *("role", "active", "tenant_id", "username", "username_key", "email", "email_key"),
    *("password_hash", "factors_digest", "seal_entry"),
)
_USERS, _ENTRIES = User.__table__, AuditEntry.__table__
_AUTHENTICATORS, _PASSKEYS = Authenticator.__table__, Passkey.__table__
COLUMNS = [_USERS.c[name] for name in (*FACTS, "seal")]
_STORED = select(*COLUMNS).where(_USERS.c.id == bindparam("user"))
_FACTORS = (
    select(_AUTHENTICATORS.c.id).where(_AUTHENTICATORS.c.user_id == bindparam("user")),
    select(_PASSKEYS.c.id, _PASSKEYS.c.credential_id, _PASSKEYS.c.public_key).where(
        _PASSKEYS.c.user_id == bindparam("user")
    ),
)

NO_SEAL = "it has no seal"
CHANGED = "its values were changed outside the console"
ROLLED_BACK = "it is not the state that the history recorded last"
FACTORS_DIFFER = "its second factors were changed outside the console"
KEY_LOST = "the key of its seal is not in the key ring"


def newest_sealing(user_id: Any) -> ScalarSelect[UUID]:
    """Returns a subquery: the id of the newest entry that changed sealed facts of an account."""
    query = select(_ENTRIES.c.id).where(_ENTRIES.c.subject_id == user_id, text(SEALING))
    return query.order_by(_ENTRIES.c.seq.desc()).limit(1).scalar_subquery()


_NEWEST = select(newest_sealing(bindparam("user", type_=_USERS.c.id.type)))


def user_seal(ring: KeyRing, user_id: UUID | str, row: Any, kid: str | None = None) -> str:
    """Returns the seal for the values of ``row``, with key ``kid`` or else the primary key.

    Raises KeyMissing.
    """
    kid = kid or ring.primary
    facts = [str(user_id), *(_text(getattr(row, name)) for name in FACTS)]
    return row_seal.written(kid, [row_seal.mac(ring, kid, "users", "row", facts)])


def _text(fact: Any) -> str | None:
    return None if fact is None else str(int(fact) if isinstance(fact, bool) else fact)


def mismatch(user_id: UUID | str, row: Any, newest: UUID | str | None) -> str | None:
    """Returns why an account's row does not match its seal, in words; None when it matches.

    ``newest`` is the result of :func:`newest_sealing`. Ids are UUIDs, or all texts with dashes.
    """
    read = row_seal.read_seal(row.seal, 1)
    if read is None:
        return NO_SEAL
    try:
        made = user_seal(keyring(), user_id, row, read[0])
    except SecretError:
        return KEY_LOST
    if not row_seal.same_seal(made, row.seal):
        return CHANGED
    return None if newest == row.seal_entry else ROLLED_BACK


def find_mismatch(connection: Connection, user_id: UUID, row: Any) -> str | None:
    """Like :func:`mismatch`, and also checks the stored second factors and the newest entry."""
    newest = connection.execute(_NEWEST, {"user": user_id}).scalar()
    found = mismatch(user_id, row, newest)
    if found is None and factors_digest(stored_factors(connection, user_id)) != row.factors_digest:
        return FACTORS_DIFFER
    return found


def stored_factors(connection: Connection, user_id: UUID) -> Factors:
    """Returns the second factors that are stored for an account."""
    found = (connection.execute(query, {"user": user_id}) for query in _FACTORS)
    return {row[0]: tuple(map(str, row)) for rows in found for row in rows}


def described(factor: Authenticator | Passkey) -> tuple[str, ...]:
    """Returns the parts of a factor that the digest covers; no counters and no names.

    For an authenticator the id is enough: its secret is sealed to the id and never replaced,
    and the ciphertext may change when keys are rotated.
    """
    if isinstance(factor, Authenticator):
        return (str(factor.id),)
    return (str(factor.id), factor.credential_id, factor.public_key)


def factors_digest(factors: Mapping[Any, tuple[str, ...]]) -> str:
    """Returns the SHA-256 (hex) of the factors, independent of order; empty without factors."""
    if not factors:
        return ""
    listed = [hashlib.sha256(join(*factor)).hexdigest() for factor in sorted(factors.values())]
    return hashlib.sha256(join(*listed)).hexdigest()


def renew(user: User, entry: UUID, changes: Sequence[Changed], *, anew: bool) -> None:
    """Seals an account before it is flushed; ``entry`` is the id of the change's history entry.

    ``changes``: its factors in the same flush, each with whether it stays. A stored row that does
    not match its seal is not sealed, so a forged row stays recognisable after any save. With
    ``anew`` it is sealed in any case, as an account without factors. Raises CannotSeal.
    """
    session = object_session(user)
    assert session is not None
    connection = session.connection()
    stored = None if anew else connection.execute(_STORED, {"user": user.id}).first()
    fault = mismatch(user.id, stored, stored.seal_entry) if stored else None
    if fault == KEY_LOST:
        raise CannotSeal(KEY_LOST)
    if anew:
        user.factors_digest = factors_digest({})
    elif changes and stored:
        factors = stored_factors(connection, user.id)
        if factors_digest(factors) == stored.factors_digest:
            user.factors_digest = factors_digest(_changed(factors, changes))
    user.seal_entry = entry
    if fault is None:
        user.seal = user_seal(keyring(), user.id, user)


def _changed(factors: Factors, changes: Sequence[Changed]) -> Factors:
    gone = {factor.id for factor, _ in changes}
    kept = {one: words for one, words in factors.items() if one not in gone}
    return kept | {factor.id: described(factor) for factor, stays in changes if stays}
