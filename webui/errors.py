"""Error pages: what went wrong, what was kept, what to do next. Nothing internal."""

from typing import Any

from flask import Flask, Response, current_app, g, make_response, render_template
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.exceptions import HTTPException

from webui.extensions import db
from webui.htmx import keep_page, wants_fragment

# status -> what happened, what to do
WORDS = {
    400: ("That request was incomplete", "Go back, reload the page and try again."),
    403: (
        "You may not do that",
        "Your role does not include it. Ask an administrator if it should.",
    ),
    404: ("There is no such page", "It may have moved, or it is not yours to see."),
    405: ("That is not how this page is used", "Go back and use the buttons on the page."),
    413: (
        "That was too much text",
        "Nothing was saved. Go back: what you typed is still there. Shorten it and save again.",
    ),
    429: ("Too many tries", "Wait a minute and try again."),
    500: (
        "Something broke on our side",
        "Nothing was saved. Try again; if it stays, pass on the number below.",
    ),
    503: (
        "The database did not answer",
        "Nothing was saved. Wait a moment and try again; go back to find what you typed.",
    ),
}


def init_errors(app: Flask) -> None:
    """Registers the handlers."""
    app.register_error_handler(CSRFError, _csrf_error)
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(SQLAlchemyError, _database_error)
    app.register_error_handler(Exception, _any_error)


def error_page(status: int, detail: str | None = None) -> Response:
    """The page of a status or, for htmx, a message above a page that stays as it is."""
    title, advice = WORDS.get(status, WORDS[500] if status >= 500 else WORDS[400])
    words = {
        "title": title,
        "advice": detail or advice,
        "request_id": g.get("request_id", ""),
        "status": status,
    }
    if wants_fragment():
        return keep_page(make_response(render_template("errors/_message.html", **words), status))
    return make_response(render_template("errors/error.html", **words), status)


def _csrf_error(_error: CSRFError) -> Response:
    return error_page(
        400, "This form is too old or incomplete. Go back, reload the page and try again."
    )


def _http_error(error: HTTPException) -> Any:
    code = error.code or 500
    if code < 400:
        return error
    custom = error.description if isinstance(error.description, Detail) else None
    return error_page(code, custom)


def _database_error(error: SQLAlchemyError) -> Response:
    db.session.rollback()
    current_app.logger.error("database error in request %s: %s", g.get("request_id"), error)
    return error_page(503)


def _any_error(error: Exception) -> Response:
    db.session.rollback()
    current_app.logger.exception("unexpected error in request %s", g.get("request_id"))
    return error_page(500)


class Detail(str):
    """A description for ``abort(status, Detail(...))`` that is meant for people."""

    __slots__ = ()
