"""Canaries: a known word encrypted with each key, so that a wrong key stops the start."""

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
    """Compares the application's key ring with the keys that this database uses.

    Raises the errors of :func:`check_ring`. The database must be migrated.
    """
    check_ring(keyring())
    db.session.rollback()


def check_ring(ring: KeyRing) -> None:
    """Compares a key ring with the keys that this database uses.

    Raises KeyMissing for a key that the ring lacks or an unusable primary key, and Tampered for
    a key that differs; messages contain only key ids. Retired keys may be missing.
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
    """Raises Tampered for a key of the ring that differs from the database's key of that id.

    For migrations, which lock the tables: reads on the migration's own connection.
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
    """Returns the key ids of this database, retired ones included."""
    return list(db.session.scalars(select(EncryptionKey.kid).order_by(EncryptionKey.kid)))


def register_keys(ring: KeyRing) -> None:
    """Adds missing canaries, in the current transaction."""
    known = set(known_keys())
    for kid in [kid for kid in ring.ids if kid not in known]:
        single = ring.only(kid)
        canary = fields.seal(single, _WORD, _TABLE, _COLUMN, kid)
        db.session.add(EncryptionKey(kid=kid, canary=canary, added_at=now()))
