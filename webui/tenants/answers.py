"""What a form about a tenant is answered with: the form again, a conflict, or "saved"."""

from dataclasses import dataclass
from typing import Any

from flask import flash, make_response, render_template, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response

from webui import drafts
from webui.extensions import write_transaction
from webui.htmx import go_to, wants_fragment
from webui.models import Tenant
from webui.tenants import overview
from webui.tenants.conflicts import Conflict, Theirs
from webui.tenants.forms import TenantForm, shown
from webui.tenants.operations import Saved
from webui.tenants.overview import Mark, mark
from webui.tenants.rules import RuleBroken
from webui.tenants.sections import Section

SAVED = "Saved."
UNCHANGED = "Nothing changed, so nothing was saved."
FAILED = "Nothing was saved: the database did not answer. Your input is still here. Try again."


@dataclass(frozen=True)
class Note:
    """What a conflict form says beside a field.

    ``kind``: both (both changed it), theirs (only others did), mine (only this person did;
    ``mark`` is the latest of the others' then).
    """

    kind: str
    mark: Mark
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
    """The form of a section, or of the status when there is no section."""
    folder = "section" if section else "status"
    template = f"tenants/_{folder}_form.html" if wants_fragment() else f"tenants/{folder}.html"
    context = {
        "tenant": tenant,
        "form": form,
        "section": section,
        "version": version or tenant.version,
        **words,
    }
    return make_response(render_template(template, **context), status)


def refused(
    tenant: Tenant,
    form: TenantForm,
    section: Section | None,
    version: int,
    broken: RuleBroken | None = None,
) -> Response:
    """422: the form again with what was typed and an error beside each wrong field."""
    if broken:
        for name, message in broken.errors.items():
            form.fail(name, message)
        for name, value in broken.lowered.items():
            form[name].data = shown(value)
        if broken.plan:
            form["ceilings_seen"].data = broken.plan
    return show_form(tenant, form, section, version, 422)


def failed(tenant: Tenant, form: TenantForm, section: Section | None, version: int) -> Response:
    """503: the database refused or did not answer; nothing was saved, nothing is lost."""
    return show_form(tenant, form, section, version, 503, problem=FAILED)


def conflicted(
    tenant: Tenant, form: TenantForm, section: Section | None, conflict: Conflict
) -> Response:
    """409: the form with the new version, mine and theirs side by side (DESIGN 6)."""
    notes = {name: _note(form, theirs) for name, theirs in conflict.theirs.items()}
    for name, note in notes.items():
        if note.kind == "theirs" and not note.secret and name in form:
            form[name].data = note.theirs if name == "blocked_services" else shown(note.theirs)
    by = mark(conflict.latest)
    assert by is not None
    mine = {n: Note("mine", by) for n, value in form.values.items() if tenant.differs(n, value)}
    notes = mine | notes
    return show_form(
        tenant,
        form,
        section,
        conflict.version,
        409,
        notes=notes,
        latest=by,
    )


def saved(result: Saved, section: Section | None) -> Response:
    """303 to the page or, for htmx, every part of it that changed."""
    with_draft = drafts.exists(current_user.id, request.path)
    if with_draft:
        with write_transaction():
            drafts.forget(current_user.id, request.path)
    message = SAVED if result.entry else UNCHANGED
    if section is None or not wants_fragment():
        flash(message)
        anchor = section.anchor if section else None
        return go_to(url_for("tenants.page", tenant_id=result.tenant.id, _anchor=anchor))
    page = overview.build(result.tenant)
    return make_response(
        render_template(
            "tenants/_saved.html",
            page=page,
            section=section,
            message=message,
            fresh=result.entry,
            focus=True,
        )
    )


def _note(form: TenantForm, theirs: Theirs) -> Note:
    by = mark(theirs.entry)
    assert by is not None
    mine = form.values.get(theirs.field)
    if theirs.secret:
        return Note("both" if mine else "theirs", by, secret=True)
    if theirs.field not in form or mine in (theirs.before, theirs.now):
        return Note("theirs", by, theirs.now, theirs.before)
    return Note("both", by, theirs.now, theirs.before)
