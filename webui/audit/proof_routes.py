"""Exports of the history, and the panel that shows and starts its verification."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from flask import Blueprint, Response, abort, flash, redirect, render_template, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response as BaseResponse

from webui.audit.view import View
from webui.core.permissions import Permission, requires
from webui.history.proof import export, verification_jobs
from webui.history.proof.export import Export
from webui.history.query.filters import BadFilter, Filters
from webui.models.columns import now
from webui.web.errors import Detail
from webui.web.htmx import wants_fragment
from webui.web.posted import action_rates
from webui.web.posted.fetch_site import from_another_site
from webui.web.request_actor import actor

bp = Blueprint("proof", __name__)

FROM_HERE = "Another site led here. Open the history and export it from there."


@bp.get("/audit/export.csv")
@requires(Permission.PROVE_HISTORY)
def export_csv() -> Response:
    """The filtered entries as CSV, for a spreadsheet."""
    return _download("csv", "text/csv; charset=utf-8; header=present", export.as_csv)


@bp.get("/audit/export.jsonl")
@requires(Permission.PROVE_HISTORY)
def export_jsonl() -> Response:
    """The filtered entries as JSON Lines with a signed manifest."""
    return _download("jsonl", "application/jsonl; charset=utf-8", export.as_jsonl)


def _download(kind: str, content_type: str, write: Callable[[Export], Iterator[bytes]]) -> Response:
    """Streams the file. This is the only GET that writes: an export is recorded in the history.

    Therefore a SameSite=Lax cookie, which browsers also send with a link from another site, is not
    enough to allow it.
    """
    if from_another_site():
        abort(403, Detail(FROM_HERE))
    try:
        filters = Filters.from_url(request.args)
    except BadFilter as error:
        abort(400, Detail(error))
    name = f"history-{now():%Y%m%d-%H%M%S}.{kind}"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    if request.method == "HEAD":
        # HEAD exports nothing, so nothing is recorded.
        return Response(headers=headers, content_type=content_type)
    action_rates.check_rate(current_user.id, action_rates.EXPORTS)
    begun = export.begin_export(filters, kind, actor())
    return Response(write(begun), headers=headers, content_type=content_type)


@bp.get("/audit/proof")
@requires(Permission.PROVE_HISTORY)
def panel() -> Any:
    """The panel, which follows a running verification."""
    if not wants_fragment():
        return redirect(url_for("audit.index") + "#proof", 303)
    return render_template("audit/_proof.html", proof=verification_jobs.proof())


@bp.post("/audit/verification")
@requires(Permission.PROVE_HISTORY)
def verification() -> str | BaseResponse:
    """Requests a verification from the worker."""
    verification_jobs.request_verification(current_user.username)
    if wants_fragment():
        return render_template("audit/_proof.html", proof=verification_jobs.proof(), focus=True)
    flash("Verification of the history was requested.")
    return redirect(url_for("audit.index") + "#proof", 303)


@bp.app_template_global("export_urls")
def export_urls(view: View) -> dict[str, str]:
    """Returns label -> URL of the exports of a history page."""
    filters = view.filters
    if view.tenant:
        filters = replace(filters, tenant=(view.tenant.id,))
    arguments = filters.arguments()
    return {
        "CSV": url_for("proof.export_csv", **arguments),
        "JSON Lines": url_for("proof.export_jsonl", **arguments),
    }


bp.add_app_template_global(verification_jobs.proof, "history_proof")
