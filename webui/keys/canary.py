"""A canary per key: a known word sealed with it, so that a wrong key stops the start."""

from typing import Any

from sqlalchemy import Connection, select

from webui.core.extensions import db, keyring
from webui.crypto import fields
from webui.crypto.keyring import KeyMissing, KeyRing, SecretError, Tampered
from webui.models import EncryptionKey
from webui.models.columns import now

_WORD = "canary"
_TABLE, _COLUMN = EncryptionKey.__tablename__, "canary"


def check_keys() -> None:
    """Compares the application's ring with the keys this database was written with.

    Raises what :func:`check_ring` raises. The database must be migrated.
    """
    check_ring(keyring())
    db.session.rollback()


def check_ring(ring: KeyRing) -> None:
    """Compares a ring with the keys this database was written with.

    Raises KeyMissing for a key the ring lacks or whose primary one cannot be used, and
    Tampered for one that differs, naming key ids only. Retired keys need not be there.
    """
    known = known_keys()
    for key in db.session.scalars(select(EncryptionKey)):
        if key.kid in ring.ids:
            _check(ring, key)
        elif not key.retired_at:
            raise KeyMissing(f"the database uses key {key.kid}, which is not in the key ring")
        if key.retired_at and key.kid == ring.primary:
            raise KeyMissing(f"key {key.kid} was retired: make another one the primary key")
    if known and ring.primary not in known:
        raise KeyMissing(f"key {ring.primary} is not registered: run `flask --app wsgi setup`")


def check_canaries(connection: Connection, ring: KeyRing) -> None:
    """Raises Tampered for a key of the ring that differs from the one the database knows.

    For a migration, which holds the tables: it asks on its own connection.
    """
    for key in connection.execute(select(EncryptionKey.__table__)):
        if key.kid in ring.ids:
            _check(ring, key)


def _check(ring: KeyRing, key: Any) -> None:
    try:
        fields.unseal(ring, key.canary, _TABLE, _COLUMN, key.kid)
    except SecretError:
        raise Tampered(f"key {key.kid} is not the one the database was written with") from None


def known_keys() -> list[str]:
    """The key ids of this database, retired ones included."""
    return list(db.session.scalars(select(EncryptionKey.kid).order_by(EncryptionKey.kid)))


def register_keys(ring: KeyRing) -> None:
    """Adds the canaries that are missing, in the current transaction."""
    known = set(known_keys())
    for kid in [kid for kid in ring.ids if kid not in known]:
        single = ring.only(kid)
        canary = fields.seal(single, _WORD, _TABLE, _COLUMN, kid)
        db.session.add(EncryptionKey(kid=kid, canary=canary, added_at=now()))
