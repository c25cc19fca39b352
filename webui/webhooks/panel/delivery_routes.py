"""Test deliveries, the delivery log, sending again, and resuming after 410 Gone."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from flask import Blueprint, abort, flash, make_response, render_template, request, url_for
from werkzeug.wrappers import Response

from webui import jobs, outbox
from webui.core.extensions import db
from webui.core.permissions import Permission, requires
from webui.models import Delivery
from webui.tenants.core.operations import Gone
from webui.tenants.core.rules import Closed
from webui.tenants.core.scope import CLOSED, can_edit, get_tenant, get_tenant_to_change
from webui.tenants.core.sections import SECTIONS
from webui.tenants.page.overview import Overview
from webui.web import request_actor
from webui.web.errors import Detail, error_page
from webui.web.htmx import go_to, part_of, wants_fragment
from webui.web.number_filters import plural
from webui.web.posted.forms import posted_submission
from webui.webhooks.panel import operations, panel, template_filters
from webui.webhooks.panel.forms import SendForm

bp = Blueprint("deliveries", __name__, url_prefix="/tenants/<uuid:tenant_id>/webhook")
WEBHOOK = SECTIONS["webhook"]
ON_ITS_WAY = "On its way. The result appears in the webhook's log: reload to see it."
NONE_LEFT = "Every event has arrived or is on its way. Nothing was sent."
RESUMED = "Deliveries are resumed. Events that were not sent can be sent again from the log."
WAS_RESUMED = "Deliveries were already resumed. Nothing was changed."
TOO_MANY = f"{operations.MANUAL_LIMIT} a minute at most. Wait a minute."


@bp.get("/deliveries")
@requires(Permission.VIEW_TENANT)
def index(tenant_id: UUID) -> Any:
    """The log as a page; as a fragment the newest lines of the card (all lines with ``all``)."""
    tenant = get_tenant(tenant_id)
    everything = "all" in request.args or not wants_fragment()
    most = panel.LOG_SIZE if everything else panel.FEW
    log = panel.log(tenant_id, most, jobs.alive())
    shown = {
        "tenant": tenant,
        "log": log,
        "editable": can_edit(tenant, WEBHOOK),
        "everything": everything,
    }
    if not wants_fragment():
        return render_template("webhooks/deliveries.html", **shown)
    page, done = Overview(tenant), _watched(tenant_id)
    return render_template("webhooks/_watched.html", page=page, done=done, **shown)


@bp.get("/test")
@requires(Permission.EDIT_WEBHOOK)
def test_form(tenant_id: UUID) -> str:
    """Asks for confirmation of a test event, or says why none can be sent."""
    tenant = get_tenant_to_change(tenant_id, WEBHOOK)
    missing = [template_filters.OBSTACLES[o] for o in outbox.obstacles(tenant, outbox.Event.TEST)]
    return render_template(
        part_of("webhooks/test.html"),
        tenant=tenant,
        form=SendForm(),
        missing=missing,
        section=WEBHOOK,
    )


@bp.post("/test")
@requires(Permission.EDIT_WEBHOOK)
def send_test(tenant_id: UUID) -> Any:
    """Sends a test event."""
    return _done(
        tenant_id, lambda mark: operations.send_test(tenant_id, mark, request_actor.actor())
    )


@bp.post("/deliveries/<uuid:delivery_id>/resend")
@requires(Permission.EDIT_WEBHOOK)
def send_again(tenant_id: UUID, delivery_id: UUID) -> Any:
    """Sends an event of the log again."""
    actor = request_actor.actor()
    return _done(tenant_id, lambda mark: operations.send_again(tenant_id, delivery_id, mark, actor))


@bp.post("/deliveries/<uuid:delivery_id>/try")
@requires(Permission.EDIT_WEBHOOK)
def try_now(tenant_id: UUID, delivery_id: UUID) -> Any:
    """Lets a waiting event be tried now."""
    actor = request_actor.actor()
    return _done(tenant_id, lambda mark: operations.try_now(tenant_id, delivery_id, mark, actor))


@bp.post("/deliveries/resend")
@requires(Permission.EDIT_WEBHOOK)
def send_undelivered_again(tenant_id: UUID) -> Any:
    """Sends every event that did not arrive again."""
    actor = request_actor.actor()
    return _done(
        tenant_id,
        lambda mark: operations.send_undelivered_again(tenant_id, mark, actor),
        lambda count: (
            f"{plural(count, 'event')} sent again, one after the other." if count else NONE_LEFT
        ),
    )


@bp.post("/resume")
@requires(Permission.EDIT_WEBHOOK)
def resume(tenant_id: UUID) -> Any:
    """Resumes deliveries after the receiver answered 410 Gone."""
    get_tenant_to_change(tenant_id, WEBHOOK)
    try:
        entry = operations.resume(tenant_id, request_actor.actor())
    except Closed:
        abort(403, Detail(CLOSED))
    return _answer(tenant_id, RESUMED if entry else WAS_RESUMED)


def _done(
    tenant_id: UUID,
    send: Callable[[str], Any],
    words: Callable[[Any], str] = lambda _result: ON_ITS_WAY,
) -> Any:
    """Sends something and responds with ``words`` of the result, or says why not."""
    get_tenant_to_change(tenant_id, WEBHOOK)
    try:
        result = send(posted_submission())
    except operations.NotPossible as error:
        why = f"Nothing can be sent now: {template_filters.OBSTACLES[error.obstacle]}."
        return error_page(422, why, title="Not sent")
    except operations.NotWaiting:
        return error_page(422, "It is not waiting any more. Nothing was done.", title="Not tried")
    except operations.TooMany:
        abort(429, Detail(TOO_MANY))
    except Gone:
        abort(404, Detail("That delivery is not in the log any more."))
    except Closed:
        abort(403, Detail(CLOSED))
    sent = result if isinstance(result, UUID) else None
    return _answer(tenant_id, words(result), sent)


def _answer(tenant_id: UUID, message: str, sent: UUID | None = None) -> Response:
    """303 to the card or, for htmx, the panel and the history; ``sent``: the row to focus."""
    if not wants_fragment():
        flash(message)
        anchor = WEBHOOK.anchor
        return go_to(url_for("tenants.page", tenant_id=tenant_id, _anchor=anchor))
    page = Overview(get_tenant(tenant_id))
    context = {"page": page, "tenant": page.tenant, "fresh": page.history.rows[0].id}
    answer = render_template("webhooks/_sent.html", **context, message=message, sent=sent)
    return make_response(answer)


def _watched(tenant_id: UUID) -> panel.Line | None:
    """Returns the delivery that the page waits for, once it has a result."""
    try:
        row = db.session.get(Delivery, UUID(request.args.get("watch", "")))
    except ValueError:
        return None
    if row is None or row.tenant_id != tenant_id or panel.is_moving(row):
        return None
    return panel.line(row)
