"""An entry of the history as an owner may read it: without what concerns staff only."""

import json
from typing import Any

from webui.core.permissions import Role
from webui.history.query.history import SUPPORT_TEAM
from webui.history.record import bodies
from webui.history.record.actor import ACCOUNT_TYPES
from webui.history.record.listed import owner_fields

_HIDDEN = ("reason", "address", "agent", "request", "seq", "prev")
"""What is null. ``seq`` counts everybody's entries; ``prev``, a hash, would confirm guesses."""
_OF_OWNERS = frozenset(owner_fields())


def entry_for_owner(text: str) -> str:
    """Returns an entry's JSON without staff's names, reasons and origin, and staff's fields.

    It is not the text that is hashed; the shape is the same.
    """
    body = bodies.read_body(text)
    actor: dict[str, Any] = body["actor"]
    if actor["role"] != Role.OWNER or actor["type"] not in ACCOUNT_TYPES:
        actor = {**actor, "id": None, "name": SUPPORT_TEAM, "role": None}
    changes = {name: sides for name, sides in body["changes"].items() if name in _OF_OWNERS}
    hidden = dict.fromkeys(_HIDDEN)
    return json.dumps({**body, **hidden, "actor": actor, "changes": changes}, ensure_ascii=False)
