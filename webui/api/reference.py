"""The readable page of the API, made from the same description as ``openapi.json``."""

from dataclasses import dataclass
from typing import Any

from flask import Blueprint, render_template, request

from webui.accounts.api_tokens.scopes import Scope
from webui.api.examples import curl_of
from webui.api.openapi import description
from webui.core.permissions import Permission, requires
from webui.values import question, search_words
from webui.web.request_actor import site

bp = Blueprint("api", __name__)
_METHODS = ("get", "post", "put")


@dataclass(frozen=True)
class Row:
    """A parameter or a field: its name, type and limits in words, and what it means."""

    name: str
    kind: str
    meaning: str
    required: bool = False


@dataclass(frozen=True)
class Entry:
    """One operation on the page."""

    name: str
    method: str
    path: str
    described: dict[str, Any]

    @property
    def parameters(self) -> list[Row]:
        """The parameters of path, query and header."""
        return [
            Row(
                part["name"],
                f"{part['in']}, {kind_of(part['schema'])}",
                part.get("description") or part["schema"].get("description") or "",
                part.get("required", False),
            )
            for part in self.described["parameters"]
        ]

    @property
    def fields(self) -> list[Row]:
        """The fields of the body."""
        body = self.described.get("requestBody")
        return rows_of(body["content"]["application/json"]["schema"]) if body else []

    @property
    def responses(self) -> list[tuple[str, str]]:
        """Status and meaning of each response."""
        return [
            (status, said["description"]) for status, said in self.described["responses"].items()
        ]

    @property
    def scope(self) -> str:
        """The scope that a token needs; empty when any token will do."""
        return next(iter(self.described["security"][0]["token"]), "")

    @property
    def curl(self) -> str:
        """An example."""
        return curl_of(self.name, self.method, self.path, site())

    def fits(self, words: list[str]) -> bool:
        """Whether every word stands somewhere in the operation."""
        rows = [*self.parameters, *self.fields]
        about = " ".join(f"{row.name} {row.meaning}" for row in rows)
        said = (self.method, self.path, self.described["summary"], self.described["description"])
        text = " ".join((*said, about)).lower().replace("_", " ")
        return all(word in text for word in words)


@bp.get("/api")
@requires(Permission.SIGNED_IN)
def index() -> str:
    """The page; ``q`` narrows it to the operations that contain all of its words."""
    asked = question(request.args.get("q", ""))[:200]
    words = search_words(asked.replace("_", " "))
    entries = [entry for entry in all_entries() if entry.fits(words)]
    tags: dict[str, list[Entry]] = {}
    for entry in entries:
        tags.setdefault(entry.described["tags"][0], []).append(entry)
    returned = rows_of({"$ref": "#/components/schemas/Tenant"})
    return render_template(
        "api/index.html", tags=tags, q=asked, scopes=list(Scope), tenant_fields=returned
    )


def all_entries() -> list[Entry]:
    """Returns every operation, in the order of the paths."""
    return [
        Entry(operation["operationId"], method, path, operation)
        for path, methods in description()["paths"].items()
        for method, operation in sorted(methods.items(), key=lambda item: _METHODS.index(item[0]))
    ]


def rows_of(schema: dict[str, Any]) -> list[Row]:
    """Returns the fields of an object; of a list in it, the fields of its items."""
    found = _resolved(schema)
    required = found.get("required", [])
    rows = []
    for name, part in found.get("properties", {}).items():
        rows.append(Row(name, kind_of(part), part.get("description", ""), name in required))
        items = _resolved(part.get("items", {}))
        rows += [
            Row(f"{name}[].{row.name}", row.kind, row.meaning, row.required)
            for row in (rows_of(items) if "properties" in items else [])
        ]
    return rows


def _resolved(schema: dict[str, Any]) -> dict[str, Any]:
    named = schema.get("$ref", "").rpartition("/")[2]
    found: dict[str, Any] = description()["components"]["schemas"][named] if named else schema
    return found


def kind_of(schema: dict[str, Any]) -> str:
    """Returns type and limits of a value in words."""
    if "anyOf" in schema:
        return " or ".join(kind_of(part) for part in schema["anyOf"])
    if "enum" in schema:
        return " | ".join(map(str, schema["enum"]))
    kind = schema.get("type", "object")
    if kind == "array":
        return f"list of {kind_of(_resolved(schema.get('items', {})))}"
    if "maxLength" in schema:
        return f"{kind}, {schema.get('minLength', 0):,} to {schema['maxLength']:,} characters"
    if "maximum" in schema:
        return f"{kind}, {schema['minimum']:,} to {schema['maximum']:,}"
    return f"{kind}, {schema['format']}" if "format" in schema else str(kind)
