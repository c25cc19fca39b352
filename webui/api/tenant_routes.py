"""One tenant: read, change, create, change of status."""

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

from flask import Blueprint, Response, abort, request, url_for

from webui.accounts.api_tokens.scopes import Scope
from webui.api import headers, requests, schemas
from webui.api.operation import operation
from webui.api.problems import Refused, of_rules
from webui.api.representation import entity_tag, tenant_response
from webui.core.catalogue import FIELDS
from webui.core.extensions import db
from webui.core.limits import CEILING_FIELDS, PLANS, Status
from webui.core.permissions import Permission, edit_permission, may
from webui.models import Tenant
from webui.tenants.core import operations, rules
from webui.tenants.core.operations import Edit, VersionDiffers
from webui.tenants.core.rules import RuleBroken
from webui.tenants.core.scope import CLOSED, get_open_tenant, get_tenant
from webui.values import compact_json
from webui.web.errors import Detail
from webui.web.idempotency_keys import KeyReused
from webui.web.json_errors import json_error, problem
from webui.web.programs import PREFIX
from webui.web.request_actor import actor
from webui.webhooks import signing_secret

bp = Blueprint("api_tenants", __name__, url_prefix=f"{PREFIX}/tenants")
CHANGED_SINCE = "Somebody changed the tenant since. Read it again, then send your change."
_ETAG = {"ETag": "The tenant's version."}


@bp.errorhandler(VersionDiffers)
def refuse_old(differs: VersionDiffers) -> Response:
    """412: the tenant has another version than the one that was asked for."""
    return json_error(412, CHANGED_SINCE, {"ETag": entity_tag(differs.version)})


@bp.get("/<tenant_id:tenant_id>")
@operation(
    summary="Get Tenant",
    scope=Scope.TENANTS_READ,
    permission=Permission.VIEW_TENANT,
    returns=schemas.Tenant,
    answers=_ETAG,
)
def get(tenant_id: UUID) -> Response:
    """The tenant's fields. Secrets are never returned; what a role may not see is null."""
    return tenant_response(get_tenant(tenant_id))


@bp.put("/<tenant_id:tenant_id>")
@operation(
    summary="Update Tenant",
    scope=Scope.TENANTS_WRITE,
    permission=Permission.EDIT_ORGANISATION,
    body=schemas.TenantChange,
    returns=schemas.Tenant,
    errors=(409, 412, 413),
    headers=(headers.REASON, headers.IF_MATCH),
    answers=_ETAG,
)
def put(tenant_id: UUID) -> Response:
    """Changes the fields that are sent, in one step; all others stay as they are."""
    tenant = get_open_tenant(tenant_id)
    sent = requests.body_as(schemas.TenantChange, _given_up(tenant)).sent
    _refuse_forbidden(sent)
    secret = sent.pop(signing_secret.FIELD, None)
    # Limits that the program sends are meant; only those that it did not send are pointed out.
    seen = sent.get("billing_plan") if set(CEILING_FIELDS) <= set(sent) else None
    edit = replace(_edit(sent, requests.change_reason()), ceilings_seen=seen)

    def with_secret(tenant: Tenant) -> Mapping[str, Any]:
        return signing_secret.replacement(tenant, secret) if secret else {}

    try:
        saved = operations.update_fields(tenant_id, edit, actor(), with_secret)
    except RuleBroken as broken:
        raise Refused(422, of_rules(_in_api_words(broken))) from None
    except signing_secret.StillValid:
        words = "The secret was replaced less than 24 hours ago: the old one is still valid."
        raise Refused(409, [problem(["body", signing_secret.FIELD], words, "conflict")]) from None
    except rules.Closed:
        abort(403, Detail(CLOSED))
    return tenant_response(saved.tenant)


@bp.post("")
@operation(
    summary="Create Tenant",
    scope=Scope.TENANTS_WRITE,
    permission=Permission.CREATE_TENANT,
    body=schemas.NewTenant,
    returns=schemas.Tenant,
    status=201,
    errors=(413,),
    headers=(headers.REASON, headers.IDEMPOTENCY_KEY),
    answers={**_ETAG, "Location": "The address of the tenant."},
)
def post() -> Response:
    """Creates a tenant with the defaults."""
    sent = requests.body_as(schemas.NewTenant).sent
    edit = Edit(sent, tuple(sent), None, requests.change_reason())
    mark, about = _idempotency(sent)
    try:
        tenant_id = operations.create_tenant(edit, mark, actor(), about)
    except KeyReused:
        words = "This key was used before, with another body. Nothing was created."
        raise _bad_key(words, "reused") from None
    response = tenant_response(db.session.get_one(Tenant, tenant_id), 201)
    response.headers["Location"] = url_for(".get", tenant_id=tenant_id)
    return response


@bp.put("/<tenant_id:tenant_id>/status")
@operation(
    summary="Update Status",
    scope=Scope.TENANTS_WRITE,
    permission=Permission.CHANGE_STATUS,
    body=schemas.StatusChange,
    returns=schemas.Tenant,
    errors=(412, 413),
    headers=(headers.REASON, headers.IF_MATCH),
    answers=_ETAG,
)
def put_status(tenant_id: UUID) -> Response:
    """Changes the status, and which services a suspension stops."""
    sent = requests.body_as(schemas.StatusChange).sent
    get_open_tenant(tenant_id)
    reason = requests.change_reason(sent.pop("reason", None))
    services = sorted(sent.get("blocked_services", []))
    if bool(services) != (sent["status"] == Status.SUSPENDED):
        words = "Name services to suspend, and only then."
        raise Refused(422, of_rules({"blocked_services": words}))
    values = {"status": sent["status"], "blocked_services": services}
    saved = operations.change_status(tenant_id, _edit(values, reason), actor())
    return tenant_response(saved.tenant)


def _edit(values: Mapping[str, Any], reason: str | None) -> Edit:
    """Returns the edit of a request, which may ask for a version; else the last write wins."""
    expected = requests.expected_version()
    return Edit(values, tuple(values), None, reason, is_expected=expected)


def _given_up(tenant: Tenant) -> dict[str, str]:
    """Returns the stored plan if the catalogue has it no more: it may stay, as in the form."""
    plan = tenant.billing_plan
    return {} if plan in PLANS else {"billing_plan": plan}


def _refuse_forbidden(sent: Mapping[str, Any]) -> None:
    """Refuses fields that the account may not change on the page either."""
    staff = may(Permission.EDIT_STAFF_FIELDS)
    refused = [
        name for name in sent if not may(_permission_of(name)) or not FIELDS[name].use.is_for(staff)
    ]
    if refused:
        words = "Your account may not change this field."
        raise Refused(403, [problem(["body", name], words, "forbidden") for name in refused])


def _permission_of(name: str) -> Permission:
    """Returns the permission to change a field; the signing secret has no section."""
    section = FIELDS[name].use.section
    return edit_permission(section) if section else Permission.EDIT_WEBHOOK


def _in_api_words(broken: RuleBroken) -> dict[str, str]:
    """Returns the errors; for limits above a new plan's, with what the program can do."""
    if not broken.lowered:
        errors = dict(broken.errors)
        if "remove_sip_password" in errors:
            errors["sip_password"] = errors.pop("remove_sip_password")
        return errors
    return {
        name: f"The plan allows {value}. Send both limits, lowered or as they shall stay."
        for name, value in broken.lowered.items()
    }


def _bad_key(words: str, kind: str) -> Refused:
    return Refused(422, [problem(["header", headers.IDEMPOTENCY_KEY.name], words, kind)])


def _idempotency(sent: Mapping[str, Any]) -> tuple[str, UUID]:
    """Returns the key of the request, or a new one, and a digest of the body."""
    key = request.headers.get(headers.IDEMPOTENCY_KEY.name)
    if key is not None and not 1 <= len(key) <= headers.LONGEST_KEY:
        words = f"Use 1 to {headers.LONGEST_KEY} characters."
        raise _bad_key(words, "value_error")
    mark = hashlib.sha256((key or str(uuid4())).encode()).hexdigest()
    body = hashlib.sha256(compact_json(dict(sorted(sent.items()))).encode()).digest()
    return mark, UUID(bytes=body[:16])
