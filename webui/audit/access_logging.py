"""After each request: records denied access and the first reading of the history (DESIGN 7)."""

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
"""The history's own pages; pages that show some entries beside other things do not count."""
_ARGUMENT = re.compile(r"<(?:[^:<>]+:)?(\w+)>")


def init_access_logging(app: Flask) -> None:
    """Registers the after-request handler."""
    app.after_request(_record)


def _record(response: Response) -> Response:
    """Records a denial or a first reading. If that fails, the response is sent anyway."""
    # Checked in this order because current_user needs a query, which most responses can avoid.
    try:
        if _is_denial(response) and current_user.is_authenticated:
            denials.denied(actor(), _page(), _object_id(), response.status_code)
        elif _is_reading(response):
            denials.first_today(actor(), Action.AUDIT_OPENED)
    except SQLAlchemyError as error:
        db.session.rollback()
        log_database_error(error)
    return response


def _is_denial(response: Response) -> bool:
    """Whether it is a 403, or a 404 for an object id: absent and foreign objects look alike."""
    if request.url_rule is None:
        return False
    return response.status_code == 403 or (response.status_code == 404 and _object_id() is not None)


def _is_reading(response: Response) -> bool:
    reads = request.endpoint in READING and request.method == "GET"
    return reads and response.status_code == 200 and may(Permission.VIEW_ALL_HISTORY)


def _page() -> str:
    """Returns the method and route; the URL itself may contain what no entry may store."""
    assert request.url_rule
    route = _ARGUMENT.sub(r"<\1>", request.url_rule.rule)
    return f"{request.method} {route}"


def _object_id() -> str | None:
    """Returns the first id in the URL, or None."""
    ids = [value for value in (request.view_args or {}).values() if isinstance(value, UUID)]
    return str(ids[0]) if ids else None
