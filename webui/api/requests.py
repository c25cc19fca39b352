"""What the API reads from a request besides its path: query, body, reason, preconditions."""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar, get_origin

from flask import request
from pydantic import BaseModel, ValidationError

from webui import values
from webui.api import headers
from webui.api.bearer import bearer
from webui.api.bodies import json_body
from webui.api.problems import Refused, of_validation
from webui.core.limits import REASON
from webui.core.permissions import Permission, may
from webui.web.json_errors import problem

Model = TypeVar("Model", bound=BaseModel)


def body_as(model: type[Model], kept: Mapping[str, Any] | None = None) -> Model:
    """Returns the body as an object of the model. Raises Refused with 413, 415 or 422.

    ``kept``: field -> stored value that may be sent back, although a new one must be another.
    """
    body = json_body()
    if kept and isinstance(body, dict):
        body = {n: v for n, v in body.items() if n not in kept or v != kept[n]}
    return _valid(model, body, "body")


def query_as(model: type[Model]) -> Model:
    """Returns the query as an object of the model. Raises Refused for a repeated parameter."""
    lists = {name for name, field in model.model_fields.items() if _is_list(field.annotation)}
    repeated = [n for n in request.args if len(request.args.getlist(n)) > 1 and n not in lists]
    if repeated:
        raise Refused(
            422, [problem(["query", name], "Send it once.", "repeated") for name in repeated]
        )
    given = {n: request.args.getlist(n) if n in lists else v for n, v in request.args.items()}
    return _valid(model, given, "query")


def _is_list(kind: Any) -> bool:
    return get_origin(kind) is list


def _valid(model: type[Model], value: Any, place: str) -> Model:
    try:
        return model.model_validate(value)
    except ValidationError as error:
        raise Refused(422, of_validation(error, place)) from None


def change_reason(sent: str | None = None) -> str | None:
    """Returns why the change is made: ``sent``, else the header, else the token's purpose.

    None for owners, of whom no reason is asked. Raises Refused for a header outside its limits,
    also when it is not used.
    """
    header = _reason_in_header()
    if not may(Permission.GIVE_REASON):
        return None
    return sent or header or bearer().purpose


def _reason_in_header() -> str | None:
    header = request.headers.get(headers.REASON.name)
    if header is None:
        return None
    try:
        # A header is bytes; programs send UTF-8, which the server reads as Latin-1.
        return values.text(header.encode("latin-1").decode("utf-8"), REASON)
    except UnicodeDecodeError:
        raise _bad_header("The reason is not UTF-8.") from None
    except values.Refused as refusal:
        raise _bad_header(str(refusal)) from None


def _bad_header(words: str) -> Refused:
    return Refused(422, [problem(["header", headers.REASON.name], words, "value_error")])


def expected_version() -> Callable[[int], bool] | None:
    """Returns what judges the tenant's version by ``If-Match``; None without the header."""
    if headers.IF_MATCH.name not in request.headers:
        return None
    tags = request.if_match
    return lambda version: tags.contains(str(version))
