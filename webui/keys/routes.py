"""The page of the encryption keys. It is read-only: keys are changed by commands."""

from flask import Blueprint, render_template

from webui.core.extensions import keyring
from webui.core.permissions import Permission, requires
from webui.crypto.keyring import BadKeyRing, KeyRing
from webui.keys import operations, uses
from webui.keys.advice import advice

bp = Blueprint("keys", __name__)
COUNTED = 10_000
"""The maximum that the page counts per column; `keys status` counts all values."""


@bp.get("/keys")
@requires(Permission.VIEW_KEYS)
def index() -> str:
    """Shows every key with its state, age and use, and the next steps."""
    ring = keyring()
    keys = uses.states(ring, COUNTED)
    return render_template("keys/index.html", keys=keys, advice=advice(keys, _is_stale(ring)))


def _is_stale(ring: KeyRing) -> bool:
    """Whether the key file was changed since this process read it."""
    try:
        stored = operations.stored_ring()
    except BadKeyRing:
        return True
    return (stored.primary, stored.ids) != (ring.primary, ring.ids)
