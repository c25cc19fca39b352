"""Typed input that outlives a session: kept sealed, shown again after signing in."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any, TypeVar, cast
from uuid import UUID

from flask import Response, current_app, g, make_response, request, url_for
from flask_login import current_user
from flask_wtf.csrf import validate_csrf
from sqlalchemy import ColumnElement, bindparam, delete, or_, select
from werkzeug.datastructures import MultiDict
from wtforms.validators import ValidationError

from webui.accounts import sessions
from webui.catalogue import FIELDS
from webui.crypto.keyring import SecretError
from webui.extensions import db, write_transaction
from webui.field_types import Secret
from webui.models import Draft
from webui.models.columns import now
from webui.permissions import Permission, Role, allows, declared, may_open

LIFETIME = timedelta(hours=12)
# Everything a form may hold besides tenant fields; secrets are never kept.
_ACCOUNT = {"username", "email", "role", "tenant_id"}
_KEPT = {"reason", "version", "ceilings_seen", "remove_sip_password", "field", *_ACCOUNT} | {
    name for name, field in FIELDS.items() if not isinstance(field, Secret)
}
# Built once: every save forgets its draft, though few have one.
_DRAFTS: Any = Draft.__table__
_FORGET = delete(_DRAFTS).where(
    _DRAFTS.c.user_id == bindparam("user"), _DRAFTS.c.form == bindparam("path")
)
View = TypeVar("View", bound=Callable[..., Any])


def keeps_draft(page: str) -> Callable[[View], View]:
    """Declares that what is posted to a view is kept; ``page`` is the endpoint of its form."""

    def declare(view: View) -> View:
        view.draft_page = page  # type: ignore[attr-defined]
        return view

    return declare


def keep_posted() -> str | None:
    """Keeps the posted form of a session that grew too old; returns the form's page, or None.

    Only for the account of that session, with a CSRF token of its own, where its role and
    tenant allow the form. A session that was ended on purpose keeps nothing.
    """
    page = form_page()
    hashed = sessions.current_hash()
    session = sessions.find(hashed) if hashed and page and request.method == "POST" else None
    if session is None or page is None or not _may_keep(session) or not _csrf_holds():
        return None
    content = posted()
    with write_transaction():
        draft_id = put(session.user_id, request.path, content)
    return url_for(page, **(request.view_args or {}), draft=draft_id)


def posted() -> str:
    """What the posted form holds, secrets apart, as a draft keeps it."""
    return json.dumps({n: request.form.getlist(n) for n in request.form if n in _KEPT})


def put(user_id: UUID, form: str, content: str) -> UUID:
    """Keeps what was typed into a form, in the current transaction; returns the draft's id."""
    old = or_(Draft.form == form, Draft.created_at < now() - LIFETIME)
    db.session.execute(delete(Draft).where(Draft.user_id == user_id, old))
    draft = Draft(user_id, form)
    draft.content = content
    db.session.add(draft)
    return draft.id


def show_again(status: int) -> Response | None:
    """The page of the posted form with what was typed, when the form cannot be judged.

    After signing in in another tab a form's CSRF token is void (400), and it may be too large
    (413). Nothing is saved, and what was typed stands in a fresh form. None when the form has
    no such page, or it leads elsewhere now.
    """
    page = form_page()
    if page is None or not may_open(page):
        return None
    g.typed_again = MultiDict([i for i in request.form.items(multi=True) if i[0] in _KEPT])
    answer = make_response(current_app.view_functions[page](**(request.view_args or {})))
    if answer.status_code != 200:
        return None
    answer.status_code = status
    return answer


def form_page() -> str | None:
    """The endpoint of the page whose form was posted to the current view."""
    view = current_app.view_functions.get(request.endpoint or "")
    return getattr(view, "draft_page", None)


def _may_keep(session: Any) -> bool:
    """Whether nothing but its age ended the session, and its role may post here."""
    permission = declared(request.endpoint or "")
    tenant_id = (request.view_args or {}).get("tenant_id", session.tenant_id)
    return (
        sessions.could_hold(session)
        and isinstance(permission, Permission)
        and allows(session.role, permission)
        and (session.role != Role.OWNER or tenant_id == session.tenant_id)
    )


def find(form: str) -> MultiDict[str, str] | None:
    """What the ``draft`` of the URL holds for this person and form (its path), or None."""
    try:
        draft_id = UUID(request.args.get("draft", ""))
    except ValueError:
        return _typed_again()
    return _typed_again() or _opened(form, Draft.id == draft_id)


def latest(form: str) -> MultiDict[str, str] | None:
    """What this person typed into a form and did not save yet, or None."""
    return _typed_again() or _opened(form)


def _typed_again() -> MultiDict[str, str] | None:
    return cast(MultiDict[str, str] | None, g.get("typed_again"))


def _opened(form: str, *conditions: ColumnElement[bool]) -> MultiDict[str, str] | None:
    fresh = Draft.created_at > now() - LIFETIME
    query = select(Draft).where(Draft.user_id == current_user.id, Draft.form == form, fresh)
    draft = db.session.scalars(query.where(*conditions)).first()
    if draft is None:
        return None
    try:
        typed = json.loads(draft.content)
    except SecretError:
        return None
    return MultiDict([(name, value) for name, sent in typed.items() for value in sent])


def forget(user_id: UUID, form: str) -> None:
    """Removes the draft of a form, in the transaction that saves the form."""
    db.session.connection().execute(_FORGET, {"user": user_id, "path": form})


def _csrf_holds() -> bool:
    try:
        validate_csrf(request.form.get("csrf_token") or request.headers.get("X-CSRFToken"))
    except ValidationError:
        return False
    return True
