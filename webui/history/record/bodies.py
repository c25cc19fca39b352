"""The text of an entry, read for people: also when whoever owns the tables spoiled it.

Pages of a history that was tampered with are where one looks for what happened, so a text
that is no entry is shown as that, and takes nothing else down with it.
"""

from typing import Any

import orjson

from webui.history.record import chain

Body = dict[str, Any]

SPOILED = "spoiled"
"""The action of the stand-in; no entry has it."""
STAND_IN: Body = {
    **dict.fromkeys(chain.KEYS),
    "actor": dict.fromkeys(chain.ACTOR),
    "action": SPOILED,
    "changes": {},
}
"""What pages and exports show of a text that is no entry."""


def read_body(text: str) -> Body:
    """The body of an entry; a stand-in when the text is not shaped like one."""
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
