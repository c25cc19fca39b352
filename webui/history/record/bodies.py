"""Reading the stored text of an entry, which may have been tampered with in the database.

After tampering people read the history to find out what happened, so a text that is not an
entry is shown as such, and does not break the page of the other entries.
"""

from typing import Any

import orjson

from webui.history.record import chain

Body = dict[str, Any]

SPOILED = "spoiled"
"""The action of the placeholder; no real entry has it."""
STAND_IN: Body = {
    **dict.fromkeys(chain.KEYS),
    "actor": dict.fromkeys(chain.ACTOR),
    "action": SPOILED,
    "changes": {},
}
"""The placeholder that pages and exports show for a text that is not an entry."""


def read_body(text: str) -> Body:
    """Returns the body of an entry; STAND_IN when the text does not have the form of one."""
    try:
        body: Body = orjson.loads(text)
        return body if _is_shaped(body) else STAND_IN
    except (ValueError, LookupError, TypeError, AttributeError):
        return STAND_IN


def _is_shaped(body: Body) -> bool:
    tenant, changes = body.get("tenant"), body["changes"]
    return (
        body.keys() >= STAND_IN.keys()
        and (tenant is None or tenant.keys() == set(chain.TENANT))
        and body["actor"].keys() == STAND_IN["actor"].keys()
        and all(isinstance(sides, list) and len(sides) == 2 for sides in changes.values())
    )
