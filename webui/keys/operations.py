"""Adding, promoting and retiring a key. Each is recorded in the history; none changes a value.

The key ring is stored in a file, which is replaced as a whole, or in the environment, which only
an operator can change: then the new ring is returned for the operator.
"""

import re
from collections.abc import Sequence
from pathlib import Path

from flask import current_app

from webui.core.extensions import db, keyring, write_transaction
from webui.crypto.keyfile import read_ring, write_private
from webui.crypto.keyring import BadKeyRing, KeyRing, SecretError
from webui.history.record.actions import Action
from webui.history.record.actor import Actor
from webui.history.record.log import lock_head, record
from webui.keys import uses
from webui.keys.canary import check_ring, known_keys, register_keys
from webui.models import EncryptionKey
from webui.models.columns import Audited, now
from webui.models.tenant.tenant import Change


class NotPossible(Exception):
    """The operation is refused and nothing was changed; the message contains only key ids."""


def key_file() -> Path | None:
    """Returns the path of the key file; None when the ring is in the environment."""
    path: Path | None = current_app.extensions["webui_config"].keyring_path
    return path


def stored_ring() -> KeyRing:
    """Returns the stored ring, which may be newer than the ring of this process."""
    path = key_file()
    return read_ring(path) if path else keyring()


def add_key(actor: Actor, reason: str | None = None) -> tuple[str, KeyRing]:
    """Makes a decrypt-only key; returns its id and the new ring.

    The key is registered now when the ring is in a file. Otherwise it is registered when promoted:
    an operator who loses the new ring must still be able to start the product.
    """
    with write_transaction():
        ring = _locked_ring()
        kid = _next_id([*known_keys(), *ring.ids])
        fresh = ring.with_key(kid)
        if key_file():
            register_keys(fresh)
        record(Action.KEY_ADDED, actor, changes=[_change(None, kid)], reason=reason)
        _store(fresh)
        return kid, fresh


def promote(kid: str, actor: Actor, reason: str | None = None) -> KeyRing:
    """Makes a key of the ring the primary key; returns the new ring.

    Raises NotPossible.
    """
    with write_transaction():
        ring = _locked_ring()
        if kid not in ring.ids:
            raise NotPossible(f"key {kid} is not in the key ring")
        if kid == ring.primary:
            raise NotPossible(f"key {kid} is the primary key already")
        if _is_retired(kid):
            raise NotPossible(f"key {kid} was retired; add a new one")
        register_keys(ring)
        fresh = ring.with_primary(kid)
        record(Action.KEY_PROMOTED, actor, changes=[_change(ring.primary, kid)], reason=reason)
        # Last before the commit: if the ring cannot be stored, there is no entry.
        _store(fresh)
        return fresh


def retire(kid: str, actor: Actor, reason: str | None = None) -> KeyRing:
    """Removes an unused key from the ring; returns the new ring.

    Afterwards the database refuses values with the key (webui/models/triggers/keys.py). Raises
    NotPossible with the number of values that still use the key. The file is written last: after
    a crash it still contains the key, which is harmless, and retiring it again removes it.
    """
    with write_transaction():
        ring = _locked_ring()
        key = db.session.get(EncryptionKey, kid, with_for_update=True)
        if key is None and kid not in ring.ids:
            raise NotPossible(f"there is no key {kid}")
        if kid == ring.primary:
            raise NotPossible(f"key {kid} is the primary key: promote another one first")
        if key is None or not key.retired_at:
            _refuse_used(kid)
            _retire(key)
            record(Action.KEY_RETIRED, actor, changes=[_change(kid, None)], reason=reason)
        elif kid not in ring.ids:
            raise NotPossible(f"key {kid} was retired already")
    fresh = ring.without(kid)
    _store(fresh)
    return fresh


def _refuse_used(kid: str) -> None:
    used = uses.count_uses([kid])
    if used:
        raise NotPossible(f"key {kid} is used by {used:,} value(s): run `keys rotate` first")


def _retire(key: EncryptionKey | None) -> None:
    if key is not None:
        key.retired_at = now()


def _locked_ring() -> KeyRing:
    """Returns the stored ring, and takes the history's lock: one operator at a time."""
    lock_head()
    try:
        ring = stored_ring()
        check_ring(ring)
    except (BadKeyRing, SecretError) as error:
        raise NotPossible(str(error)) from error
    return ring


def _store(ring: KeyRing) -> None:
    path = key_file()
    if path:
        write_private(path, ring.to_json())


def _change(old: str | None, new: str | None) -> Change:
    return Change("key", Audited.PLAIN, old, new)


def _is_retired(kid: str) -> bool:
    key = db.session.get(EncryptionKey, kid)
    return key is not None and key.retired_at is not None


def _next_id(taken: Sequence[str]) -> str:
    """Returns ``k`` and the next number; the id of a retired key is never used again."""
    numbers = [int(m.group(1)) for kid in taken if (m := re.fullmatch(r"k([0-9]{1,9})", kid))]
    return f"k{max(numbers, default=0) + 1}"
