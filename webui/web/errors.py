"""Error pages: what happened, whether input was kept, what to do next; nothing internal."""

from typing import Any

from flask import Flask, Response, current_app, g, make_response, render_template, request
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.exceptions import HTTPException, SecurityError

from webui.core.catalogue import FIELDS
from webui.core.extensions import RECORDED, db, is_no_text, login_manager
from webui.core.field_types import Secret
from webui.models.columns import SpoiledValue
from webui.web import json_errors
from webui.web.htmx import keep_page, wants_fragment
from webui.web.idempotency_keys import KeyReused
from webui.web.json_errors import json_error
from webui.web.navigation import referring_page
from webui.web.programs import answers_json

# status -> what happened, what to do; what was saved is said by `saved_words`
WORDS = {
    400: ("This request could not be read", "Reload the page and try again."),
    403: (
        "You do not have permission",
        "Your role does not include it. Ask an administrator if it should.",
    ),
    404: ("This page does not exist", "It may have moved, or you do not have access to it."),
    405: ("This page cannot be opened that way", "Go back and use the buttons on the page."),
    413: ("Too much text", "Shorten it and save again."),
    422: ("This cannot be done", "Go back and try something else."),
    429: ("Too many attempts", "Wait a minute and try again."),
    500: (
        "Something broke on our side",
        "Try again. If it happens again, report the request number below.",
    ),
    503: ("The database did not answer", "Wait a moment and try again."),
}
SPOILED_TITLE = "The database contains a value that cannot be read"
SPOILED_ADVICE = (
    "Waiting does not help: somebody must repair the database. Report the request number below."
)
NOTHING_SAVED = "Nothing was saved."
PERHAPS_SAVED = "Check whether it was saved before you try again."
# The statuses that leave open whether a posted form was saved.
_OPEN = {413, 422, 500, 503}
STILL_THERE = "Your text is still in the form."
_NEVER_ECHOED = {
    *("password", "current_password", "code", "current_code", "setup", "credential", "assertion"),
    *(name for name, field in FIELDS.items() if isinstance(field, Secret)),
}
# Fields that the page adds to a form; nobody typed them.
_NOT_TYPED = {"csrf_token", "version", "submission", "next"}
KEY_REUSED_TITLE = "This form was used before"
KEY_REUSED = "It was sent before, for something else. Nothing was done now. Open the form again."


def init_errors(app: Flask) -> None:
    """Registers the error handlers."""
    app.register_error_handler(SecurityError, _wrong_host)
    app.register_error_handler(CSRFError, _csrf_error)
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(SQLAlchemyError, _database_error)
    app.register_error_handler(SpoiledValue, _spoiled)
    app.register_error_handler(KeyReused, _key_reused)
    app.register_error_handler(Exception, _any_error)


def error_page(status: int, detail: str | None = None, **more: Any) -> Response:
    """Renders the page of a status or, for htmx, a message above the unchanged page."""
    if answers_json():
        words = detail or more.get("title") or json_errors.WORDS.get(status, json_errors.BROKEN)
        return json_error(status, words)
    title, advice = WORDS.get(status, WORDS[500] if status >= 500 else WORDS[400])
    # Below 500 a detail says itself what became of the form.
    saved = saved_words() if status in _OPEN and (status >= 500 or not detail) else ""
    words = {
        "title": title,
        "advice": f"{saved} {detail or advice}".strip(),
        "request_id": g.get("request_id", ""),
        "status": status,
        **more,
    }
    if wants_fragment():
        words["still_there"] = STILL_THERE if has_typed() else ""
        return keep_page(make_response(render_template("errors/_message.html", **words), status))
    words["kept"] = has_typed()
    return make_response(render_template("errors/error.html", **words), status)


def saved_words() -> str:
    """Returns a sentence about whether the posted form was saved; empty when none was posted.

    An error can also come after the commit, while the answer is made.
    """
    if request.method != "POST":
        return ""
    return PERHAPS_SAVED if db.session.info.get(RECORDED) else NOTHING_SAVED


def log_database_error(error: SQLAlchemyError) -> None:
    """Logs the kind of a database error. Its text is left out, as it may quote customers' data."""
    original = getattr(error, "orig", None)
    diagnosis = getattr(original, "diag", None)
    current_app.logger.error(
        "database error in request %s: %s %s %s",
        g.get("request_id"),
        type(original or error).__name__,
        getattr(original, "sqlstate", None) or getattr(original, "sqlite_errorname", ""),
        getattr(diagnosis, "constraint_name", "") or "",
    )


def _wrong_host(_error: SecurityError) -> Response:
    words = "This host name is not served here: see WEBUI_ORIGIN and WEBUI_ALLOWED_HOSTS."
    if answers_json():
        return json_error(400, words)
    return Response(f"{words}\n", 400, mimetype="text/plain")


def _csrf_error(_error: CSRFError) -> Response:
    return error_page(400, "This form is too old or incomplete. Reload the page and try again.")


def _http_error(error: HTTPException) -> Any:
    code = error.code or 500
    if code < 400:
        return error
    custom = error.description if isinstance(error.description, Detail) else None
    if answers_json():
        response = error_page(code, custom)
        response.headers.extend((n, v) for n, v in error.get_headers() if n == "Allow")
        return response
    return error_page(code, custom, back=referring_page() if code == 413 else None)


def _database_error(error: SQLAlchemyError) -> Response:
    log_database_error(error)
    if is_no_text(error):
        return _spoiled(error)
    _forget_person()
    return error_page(503, again=typed())


def _spoiled(_error: Exception) -> Response:
    """Handles a stored value of the wrong type, written outside the product."""
    current_app.logger.error("a stored value cannot be read in request %s", g.get("request_id"))
    _forget_person()
    return error_page(500, SPOILED_ADVICE, title=SPOILED_TITLE, again=typed())


def _key_reused(_error: KeyReused) -> Response:
    return error_page(400, KEY_REUSED, title=KEY_REUSED_TITLE)


def _any_error(error: Exception) -> Response:
    current_app.logger.exception("unexpected error in request %s", g.get("request_id"))
    _forget_person()
    return error_page(500)


def _forget_person() -> None:
    """Removes the current user, so that the error page needs no database, which may have failed."""
    db.session.rollback()
    g._login_user = login_manager.anonymous_user()
    for kept in ("held_permissions", "reader_zone"):
        g.pop(kept, None)


def typed() -> list[tuple[str, str]]:
    """Returns the posted fields without secrets, for a button that sends them again."""
    if request.method != "POST":
        return []
    return [item for item in request.form.items(multi=True) if item[0] not in _NEVER_ECHOED]


def has_typed() -> bool:
    """Whether the posted form has fields that a person filled in."""
    try:
        return any(value and name not in _NOT_TYPED for name, value in typed())
    except HTTPException:
        # A form that is too large is not read.
        return True


class Detail(str):
    """A description for ``abort(status, Detail(...))`` that is written for people."""

    __slots__ = ()
