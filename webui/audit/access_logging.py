"""After every request: what the history tells about asking itself (DESIGN 7)."""

import re
from uuid import UUID

from flask import Flask, Response, request
from flask_login import current_user
from sqlalchemy.exc import SQLAlchemyError

from webui.audit import denials
from webui.core.extensions import db
from webui.core.permissions import Permission, may
from webui.history.record.actions import Action
from webui.web.errors import log_database_error
from webui.web.request_actor import actor

READING = {"audit.index", "audit.entry", "audit.tenant_history"}
"""The pages of the history; those that show the newest entries beside other things are none."""
_ARGUMENT = re.compile(r"<(?:[^:<>]+:)?(\w+)>")


def init_asking(app: Flask) -> None:
    """Registers the recording."""
    app.after_request(_record)


def _record(response: Response) -> Response:
    """Records a denial or a first reading. The answer is given even when that fails."""
    # Who asks is a question to the database, which most answers have no need of.
    try:
        if _is_denial(response) and current_user.is_authenticated:
            denials.denied(actor(), _page(), _thing(), response.status_code)
        elif _is_reading(response):
            denials.first_today(actor(), Action.AUDIT_OPENED)
    except SQLAlchemyError as error:
        db.session.rollback()
        log_database_error(error)
    return response


def _is_denial(response: Response) -> bool:
    """403, and 404 for a thing with an id: absent and foreign alike."""
    if request.url_rule is None:
        return False
    return response.status_code == 403 or (response.status_code == 404 and _thing() is not None)


def _is_reading(response: Response) -> bool:
    reads = request.endpoint in READING and request.method == "GET"
    return reads and response.status_code == 200 and may(Permission.VIEW_ALL_HISTORY)


def _page() -> str:
    """The method and the route: an address itself may hold what no entry may."""
    assert request.url_rule
    route = _ARGUMENT.sub(r"<\1>", request.url_rule.rule)
    return f"{request.method} {route}"


def _thing() -> str | None:
    """The id that the address names."""
    ids = [value for value in (request.view_args or {}).values() if isinstance(value, UUID)]
    return str(ids[0]) if ids else None
