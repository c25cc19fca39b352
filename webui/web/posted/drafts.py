"""Drafts: input that survives the end of a session, encrypted, shown again after signing in.

Even a session that has ended may write drafts, so they are limited: only forms whose page exists
for the account, a number per minute, and per account a number of drafts and characters; the oldest
ones are deleted first.
"""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any, TypeVar, cast
from uuid import UUID

from flask import Response, current_app, g, make_response, request, url_for
from flask_login import current_user
from sqlalchemy import ColumnElement, bindparam, delete, func, or_, select
from werkzeug.datastructures import MultiDict

from webui.core.catalogue import FIELDS
from webui.core.extensions import db, write_transaction
from webui.core.field_types import Secret
from webui.core.permissions import Permission, Role, allows, declared, may_open
from webui.crypto.keyring import SecretError
from webui.models import ApiToken, AuditEntry, Draft, Tenant, TryCounter, User
from webui.models.columns import now
from webui.rate_limits.throttle import TooMany
from webui.rate_limits.try_limits import Counter, Limit
from webui.web.posted.csrf_tokens import is_valid

LIFETIME = timedelta(hours=12)
MOST = 50
"""Drafts of an account."""
MOST_CHARACTERS = 1_000_000
"""Characters of all drafts of an account, as stored; a single draft may have more."""
MOST_A_MINUTE = 60
"""Drafts that an account may store per minute, new and replaced ones."""
_MINUTE = timedelta(minutes=1)
_LIMIT = Limit("drafts", MOST_A_MINUTE, _MINUTE, _MINUTE, forget=_MINUTE)
# The fields of all forms besides tenant fields; secrets are never stored.
_ACCOUNT = {"username", "email", "role", "tenant_id"}
_TOKEN = {"name", "purpose", "scopes", "days"}
_OTHERS = {"reason", "version", "ceilings_seen", "remove_sip_password", "field"}
_KEPT = (_OTHERS | _ACCOUNT | _TOKEN) | {
    name for name, field in FIELDS.items() if not isinstance(field, Secret)
}
# Built once: every save deletes its draft, though few have one.
_DRAFTS: Any = Draft.__table__
_FORGET = delete(_DRAFTS).where(
    _DRAFTS.c.user_id == bindparam("user"), _DRAFTS.c.form == bindparam("path")
)
View = TypeVar("View", bound=Callable[..., Any])


def keeps_draft(
    page: str, completed: Callable[[UUID], dict[str, Any]] = lambda _tenant_id: {}
) -> Callable[[View], View]:
    """Declares that the input of a view is kept as a draft; ``page`` is its form's endpoint.

    ``completed`` returns, for the account's tenant, arguments that the URL of the form needs and
    the posted URL may leave out.
    """

    def declare(view: View) -> View:
        view.draft_page = page  # type: ignore[attr-defined]
        view.draft_arguments = completed  # type: ignore[attr-defined]
        return view

    return declare


def keep_posted(find_ended: Callable[[], Any]) -> str | None:
    """Stores the posted form of an ended session; returns the form's URL, or None.

    ``find_ended`` returns that session with its account, or None if that may not sign in. Only for
    that session's account, with a valid CSRF token, and if its role and tenant allow the form.
    Raises TooMany.
    """
    page = form_page()
    session = find_ended() if page and request.method == "POST" else None
    if session is None or page is None or not _may_keep(session) or not _is_csrf_valid():
        return None
    _refuse_over_limit(session.user_id)
    content, arguments = posted_fields(), _arguments(session.tenant_id)
    with write_transaction():
        path = url_for(request.endpoint or "", **arguments)
        draft_id = put_draft(session.user_id, path, content)
    return url_for(page, **arguments, draft=draft_id)


def _arguments(tenant_id: UUID) -> dict[str, Any]:
    """Returns the arguments of the URL, with those that it may leave out."""
    view: Any = current_app.view_functions[request.endpoint or ""]
    return {**view.draft_arguments(tenant_id), **(request.view_args or {})}


def posted_fields() -> str:
    """Returns the posted form without secrets, as a draft stores it."""
    kept = {n: request.form.getlist(n) for n in request.form if n in _KEPT}
    # Not escaped: escapes would take three times the space for most scripts.
    return json.dumps(kept, ensure_ascii=False)


def put_draft(user_id: UUID, form: str, content: str) -> UUID:
    """Stores the input of a form in the current transaction; returns the draft's id.

    Raises TooMany.
    """
    # One transaction at a time for each account, so that the limits are exact.
    db.session.get_one(User, user_id, with_for_update=True)
    _count_draft(user_id)
    old = or_(Draft.form == form, Draft.created_at < now() - LIFETIME)
    db.session.execute(delete(Draft).where(Draft.user_id == user_id, old))
    draft = Draft(user_id, form)
    draft.content = content
    db.session.add(draft)
    db.session.flush()
    _make_room(user_id)
    return draft.id


def _make_room(user_id: UUID) -> None:
    """Deletes the oldest drafts of an account that exceed its limits; never the newest."""
    query = select(Draft.id, func.length(Draft.content_sealed).label("size"))
    mine = query.where(Draft.user_id == user_id).order_by(Draft.created_at.desc(), Draft.id)
    size, over = 0, []
    for number, row in enumerate(db.session.execute(mine)):
        size += row.size
        if number and (number >= MOST or size > MOST_CHARACTERS):
            over.append(row.id)
    db.session.execute(delete(Draft).where(Draft.id.in_(over)))


def _refuse_over_limit(user_id: UUID) -> None:
    """Raises TooMany when the account reached the limit of this minute; writes nothing."""
    at, row = now(), db.session.get(TryCounter, _counter(user_id).key)
    if row and row.tries >= MOST_A_MINUTE and at < row.expires_at:
        raise TooMany(row.expires_at - at)


def _count_draft(user_id: UUID) -> None:
    """Counts a draft; the transaction must have locked the account. Raises TooMany."""
    _refuse_over_limit(user_id)
    at, counter = now(), _counter(user_id)
    row = db.session.get(TryCounter, counter.key)
    if row is None:
        row = TryCounter(key=counter.key, kind=_LIMIT.kind, tries=0, expires_at=at)
        db.session.add(row)
    if row.expires_at <= at:
        row.tries, row.expires_at = 0, at + _LIMIT.forget
    row.tries, row.last_at = row.tries + 1, at


def _counter(user_id: UUID) -> Counter:
    return Counter(_LIMIT, (str(user_id),))


def show_again(status: int) -> Response | None:
    """Returns the page of the posted form with its input, when the form cannot be checked.

    After signing in in another tab a form's CSRF token is invalid (400), and a form may be too
    large (413). Nothing is saved; the input is shown in a new form. Returns None when the form has
    no such page, or the page now redirects.
    """
    page = form_page()
    if page is None or not may_open(page, request.view_args):
        return None
    g.typed_again = MultiDict([i for i in request.form.items(multi=True) if i[0] in _KEPT])
    answer = make_response(current_app.view_functions[page](**(request.view_args or {})))
    if answer.status_code != 200:
        return None
    answer.status_code = status
    return answer


def form_page() -> str | None:
    """Returns the endpoint of the page with the form that was posted to the current view."""
    view = current_app.view_functions.get(request.endpoint or "")
    return getattr(view, "draft_page", None)


def _may_keep(session: Any) -> bool:
    """Whether the session's account may open such a page."""
    permission = declared(request.endpoint or "", request.view_args)
    tenant_id = (request.view_args or {}).get("tenant_id", session.tenant_id)
    return (
        isinstance(permission, Permission)
        and allows(session.role, permission)
        and (session.role != Role.OWNER or tenant_id == session.tenant_id)
        and all(_is_there(session, *item) for item in (request.view_args or {}).items())
    )


def _is_there(session: Any, name: str, value: Any) -> bool:
    """Whether an object in the URL exists and the account may see it."""
    if not isinstance(value, UUID):
        # A section or step: the URL converter accepts only existing ones.
        return True
    query = {
        "tenant_id": select(Tenant.id).where(Tenant.id == value),
        "entry_id": select(AuditEntry.id).where(AuditEntry.id == value),
        "user_id": select(User.id).where(User.id == value),
        "token_id": select(ApiToken.id).where(ApiToken.id == value),
    }[name]
    if name == "user_id" and not allows(session.role, Permission.SEE_COLLEAGUES):
        query = query.where(User.tenant_id.is_not(None))
    return db.session.scalar(query) is not None


def find_draft(form: str) -> MultiDict[str, str] | None:
    """Returns the draft named in the URL's ``draft``, for this person and form path; or None."""
    try:
        draft_id = UUID(request.args.get("draft", ""))
    except ValueError:
        return _typed_again()
    return _typed_again() or _stored_input(form, Draft.id == draft_id)


def latest_draft(form: str) -> MultiDict[str, str] | None:
    """Returns this person's unsaved input of a form, or None."""
    return _typed_again() or _stored_input(form)


def _typed_again() -> MultiDict[str, str] | None:
    """Returns the input of this request, which :func:`show_again` shows in a new form."""
    return cast(MultiDict[str, str] | None, g.get("typed_again"))


def _stored_input(form: str, *conditions: ColumnElement[bool]) -> MultiDict[str, str] | None:
    """Returns the input of a draft of this person; None when missing, too old or undecryptable."""
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


def forget_draft(user_id: UUID, form: str) -> None:
    """Deletes the draft of a form, in the transaction that saves the form."""
    db.session.connection().execute(_FORGET, {"user": user_id, "path": form})


def _is_csrf_valid() -> bool:
    return is_valid(request.form.get("csrf_token") or request.headers.get("X-CSRFToken"))
