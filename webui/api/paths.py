"""The ids in the API's paths."""

import re
from uuid import UUID

from werkzeug.routing import BaseConverter


def id_in(text: str) -> UUID | None:
    """Returns the id that a text is, in a notation that paths accept; None for any other text."""
    return UUID(text) if re.fullmatch(TenantIdConverter.regex, text) else None


class TenantIdConverter(BaseConverter):
    """A tenant's id, with or without dashes, in either case; other notations are not found."""

    regex = (
        r"[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{12}"
        r"|[0-9A-Fa-f]{32}"
    )

    def to_python(self, value: str) -> UUID:
        """Returns the id."""
        return UUID(value)

    def to_url(self, value: object) -> str:
        """Returns the id as everywhere else, with dashes."""
        return str(value)
