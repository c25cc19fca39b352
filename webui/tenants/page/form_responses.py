"""Responses to a form about a tenant: the form again, a conflict, or "saved"."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from flask import flash, g, make_response, render_template, request, url_for
from flask_login import current_user
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.wrappers import Response

from webui.history.query import history
from webui.history.record.actions import Action
from webui.models import Tenant
from webui.models.tenant.tenant import UNREADABLE
from webui.tenants.core.conflicts import ConcurrentChange, Conflict
from webui.tenants.core.forms import TenantForm, form_value
from webui.tenants.core.operations import Saved
from webui.tenants.core.rules import RuleBroken
from webui.tenants.core.sections import Section
from webui.tenants.page import password_generator, saved_line
from webui.tenants.page.overview import LastChange, Overview, last_change
from webui.values import same_json
from webui.web.errors import log_database_error
from webui.web.htmx import go_to, wants_fragment
from webui.web.posted.forms import posted_version

SAVED = "Saved."
ALREADY = "These values were saved already."
UNCHANGED = "Nothing changed, so nothing was saved."
FAILED = "Nothing was saved: the database did not answer. Your input is still here. Try again."


@dataclass(frozen=True)
class ConflictNote:
    """What a form in conflict says beside a field.

    ``kind``: both (this person and others changed it), theirs (only others did), mine (only this
    person did; ``latest`` is then the latest change of the others).
    """

    kind: str
    latest: LastChange
    theirs: Any = None
    before: Any = None
    secret: bool = False


def show_form(
    tenant: Tenant,
    form: TenantForm,
    section: Section | None = None,
    version: int | None = None,
    status: int = 200,
    **words: Any,
) -> Response:
    """Renders the form of a section, or of the status when ``section`` is None."""
    folder = "section" if section else "status"
    template = f"tenants/_{folder}_form.html" if wants_fragment() else f"tenants/{folder}.html"
    context = {
        "tenant": tenant,
        "form": form,
        "section": section,
        "version": version or tenant.version,
        # A form on its own page links back to the tenant; one inside a card stays in the card.
        "in_place": wants_fragment(),
        **words,
    }
    return make_response(render_template(template, **context), status)


def offered_password(form: TenantForm) -> str | None:
    """Returns a new password when the "generate" button was used, else None.

    The form is then shown again as typed, with the password in it; nothing is stored or validated.
    """
    asked = "sip_password" in form and request.form.get("offer")
    return password_generator.generate_sip_password() if asked else None


def refused(
    tenant: Tenant,
    form: TenantForm,
    section: Section | None,
    version: int,
    broken: RuleBroken | None = None,
) -> Response:
    """422: the form again with what was typed and an error beside each wrong field."""
    if broken:
        put_errors(form, broken)
    return show_form(tenant, form, section, version, 422)


def put_errors(form: TenantForm, broken: RuleBroken) -> None:
    """Sets the errors of a broken rule on their fields, and fills in lowered values."""
    for name, message in broken.errors.items():
        form.fail(name, message)
    for name, value in broken.lowered.items():
        form[name].data = form_value(value)
    if broken.plan:
        form["ceilings_seen"].data = broken.plan


def failed(
    tenant: Tenant,
    form: TenantForm,
    section: Section | None,
    version: int,
    error: SQLAlchemyError,
) -> Response:
    """503: the database refused or did not answer; nothing was saved, the input is kept."""
    return show_form(tenant, form, section, version, 503, problem=explain(error))


def explain(error: SQLAlchemyError) -> str:
    """Returns the message about a failed save for the person; logs the kind of error."""
    log_database_error(error)
    return f"{FAILED} Request {g.request_id}."


def conflicted(
    tenant: Tenant, form: TenantForm, section: Section | None, conflict: Conflict
) -> Response:
    """409: the form with the new version, own and other values side by side (DESIGN 6)."""
    return show_form(tenant, form, section, status=409, **side_by_side(tenant, form, conflict))


def side_by_side(tenant: Tenant, form: TenantForm, conflict: Conflict) -> dict[str, Any]:
    """Returns the template values of a conflict: new version, notes per field, latest change.

    Fields that only other people changed get their stored values.
    """
    notes = {name: _conflict_note(form, theirs) for name, theirs in conflict.theirs.items()}
    for name, note in notes.items():
        if note.secret and "remove_sip_password" in form:
            # One more click must not delete a password that another person set a minute ago.
            form["remove_sip_password"].data = False
        elif note.kind == "theirs" and name in form:
            form[name].data = note.theirs if name == "blocked_services" else form_value(note.theirs)
    by = last_change(conflict.latest)
    assert by is not None
    mine = {
        n: ConflictNote("mine", by) for n, value in form.values.items() if tenant.differs(n, value)
    }
    return {"version": conflict.version, "notes": mine | notes, "latest": by}


def saved(result: Saved, section: Section | None) -> Response:
    """303 to the tenant page or, for htmx, every fragment that changed."""
    if section is None or not wants_fragment():
        return _to_page(result, section)
    try:
        return _saved_fragments(result, section)
    except SQLAlchemyError as error:
        # The save is committed, even if the page around it cannot be rendered now.
        log_database_error(error)
        return _to_page(result, section)


def _saved_fragments(result: Saved, section: Section) -> Response:
    entry = _entry_of(result, section)
    page, posted = Overview(result.tenant), posted_version()
    context = {
        "page": page,
        "section": section,
        "message": _message(result),
        "saved": saved_line.line_of(page, entry) if entry else None,
        "fresh": result.entry,
        # The other cards are as old as the form when somebody else saved in between.
        "seen": posted if result.tenant.version > posted + 1 else None,
    }
    return make_response(render_template("tenants/_saved.html", **context, focus=True))


def _entry_of(result: Saved, section: Section | None) -> UUID | None:
    """Returns the entry to name: this save's, or that of the first click of a double click."""
    if result.entry or not result.already:
        return result.entry
    action = section.action if section else Action.TENANT_STATUS
    return saved_line.own_entry(result.tenant, action)


def _message(result: Saved) -> str:
    """Returns what is said where no entry can be named."""
    if result.entry:
        return SAVED
    return ALREADY if result.already else UNCHANGED


def change_since(tenant: Tenant, version: int) -> dict[str, Any] | None:
    """Returns the latest change after a version, somebody else's first; None for none."""
    entries = history.after_version(tenant.id, version)
    others = [entry for entry in entries if entry.actor_name != current_user.username]
    latest = next(iter(others or entries), None)
    return {"change": last_change(latest), "own": not others} if latest else None


def _to_page(result: Saved, section: Section | None) -> Response:
    tenant, entry = result.tenant, _entry_of(result, section)
    if entry:
        saved_line.keep_for_next_page(entry)
    else:
        flash(_message(result))
    anchor = section.anchor if section else None
    return go_to(url_for("tenants.page", tenant_id=tenant.id, _anchor=anchor))


def _conflict_note(form: TenantForm, theirs: ConcurrentChange) -> ConflictNote:
    by = last_change(theirs.entry)
    assert by is not None
    if theirs.secret:
        return ConflictNote("both" if theirs.field in form.values else "theirs", by, secret=True)
    mine = form.values.get(theirs.field)
    if any(same_json(mine, value) for value in (theirs.before, theirs.now) if _known(value)):
        return ConflictNote("theirs", by, theirs.now, theirs.before)
    return ConflictNote("both", by, theirs.now, theirs.before)


def _known(value: Any) -> bool:
    return value is not UNREADABLE
