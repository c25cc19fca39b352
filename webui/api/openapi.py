"""``openapi.json``: the description of the API (OpenAPI 3.1), made from the declared operations."""

import json
import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from flask import Blueprint, Response, current_app
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from webui.accounts.api_tokens.scopes import Scope
from webui.api import schemas
from webui.api.field_types import metadata_levels
from webui.api.operation import Operation
from webui.api.representation import json_response
from webui.core.catalogue import FIELDS
from webui.core.field_types import Metadata
from webui.core.permissions import public
from webui.web.json_errors import KINDS
from webui.web.programs import PREFIX
from webui.web.request_actor import site

bp = Blueprint("api_description", __name__)
_REF = "#/components/schemas/{model}"
_ARGUMENT = re.compile(r"<(?:[^:<>]+:)?(\w+)>")
_ALWAYS = (401, 403, 404, 422, 429, 503)
_PATH_TYPES = {
    "tenant_id": {"type": "string", "format": "uuid"},
    "month": schemas.MONTH_SCHEMA,
}
_SAID = {
    401: "The token is missing, wrong, expired or revoked.",
    403: "The account or the token may not do this.",
    404: "There is no such tenant, or it is not yours.",
    409: "The request does not fit the state of the tenant.",
    412: "The tenant has another version.",
    413: "The body is too large.",
    415: "The body is not JSON in UTF-8.",
    422: "Fields or parameters are wrong: one item for each.",
    429: "Too many requests: wait as Retry-After says.",
    503: "The database did not answer, or a value cannot be decrypted.",
}
_ANSWERED_WITH = {
    401: ("WWW-Authenticate", "What is wrong with the token (RFC 6750)."),
    412: ("ETag", "The tenant's version now."),
    429: ("Retry-After", "Seconds to wait."),
}
"""Status -> a header of such an error, and what it means."""
_ABOUT = """\
Read and change tenants by program, with the sections, limits, rules and history of the console.

A PUT changes the fields that it contains; absent fields stay as they are. Several fields are one
change: all of them are saved, with one entry in the history, or none. Secrets are write-only.
Errors are JSON: `detail` lists what is wrong, one item for each field.
Every response has `X-Request-ID`, which the history shows too; a request may bring its own."""


@bp.get(f"{PREFIX}/openapi.json")
@public
def openapi() -> Response:
    """The description of the API; it holds nothing secret."""
    return json_response({**description(), "servers": [{"url": site()}]})


@cache
def description() -> dict[str, Any]:
    """Returns the description, without the address of the server."""
    return {
        "openapi": "3.1.0",
        "info": {"title": "Tenant Console API", "version": "1", "description": _ABOUT},
        "security": [{"token": []}],
        "paths": _paths(),
        "components": {
            "schemas": _schemas(),
            "securitySchemes": {
                "token": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "A token from the account page. Scopes: "
                    + "; ".join(f"`{scope}`: {scope.meaning}" for scope in Scope),
                }
            },
        },
    }


def operations() -> Iterator[tuple[str, str, Operation, Any]]:
    """Yields (path, method, operation, view) for every declared operation, in path order."""
    rules = sorted(current_app.url_map.iter_rules(), key=lambda rule: rule.rule)
    for rule in rules:
        view: Any = current_app.view_functions[rule.endpoint]
        declared = getattr(view, "operation", None)
        if declared:
            path = _ARGUMENT.sub(r"{\1}", rule.rule)
            for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
                yield path, method.lower(), declared, view


def _paths() -> dict[str, dict[str, Any]]:
    paths: dict[str, dict[str, Any]] = {}
    for path, method, declared, view in operations():
        paths.setdefault(path, {})[method] = _operation(path, declared, view)
    return paths


def _operation(path: str, declared: Operation, view: Any) -> dict[str, Any]:
    described: dict[str, Any] = {
        "operationId": view.__name__,
        "tags": [declared.tag],
        "summary": declared.summary,
        "description": view.__doc__,
        "security": [{"token": [str(declared.scope)] if declared.scope else []}],
        "parameters": _parameters(path, declared),
        "responses": _responses(declared),
    }
    if declared.body:
        described["requestBody"] = {
            "required": True,
            "content": {"application/json": {"schema": _schema_of(declared.body)}},
        }
    return described


def _parameters(path: str, declared: Operation) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = [
        {"name": name, "in": "path", "required": True, "schema": _PATH_TYPES[name]}
        for name in re.findall(r"{(\w+)}", path)
    ]
    if declared.query:
        for name, schema in declared.query.model_json_schema()["properties"].items():
            found.append({"name": name, "in": "query", "required": False, "schema": schema})
    return found + [
        {"name": one.name, "in": "header", "description": one.meaning, "schema": one.schema}
        for one in declared.headers
    ]


def _responses(declared: Operation) -> dict[str, Any]:
    schema = _schema_of(declared.returns)
    if declared.many:
        schema = {"type": "array", "items": schema}
    answer: dict[str, Any] = {
        "description": declared.summary,
        "content": {"application/json": {"schema": schema}},
    }
    if declared.answers:
        answer["headers"] = _headers(declared.answers)
    of_body = (413, 415) if declared.body else ()
    statuses = sorted({*_ALWAYS, *of_body, *declared.errors})
    problems = {"application/json": {"schema": _schema_of(schemas.Problems)}}
    assert set(statuses) <= KINDS.keys()
    return {
        str(declared.status): answer,
        **{str(status): _error(status, problems) for status in statuses},
    }


def _error(status: int, problems: Any) -> dict[str, Any]:
    described = {"description": _SAID[status], "content": problems}
    header = _ANSWERED_WITH.get(status)
    return {**described, "headers": _headers(dict([header]))} if header else described


def _headers(meanings: Mapping[str, str]) -> dict[str, Any]:
    return {
        name: {"description": meaning, "schema": {"type": "string"}}
        for name, meaning in meanings.items()
    }


def _schema_of(kind: type) -> dict[str, Any]:
    if issubclass(kind, BaseModel):
        return {"$ref": _REF.format(model=kind.__name__)}
    return {"type": "object"}


def _schemas() -> dict[str, Any]:
    models: dict[Any, Any] = {schemas.Problems: None}
    for _, _, declared, _ in operations():
        for kind in (declared.body, declared.returns):
            if kind and issubclass(kind, BaseModel):
                models[kind] = None
    pairs = [(model, "validation") for model in models]
    _, definitions = models_json_schema(pairs, ref_template=_REF)  # type: ignore[arg-type]
    # Docstrings mark code as reStructuredText does; a description is Markdown.
    found: dict[str, Any] = json.loads(json.dumps(definitions["$defs"]).replace("``", "`"))
    for field in FIELDS.values():
        found |= metadata_levels(field) if isinstance(field, Metadata) else {}
    return found
