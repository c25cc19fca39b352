"""What a person typed wrong into the history's form: kept beside its error, to be mended."""

from dataclasses import dataclass

from werkzeug.datastructures import MultiDict

from webui.audit.pickers import TYPED
from webui.history.query.filters import BadFilter

FIELDS = (*TYPED, "q", "address", "request")
"""The fields of the form that one types into; wrong values of the others are nobody's typing."""


@dataclass(frozen=True)
class Refusal:
    """What stood in a field, and what is wrong with it."""

    typed: str
    words: str


def keep_for_form(
    arguments: MultiDict[str, str], error: BadFilter, refused: dict[str, Refusal]
) -> MultiDict[str, str]:
    """The parameters without the value that ``error`` is about, which is noted in ``refused``.

    Raises the error itself when the form has no field to mend it in.
    """
    name = error.field
    if name not in FIELDS or not arguments.get(name):
        raise error
    # What is typed comes after the values that stand as chips already.
    *chips, typed = arguments.getlist(name)
    left = MultiDict(arguments)
    # The empty field stays: what the URL had in its place stands for nothing any more.
    left.setlist(name, [] if name in refused else chips)
    refused.setdefault(name, Refusal(typed, str(error)))
    return left


def status_of(refused: dict[str, Refusal]) -> int:
    """200; 422 for a form that is filled in wrong; 400 for a wrong parameter of the URL."""
    if not refused:
        return 200
    return 422 if all(name in TYPED for name in refused) else 400
