"""Typed input that outlives a session: kept sealed, shown again after signing in."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any, TypeVar
from uuid import UUID

from flask import current_app, request, url_for
from flask_login import current_user
from flask_wtf.csrf import validate_csrf
from sqlalchemy import Select, select
from werkzeug.datastructures import MultiDict
from wtforms.validators import ValidationError

from webui.accounts import sessions
from webui.crypto.keyring import SecretError
from webui.extensions import db, write_transaction
from webui.limits import FIELDS, Secret
from webui.models import Draft
from webui.models.columns import now

LIFETIME = timedelta(hours=12)
# Everything a form may hold besides tenant fields; secrets are never kept.
_KEPT = {"reason", "version", "ceilings_seen"} | {
    name for name, field in FIELDS.items() if not isinstance(field, Secret)
}
View = TypeVar("View", bound=Callable[..., Any])


def keeps_draft(page: str) -> Callable[[View], View]:
    """Declares that what is posted to a view is kept; ``page`` is the endpoint of its form."""

    def declare(view: View) -> View:
        view.draft_page = page  # type: ignore[attr-defined]
        return view

    return declare


def keep_posted() -> str | None:
    """Keeps the posted form of an ended session; returns the form's page, or None.

    Only a browser that held a session of ours, with a CSRF token of its own, can leave a
    draft, and only for the account of that session.
    """
    view = current_app.view_functions.get(request.endpoint or "")
    page = getattr(view, "draft_page", None)
    hashed = sessions.current_hash()
    session = sessions.find(hashed) if hashed and page and request.method == "POST" else None
    if session is None or page is None or not _csrf_holds():
        return None
    user_id = session.user_id
    content = json.dumps(
        {name: request.form.getlist(name) for name in request.form if name in _KEPT}
    )
    with write_transaction():
        forget(user_id, request.path)
        db.session.flush()
        draft = Draft(user_id, request.path)
        draft.content = content
        db.session.add(draft)
        draft_id = draft.id
    return url_for(page, **(request.view_args or {}), draft=draft_id)


def find(form: str) -> MultiDict[str, str] | None:
    """What the ``draft`` of the URL holds for this person and form (its path), or None."""
    try:
        draft_id = UUID(request.args.get("draft", ""))
    except ValueError:
        return None
    fresh = Draft.created_at > now() - LIFETIME
    draft = db.session.scalars(
        _of(current_user.id, form).where(Draft.id == draft_id, fresh)
    ).first()
    if draft is None:
        return None
    try:
        typed = json.loads(draft.content)
    except SecretError:
        return None
    return MultiDict([(name, value) for name, sent in typed.items() for value in sent])


def exists(user_id: UUID, form: str) -> bool:
    """Whether a draft of the form is kept."""
    return db.session.scalars(_of(user_id, form)).first() is not None


def forget(user_id: UUID, form: str) -> None:
    """Removes the draft of a form, in the transaction that saves the form."""
    for draft in db.session.scalars(_of(user_id, form)):
        db.session.delete(draft)


def _of(user_id: UUID, form: str) -> Select[Draft]:
    return select(Draft).where(Draft.user_id == user_id, Draft.form == form)


def _csrf_holds() -> bool:
    try:
        validate_csrf(request.form.get("csrf_token") or request.headers.get("X-CSRFToken"))
    except ValidationError:
        return False
    return True
