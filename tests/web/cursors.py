"""Cursors as the product makes them, with values that it may never have given to anybody."""

import json
from typing import Any

from webui.core.extensions import keyring
from webui.crypto import fields


def sealed_text(text: str, order: str = "history", reader: object = "staff") -> str:
    """A cursor that holds this text, for staff or the owners of a tenant's id."""
    token = fields.seal(keyring(), text, "cursors", order, str(reader))
    return token.removeprefix("e1.")


def sealed(*values: Any, order: str = "history", reader: object = "staff") -> str:
    """A cursor that holds these values."""
    return sealed_text(json.dumps(values), order, reader)
