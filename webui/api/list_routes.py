"""The list of tenants, and who the token is."""

import re
from datetime import UTC, datetime
from typing import Annotated, Any
from urllib.parse import urlencode
from uuid import UUID

from flask import Blueprint, Response, request
from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema
from sqlalchemy import bindparam, select

from webui import values
from webui.accounts.api_tokens.scopes import Scope
from webui.api import requests, schemas
from webui.api.bearer import bearer
from webui.api.field_types import NO_NUL, OneOf
from webui.api.operation import operation
from webui.api.problems import Refused
from webui.api.representation import json_response, tenants_json
from webui.core.extensions import db
from webui.core.limits import PLANS, Status
from webui.core.permissions import Permission
from webui.history.record.chain import timestamp
from webui.models import Tenant
from webui.tenants.search import search
from webui.tenants.search.list_query import ORDERS
from webui.web.json_errors import problem
from webui.web.paging import BadCursor
from webui.web.programs import PREFIX

bp = Blueprint("api_lists", __name__, url_prefix=PREFIX)
PAGE, MOST, DEEPEST = 100, 1_000, 10_000
_LONGEST_QUESTION = 200
_BY_ID = select(Tenant).where(Tenant.id.in_(bindparam("ids", expanding=True)))
_UPDATED = "updated"
_DIGITS = re.compile("[0-9]{1,16}")
# The years that every zone keeps inside the calendar.
_TIME = (
    r"^[12][0-9]{3}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,9})?"
    r"(Z|[+-][0-9]{2}:[0-9]{2})$"
)
LINK = {"Link": 'The next page: rel="next" (RFC 8288). Absent on the last one.'}


def _digits(raw: Any) -> Any:
    """Returns the number of a query parameter, which is text; no number stays what it is."""
    return int(raw) if isinstance(raw, str) and _DIGITS.fullmatch(raw) else raw


def _not_deep(offset: int) -> int:
    """Returns the offset. Refuses one for which thousands of rows would be read and dropped."""
    if not 0 <= offset <= DEEPEST:
        raise values.Refused(f"Use 0 to {DEEPEST:,}. Beyond it, follow the cursor in Link.")
    return offset


def _time(raw: str) -> datetime:
    """Returns a time (RFC 3339, section 5.6)."""
    if not re.fullmatch(_TIME, raw):
        raise values.Refused("Write the time with its zone, such as 2026-11-30T12:00:00Z.")
    try:
        return datetime.fromisoformat(raw).astimezone(UTC)
    except ValueError:
        raise values.Refused("There is no such day or time.") from None


def size_of(most: int, absent: int) -> tuple[Any, ...]:
    """Returns what makes an integer the size of a page: 1 to ``most``."""
    return Field(ge=1, le=most, description=f"{absent} if absent."), BeforeValidator(_digits)


Time = Annotated[
    str,
    AfterValidator(_time),
    Field(json_schema_extra={"format": "date-time", "pattern": _TIME}),
]
Cursor = Annotated[
    str, Field(description="From the Link header.", json_schema_extra={"format": "cursor"})
]


class TenantQuery(schemas.Strict):
    """Which tenants, and how many."""

    limit: Annotated[int, *size_of(MOST, PAGE)] = schemas.absent()
    offset: Annotated[
        int,
        BeforeValidator(_digits),
        AfterValidator(_not_deep),
        Field(description=f"Up to {DEEPEST:,}, for old programs: slow. Use cursors instead."),
        WithJsonSchema({"type": "integer", "minimum": 0, "maximum": DEEPEST}),
    ] = schemas.absent()
    cursor: Cursor = schemas.absent()
    status_filter: Annotated[str, OneOf(Status)] = schemas.absent()
    plan: Annotated[str, OneOf(PLANS)] = schemas.absent()
    updated_since: Annotated[
        Time, Field(description="Changed at this time or later, in the order of the changes.")
    ] = schemas.absent()
    q: Annotated[
        str,
        Field(max_length=_LONGEST_QUESTION, pattern=NO_NUL, description="Part of the name."),
    ] = schemas.absent()


@bp.get("/tenants")
@operation(
    summary="List Tenants",
    scope=Scope.TENANTS_READ,
    permission=Permission.LIST_TENANTS,
    query=TenantQuery,
    returns=schemas.Tenant,
    many=True,
    answers=LINK,
)
def tenants() -> Response:
    """Tenants by name or, since a time of change, in the order of their changes."""
    asked = requests.query_as(TenantQuery).sent
    limit, offset = asked.get("limit", PAGE), asked.get("offset", 0)
    try:
        found = search.find_tenants(_filters(asked), _start(asked), None, size=limit + offset)
    except BadCursor:
        raise bad_cursor() from None
    ids = [row.id for row in found.rows[offset:]]
    loaded = {tenant.id: tenant for tenant in db.session.scalars(_BY_ID, {"ids": ids})}
    response = json_response(tenants_json([loaded[one] for one in ids if one in loaded]))
    link_next(response, found.after)
    return response


def _filters(asked: dict[str, Any]) -> search.Filters:
    chosen = {"status": asked.get("status_filter"), "plan": asked.get("plan")}
    values = {name: value for name, value in chosen.items() if value}
    sort = _UPDATED if "updated_since" in asked else "name"
    return search.Filters.from_url({**values, "q": asked.get("q", ""), "sort": sort})


def _start(asked: dict[str, Any]) -> str | None:
    """Returns the cursor to begin after."""
    if "cursor" in asked or "updated_since" not in asked:
        return asked.get("cursor")
    return ORDERS[_UPDATED].encode([asked["updated_since"], UUID(int=0)])


def bad_cursor() -> Refused:
    """Returns the refusal of a cursor, which is valid only in the list that it came from."""
    words = "This is no cursor of this list."
    return Refused(422, [problem(["query", "cursor"], words, "cursor")])


def link_next(response: Response, cursor: str | None) -> None:
    """Adds the link to the next page: this request's parameters with another cursor."""
    if cursor is None:
        return
    replaced = ("offset", "cursor")
    kept = [item for item in request.args.items(multi=True) if item[0] not in replaced]
    query = urlencode([*kept, ("cursor", cursor)])
    response.headers["Link"] = f'<{request.script_root}{request.path}?{query}>; rel="next"'


@bp.get("/me")
@operation(
    summary="Get Token",
    scope=None,
    permission=Permission.SIGNED_IN,
    returns=schemas.Me,
    tag="Account",
)
def me() -> Response:
    """The account of the token, and what the token may do."""
    token = bearer()
    person = token.person
    return json_response(
        {
            "user_id": str(person.id),
            "username": person.username,
            "role": person.role,
            "owner_id": person.tenant_id and str(person.tenant_id),
            "scopes": sorted(token.scopes),
            "expires_at": timestamp(token.expires_at),
        }
    )
