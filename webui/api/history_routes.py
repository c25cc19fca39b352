"""A tenant's history: its entries as the exact bodies that are hashed (DESIGN 2.6)."""

from dataclasses import replace
from typing import Annotated, Any
from uuid import UUID

from flask import Blueprint, Response, request
from pydantic import Field

from webui.accounts.api_tokens.scopes import Scope
from webui.api import requests, schemas
from webui.api.field_types import NO_NUL, OneOf
from webui.api.list_routes import LINK, Cursor, Time, bad_cursor, link_next, size_of
from webui.api.operation import operation
from webui.api.owner_entries import entry_for_owner
from webui.api.problems import Refused
from webui.core.permissions import Permission, may
from webui.history.query import find, labels
from webui.history.query.filters import (
    ATTRIBUTES,
    MAX_TEXT,
    MAX_VALUES,
    NAMES,
    PARAMETERS,
    BadFilter,
    Filters,
)
from webui.tenants.core.scope import get_tenant
from webui.web.json_errors import problem
from webui.web.paging import PAGE_SIZE, BadCursor
from webui.web.programs import PREFIX

bp = Blueprint("api_history", __name__, url_prefix=f"{PREFIX}/tenants/<tenant_id:tenant_id>")
MOST = 200
_WORD = Annotated[str, Field(max_length=MAX_TEXT, pattern=NO_NUL)]
_WORDS = Annotated[list[_WORD], Field(max_length=MAX_VALUES)]
_PAGE: dict[str, Any] = {
    "limit": (Annotated[int, *size_of(MOST, PAGE_SIZE)], schemas.absent()),
    "cursor": (Cursor, schemas.absent()),
}


def _kind(name: str) -> Any:
    """Returns the type of a filter; most may be repeated."""
    if name in labels.CHOICES:
        return Annotated[
            list[Annotated[str, OneOf(labels.CHOICES[name])]], Field(max_length=MAX_VALUES)
        ]
    return Time if name in ATTRIBUTES else _WORD if name == "q" else _WORDS


_FILTERS: dict[str, Any] = {
    name: (_kind(name), schemas.absent()) for name in PARAMETERS if name != "tenant"
}
HistoryQuery = schemas.model_of(
    "HistoryQuery", "The page, and the filters of the history's page.", {**_PAGE, **_FILTERS}
)


@bp.get("/history")
@operation(
    summary="Get History",
    scope=Scope.HISTORY_READ,
    permission=Permission.VIEW_HISTORY,
    query=HistoryQuery,
    returns=dict,
    many=True,
    answers=LINK,
    tag="History",
)
def history(tenant_id: UUID) -> Response:
    """The entries, newest first. Owners get them without what concerns staff only."""
    tenant = get_tenant(tenant_id)
    asked = requests.query_as(HistoryQuery).sent
    try:
        filters = replace(Filters.from_url(request.args), tenant=(tenant.id,))
        found = find.find_entries(
            filters,
            asked.get("cursor"),
            size=asked.get("limit", PAGE_SIZE),
            denials=may(Permission.VIEW_ALL_HISTORY),
        )
    except BadFilter as error:
        place = ["query", NAMES.get(error.field, error.field)] if error.field else ["query"]
        raise Refused(422, [problem(place, str(error), "filter")]) from None
    except BadCursor:
        raise bad_cursor() from None
    bodies = [entry.body for entry in found.entries]
    if not may(Permission.SEE_STAFF):
        bodies = [entry_for_owner(body) for body in bodies]
    response = Response(f"[{','.join(bodies)}]", mimetype="application/json")
    link_next(response, found.after)
    return response
