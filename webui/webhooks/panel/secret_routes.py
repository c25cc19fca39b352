"""The pages of the signing secret."""

from typing import Any
from uuid import UUID

from flask import Blueprint, abort, flash, make_response, render_template, request, url_for
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.wrappers import Response

from webui.core.permissions import Permission, requires
from webui.history.query import history
from webui.models import Tenant
from webui.tenants.core.conflicts import Conflict
from webui.tenants.core.forms import TenantForm
from webui.tenants.core.operations import Edit
from webui.tenants.core.rules import Closed
from webui.tenants.core.scope import CLOSED, get_tenant_to_change
from webui.tenants.core.sections import SECTIONS
from webui.tenants.page import form_responses
from webui.tenants.page.overview import Overview
from webui.web import request_actor
from webui.web.errors import Detail
from webui.web.htmx import go_to, part_of, wants_fragment
from webui.web.posted import drafts
from webui.web.posted.drafts import keeps_draft
from webui.web.posted.forms import posted_submission, posted_version
from webui.webhooks import signing_secret
from webui.webhooks.panel.forms import EndForm, SecretForm

bp = Blueprint("webhooks", __name__, url_prefix="/tenants/<uuid:tenant_id>/webhook")
WEBHOOK = SECTIONS["webhook"]
ENDED = "The old secret is no longer valid."
WAS_OVER = "The old secret was not valid any more. Nothing was changed."
STILL_VALID = "The secret was replaced recently: the old one is still valid. Nothing was changed."


@bp.get("/secret")
@requires(Permission.EDIT_WEBHOOK)
def secret_form(tenant_id: UUID) -> Response:
    """The form that creates or replaces the secret or, while an old one is valid, ends that."""
    tenant = get_tenant_to_change(tenant_id, WEBHOOK)
    typed = drafts.find_draft(url_for(".rotate_secret", tenant_id=tenant_id)) or drafts.find_draft(
        url_for(".end_old_secret", tenant_id=tenant_id)
    )
    form = (EndForm if signing_secret.old_until(tenant) else SecretForm)(tenant, formdata=typed)
    version = typed.get("version", type=int) if typed else None
    return _show(tenant, form, version=version, restored=typed is not None)


@bp.post("/secret")
@requires(Permission.EDIT_WEBHOOK)
@keeps_draft("webhooks.secret_form")
def rotate_secret(tenant_id: UUID) -> Any:
    """Creates a secret and shows it once."""
    tenant = get_tenant_to_change(tenant_id, WEBHOOK)
    version, mark, form = posted_version(), posted_submission(), SecretForm(tenant)
    if not form.validate():
        return _show(tenant, form, 422, version)
    try:
        made = signing_secret.rotate_signing_secret(
            tenant_id, _edit(form, version), mark, request_actor.actor()
        )
    except signing_secret.StillValid:
        return _show(
            get_tenant_to_change(tenant_id, WEBHOOK), EndForm(tenant), 422, problem=STILL_VALID
        )
    except Conflict as conflict:
        return _conflicted(tenant_id, conflict)
    except Closed:
        abort(403, Detail(CLOSED))
    except SQLAlchemyError as error:
        return _show(tenant, form, 503, version, problem=form_responses.explain(error))
    words = {"made": made, "section": WEBHOOK, "in_place": wants_fragment()}
    if wants_fragment():
        words |= {"page": Overview(made.tenant), "fresh": made.entry}
    return render_template(part_of("webhooks/made.html"), tenant=made.tenant, **words)


@bp.post("/secret/end")
@requires(Permission.EDIT_WEBHOOK)
@keeps_draft("webhooks.secret_form")
def end_old_secret(tenant_id: UUID) -> Any:
    """Ends the validity of the old secret early."""
    tenant = get_tenant_to_change(tenant_id, WEBHOOK)
    version, form = posted_version(), EndForm(tenant)
    if not form.validate():
        return _show(tenant, form, 422, version)
    try:
        entry = signing_secret.end_old(tenant_id, _edit(form, version), request_actor.actor())
    except Conflict as conflict:
        return _conflicted(tenant_id, conflict)
    except Closed:
        abort(403, Detail(CLOSED))
    except SQLAlchemyError as error:
        return _show(tenant, form, 503, version, problem=form_responses.explain(error))
    return answered(tenant_id, ENDED if entry else WAS_OVER, entry)


def answered(tenant_id: UUID, message: str, entry: UUID | None) -> Response:
    """303 to the card or, for htmx, every fragment that changed."""
    section = WEBHOOK
    if not wants_fragment():
        flash(message)
        return go_to(url_for("tenants.page", tenant_id=tenant_id, _anchor=section.anchor))
    page = Overview(get_tenant_to_change(tenant_id, WEBHOOK))
    context = {"page": page, "section": section, "message": message, "fresh": entry}
    return make_response(render_template("tenants/_saved.html", **context, focus=True))


def _show(
    tenant: Tenant, form: TenantForm, status: int = 200, version: int | None = None, **words: Any
) -> Response:
    """Renders the form of the secret, as a fragment or a page."""
    context = {
        "tenant": tenant,
        "form": form,
        "version": version or tenant.version,
        "old_until": signing_secret.old_until(tenant),
        "section": WEBHOOK,
        "in_place": wants_fragment(),
        **words,
    }
    return make_response(render_template(part_of("webhooks/secret.html"), **context), status)


def _conflicted(tenant_id: UUID, conflict: Conflict) -> Response:
    """409: another person replaced the secret since the form was rendered."""
    tenant = get_tenant_to_change(tenant_id, WEBHOOK)
    form = (EndForm if signing_secret.old_until(tenant) else SecretForm)(tenant)
    who = history.who(conflict.latest)
    problem = f"{who} replaced the secret while this form was open. Your change was not made."
    return _show(tenant, form, 409, problem=problem)


def _edit(form: TenantForm, version: int) -> Edit:
    return Edit({}, [signing_secret.FIELD], version, form.reason_given, path=request.path)
