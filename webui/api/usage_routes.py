"""Usage as metering reports it: the whole figures of a month (DESIGN 9)."""

from typing import Any
from uuid import UUID

from flask import Blueprint, Response, request
from flask_login import current_user

from webui.accounts.api_tokens.scopes import Scope
from webui.api import requests, schemas
from webui.api.operation import operation
from webui.api.paths import id_in
from webui.api.problems import Refused
from webui.api.representation import json_response
from webui.core.permissions import Permission
from webui.tenants.core.scope import get_tenant
from webui.usage.figures import Figures, Judged, Verdict
from webui.usage.operations import store_usage
from webui.web.json_errors import problem
from webui.web.programs import PREFIX
from webui.web.request_actor import actor

bp = Blueprint("api_usage", __name__, url_prefix=PREFIX)
REPORT = f"{PREFIX}/usage"
MOST_BYTES = 4 * 1024 * 1024
"""Ten thousand rows with their reasons."""


@bp.put("/tenants/<tenant_id:tenant_id>/usage/<month>")
@operation(
    summary="Report Usage",
    scope=Scope.USAGE_WRITE,
    permission=Permission.REPORT_USAGE,
    body=schemas.UsageMonth,
    returns=schemas.Verdict,
    errors=(409, 413),
    tag="Usage",
)
def put_usage(tenant_id: UUID, month: str) -> Response:
    """The whole month's figures so far. Sending them again changes nothing."""
    sent = requests.body_as(schemas.UsageMonth)
    tenant = get_tenant(tenant_id)
    [judged] = _stored([_figures(tenant.id, month, sent)])
    if not judged.accepted:
        raise _refusal(judged)
    return json_response(_verdict(judged))


@bp.post("/usage")
@operation(
    summary="Report Usage of Many",
    scope=Scope.USAGE_WRITE,
    permission=Permission.REPORT_USAGE,
    body=schemas.UsageReport,
    returns=schemas.Verdicts,
    errors=(413,),
    tag="Usage",
)
def post_usage() -> Response:
    """Up to 10,000 rows at once. Each gets a verdict; a refused row stops no other."""
    request.max_content_length = MOST_BYTES
    report = requests.body_as(schemas.UsageReport)
    rows = [_figures(_id_of(row.tenant_id), row.month, row) for row in report.rows]
    return json_response({"verdicts": [_verdict(judged) for judged in _stored(rows)]})


def _stored(rows: list[Figures]) -> list[Judged]:
    return store_usage(rows, actor(), current_user.tenant_id)


def _id_of(text: str) -> UUID:
    """Returns the id of a row; one that no tenant has for a text that is none."""
    return id_in(text) or UUID(int=0)


def _figures(tenant_id: UUID, month: str, sent: schemas.UsageMonth | schemas.UsageRow) -> Figures:
    return Figures(
        tenant_id=tenant_id,
        month=month,
        usage_cents=sent.usage_cents,
        calls=sent.calls,
        minutes=sent.minutes,
        correction=bool(sent.correction),
        reason=sent.reason,
    )


def _verdict(judged: Judged) -> dict[str, Any]:
    return {"verdict": judged.verdict.value, "message": judged.message or None}


def _refusal(judged: Judged) -> Refused:
    """Returns the error of a row that was not stored: 409 when the stored figures are larger."""
    status = 409 if judged.verdict is Verdict.SHRINKS else 422
    place = ["path" if judged.field == "month" else "body", judged.field or "calls"]
    return Refused(status, [problem(place, judged.message, judged.verdict.value)])
