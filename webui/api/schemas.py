"""The JSON objects of requests and responses. Absent stays as it is: no field has a default."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    WithJsonSchema,
    create_model,
)

from webui.accounts.api_tokens.scopes import Scope
from webui.api.field_types import OneOf, accepted, returned, text_schema
from webui.core.catalogue import FIELDS
from webui.core.field_types import MAX_SAFE_INTEGER, Secret, Services
from webui.core.limits import REASON, Service, Status
from webui.core.permissions import Role
from webui.usage import figures
from webui.values import Refused, text
from webui.webhooks import signing_secret

USAGE_ROWS = 10_000
"""The most rows of one request that reports usage."""
RETURNED = (
    "id",
    *(n for n, field in FIELDS.items() if not isinstance(field, Secret | Services)),
    *("monthly_usage_cents", "created_at", "updated_at"),
)
"""The fields of a tenant in a response: those of the platform's documentation."""
EDITABLE = [
    *(name for name, field in FIELDS.items() if field.use.section),
    signing_secret.FIELD,
]
"""The fields that a PUT may contain."""


class Strict(BaseModel):
    """A request: the JSON types themselves, and no field that is not declared."""

    model_config = ConfigDict(extra="forbid", strict=True, hide_input_in_errors=True)

    @property
    def sent(self) -> dict[str, Any]:
        """Name -> value of what was sent, and of nothing else."""
        return {name: getattr(self, name) for name in self.model_fields_set}


def absent() -> Any:
    """Returns the default of a field that need not be sent; the schema shows no default."""
    return Field(default_factory=lambda: None)


def model_of(
    name: str, about: str, fields: Mapping[str, Any], base: type[BaseModel] = Strict
) -> Any:
    """Returns a model of fields that only the catalogue knows: name -> (type, default)."""
    return create_model(name, __base__=base, __doc__=about, **fields)


Reason = Annotated[
    str,
    AfterValidator(lambda raw: text(raw, REASON)),
    WithJsonSchema(text_schema(REASON, "reason")),
    Field(title=REASON.label, description="Kept in the history."),
]
MONTH_SCHEMA = {
    "type": "string",
    "format": "month",
    "pattern": f"^{figures.MONTH}$",
    "description": "A month in UTC, such as 2026-11. Not in the future.",
}
"""A month from 2000 on; it must not be in the future, which no schema can say."""
Amount = Annotated[int, Field(ge=0, le=MAX_SAFE_INTEGER)]

TenantChange = model_of(
    "TenantChange",
    "The fields to change. A field that is absent stays as it is; null removes a value.",
    {name: (accepted(name), absent()) for name in EDITABLE},
)
NewTenant = model_of(
    "NewTenant",
    "A new tenant; the other fields get their defaults.",
    {"name": (accepted("name"), ...), "billing_plan": (accepted("billing_plan"), absent())},
)


def _unique(services: list[str]) -> list[str]:
    if len(set(services)) < len(services):
        raise Refused("Name each service once.")
    return services


class StatusChange(Strict):
    """The status. ``blocked_services`` is not empty if and only if the status is suspended."""

    status: Annotated[str, OneOf(Status)]
    blocked_services: Annotated[
        list[Annotated[str, OneOf(Service)]],
        AfterValidator(_unique),
        Field(
            description="Which services stop. Needed when suspended, empty otherwise.",
            json_schema_extra={"uniqueItems": True},
        ),
    ] = absent()
    reason: Reason = absent()
    model_config = ConfigDict(
        json_schema_extra={
            "if": {"properties": {"status": {"const": Status.SUSPENDED.value}}},
            "then": {
                "required": ["blocked_services"],
                "properties": {"blocked_services": {"minItems": 1}},
            },
            "else": {"properties": {"blocked_services": {"maxItems": 0}}},
        }
    )


_OF_ROW = f"0 to {MAX_SAFE_INTEGER:,}."


class UsageMonth(Strict):
    """The whole month's usage so far. It only grows, unless it is a correction with a reason."""

    model_config = ConfigDict(
        json_schema_extra={
            "if": {"properties": {"correction": {"const": True}}, "required": ["correction"]},
            "then": {"required": ["reason"]},
        }
    )
    usage_cents: Amount
    calls: Amount
    minutes: Amount
    correction: Annotated[
        bool, Field(description="Figures may be lower than those stored. Needs a reason.")
    ] = absent()
    reason: Reason = absent()


class UsageRow(Strict):
    """One tenant's month in a report of many.

    Only the types are checked here: a value outside its limits gets a verdict, and the other
    rows are stored.
    """

    tenant_id: Annotated[str, Field(description="With or without dashes.")]
    month: Annotated[str, Field(description="Such as 2026-11 (UTC).")]
    usage_cents: Annotated[int, Field(description=_OF_ROW)]
    calls: Annotated[int, Field(description=_OF_ROW)]
    minutes: Annotated[int, Field(description=_OF_ROW)]
    correction: bool = absent()
    reason: Annotated[str, Field(description="Needed for a correction.")] = absent()


class UsageReport(Strict):
    """Many months at once; each row gets its own verdict."""

    rows: Annotated[list[UsageRow], Field(min_length=1, max_length=USAGE_ROWS)]


class Verdict(BaseModel):
    """What became of one row; ``message`` says why it was not stored."""

    verdict: Annotated[str, OneOf(figures.Verdict)]
    message: str | None


class Verdicts(BaseModel):
    """The verdicts, in the order of the rows."""

    verdicts: list[Verdict]


class Me(BaseModel):
    """The account of the token, and the token's own limits. ``owner_id``: an owner's tenant."""

    user_id: UUID
    username: str
    role: Annotated[str, OneOf(Role)]
    owner_id: UUID | None
    scopes: list[Annotated[str, OneOf(Scope)]]
    expires_at: datetime


_OTHERS: dict[str, Any] = {
    "id": (UUID, ...),
    "monthly_usage_cents": (
        Annotated[Amount, Field(description="Usage of the current month (UTC), in cents.")],
        ...,
    ),
    "created_at": (datetime, ...),
    "updated_at": (datetime, ...),
}
Tenant = model_of(
    "Tenant",
    "A tenant. Secrets are never returned.",
    {name: _OTHERS.get(name) or (returned(name), ...) for name in RETURNED},
    BaseModel,
)


class Problem(BaseModel):
    """What is wrong with one part of the request. ``input`` is left out for secrets."""

    loc: list[str | int]
    msg: str
    type: str
    input: Any = absent()


class Problems(BaseModel):
    """Every error of the API."""

    detail: list[Problem]
