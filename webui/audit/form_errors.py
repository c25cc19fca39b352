"""Errors in the history's filter form: wrong input stays in its field, beside the error."""

from dataclasses import dataclass

from werkzeug.datastructures import MultiDict

from webui.audit.pickers import TYPED
from webui.history.query.filters import BadFilter

FIELDS = (*TYPED, "q", "address", "request")
"""The text fields of the form. A wrong value of another parameter was not typed by a person."""


@dataclass(frozen=True)
class Refusal:
    """The input of a field, and its error message."""

    typed: str
    words: str


def keep_for_form(
    arguments: MultiDict[str, str], error: BadFilter, refused: dict[str, Refusal]
) -> MultiDict[str, str]:
    """Removes the value that ``error`` is about and adds it to ``refused``; returns the rest.

    Raises the error itself when the form has no text field for it.
    """
    name = error.field
    if name not in FIELDS or not arguments.get(name):
        raise error
    # The typed value follows the values that are shown as chips.
    *chips, typed = arguments.getlist(name)
    left = MultiDict(arguments)
    # The field stays empty: its value from the URL was replaced by the wrong input.
    left.setlist(name, [] if name in refused else chips)
    refused.setdefault(name, Refusal(typed, str(error)))
    return left


def status_of(refused: dict[str, Refusal]) -> int:
    """Returns 200; 422 for wrong input in the form; 400 for a wrong parameter of the URL."""
    if not refused:
        return 200
    return 422 if all(name in TYPED for name in refused) else 400
