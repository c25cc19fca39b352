"""What the templates of the history say: times of day, long values cut."""

from flask import Flask

from webui.audit import times
from webui.audit.pairs import LONG
from webui.audit.parts import Part


def init_words(app: Flask) -> None:
    """Gives the templates their filters."""
    app.jinja_env.filters["clock"] = times.clock
    app.jinja_env.filters["truncated"] = truncated
    app.jinja_env.filters["after_colon"] = after_colon


def after_colon(parts: list[Part]) -> list[Part]:
    """A sentence that goes on after a name and a colon."""
    first = parts[0]
    return [Part(first.kind, first.text[:1].lower() + first.text[1:], first.mono), *parts[1:]]


def truncated(text: str) -> str:
    """A value in a sentence: cut where it is too long for one."""
    return text if len(text) <= LONG else f"{text[:LONG].rstrip()}…"
