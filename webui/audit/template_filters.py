"""Filters of the history templates: labels, ids of elements, shortened values."""

from flask import Flask

from webui.history.narrative.fragments import uncapitalised
from webui.history.query.diff import LONG
from webui.history.query.labels import field_label
from webui.tenants.reverts import undo

CHANGES_OF = "changes-of-"


def init_audit_filters(app: Flask) -> None:
    """Registers the filters of the history templates."""
    app.jinja_env.filters["changes_place"] = changes_place
    app.jinja_env.filters["truncated"] = truncated
    app.jinja_env.filters["field_label"] = field_label
    app.jinja_env.globals["undo_words"] = undo.STATE_WORDS
    app.jinja_env.filters["uncapitalised"] = uncapitalised


def changes_place(field: str) -> str:
    """Returns the id of the element on a tenant page where the changes of a field open."""
    return CHANGES_OF + field.replace("_", "-")


def truncated(text: str) -> str:
    """Shortens a value that is too long for a sentence."""
    return text if len(text) <= LONG else f"{text[:LONG].rstrip()}…"
