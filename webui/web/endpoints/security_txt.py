"""/.well-known/security.txt: where to report a vulnerability (RFC 9116)."""

import re
from datetime import timedelta
from urllib.parse import quote

from flask import Blueprint, Response, abort, current_app

from webui import values
from webui.core.permissions import public
from webui.models.columns import now
from webui.web.request_actor import site

bp = Blueprint("security_txt", __name__)

# RFC 9116, 2.5.5 recommends less than a year.
_GOOD_FOR = timedelta(days=180)
_URI = re.compile(r"(?:https://|mailto:|tel:\+)[!-~]+")


@bp.get("/.well-known/security.txt")
@public
def security_txt() -> Response:
    """The file; 404 when WEBUI_SUPPORT_CONTACT is not valid as a Contact."""
    contact = contact_uri(current_app.extensions["webui_config"].support_contact)
    if contact is None:
        abort(404)
    lines = [f"Contact: {contact}", f"Expires: {now() + _GOOD_FOR:%Y-%m-%dT00:00:00Z}"]
    address = site()
    if address.startswith("https://"):
        lines.append(f"Canonical: {address}/.well-known/security.txt")
    text = "".join(f"{line}\n" for line in [*lines, "Preferred-Languages: en"])
    return Response(text, content_type="text/plain; charset=utf-8")


def contact_uri(setting: str) -> str | None:
    """Returns the setting as a Contact URI; None when it is free text."""
    if _URI.fullmatch(setting):
        return setting
    try:
        return f"mailto:{quote(values.email(setting), safe='@+')}"
    except values.Refused:
        return None
