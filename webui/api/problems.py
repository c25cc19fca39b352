"""Refusals of the API, and the JSON that they become."""

from collections.abc import Mapping, Sequence

from flask import Response
from pydantic import ValidationError

from webui.web.json_errors import Problem, json_error, problem

MOST = 200
"""The most items of one error."""


class Refused(Exception):
    """The request is answered with an error; nothing was written."""

    def __init__(
        self,
        status: int,
        problems: str | Sequence[Problem],
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(f"refused with {status}")
        self.status = status
        self.problems = problems
        self.headers = headers

    def response(self) -> Response:
        """Returns the error as JSON."""
        return json_error(self.status, self.problems, self.headers)


def of_validation(error: ValidationError, place: str) -> list[Problem]:
    """Returns one item per field for what pydantic found; ``place``: body, query or header.

    At most MOST: a body of thousands of wrong rows would get an answer many times its size.
    """
    first: dict[tuple[str | int, ...], Problem] = {}
    for found in error.errors(include_url=False, include_context=False):
        if len(first) == MOST:
            break
        loc = (place, *found["loc"])
        words = found["msg"].removeprefix("Value error, ")
        # The value of an unknown field may be a secret whose name was misspelt.
        given = {} if found["type"] == "extra_forbidden" else {"input": found["input"]}
        first.setdefault(loc, problem(loc, words, found["type"], **given))
    return list(first.values())


def of_rules(errors: Mapping[str, str]) -> list[Problem]:
    """Returns an item per field that breaks a rule of several fields."""
    return [problem(["body", name], words, "rule") for name, words in errors.items()]
