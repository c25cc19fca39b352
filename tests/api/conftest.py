"""Programs with their tokens."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from tests.factories import an_actor, make_tenant, make_user
from webui.accounts.api_tokens import operations
from webui.accounts.api_tokens.operations import NewToken
from webui.accounts.api_tokens.scopes import Scope, scopes_of_role
from webui.models import Tenant, User

PURPOSE = "Sync with the CRM"
TENANTS = "/api/v1/tenants"


class Program:
    """A client that sends JSON with a token, and knows the answers that it must get."""

    def __init__(self, app: Flask, user: User, scopes: frozenset[Scope] | None = None) -> None:
        self.client = app.test_client()
        self.user = user
        granted = scopes if scopes is not None else frozenset(scopes_of_role(user.role))
        new = NewToken("CRM", PURPOSE, granted, 90)
        self.token = operations.create(user.id, new, an_actor(user)).text

    def send(self, method: str, path: str, status: int, **options: Any) -> Any:
        """Sends a request and returns the response, which must have the status and be JSON."""
        headers = {"Authorization": f"Bearer {self.token}", **options.pop("headers", {})}
        response = self.client.open(path, method=method, headers=headers, **options)
        assert response.status_code == status, response.text
        assert response.headers["X-Request-ID"]
        assert self.token not in response.text
        if response.data:
            assert response.mimetype == "application/json"
        return response

    def get(self, path: str, status: int = 200, **options: Any) -> Any:
        """Returns the JSON of a GET."""
        return self.send("GET", path, status, **options).json

    def put(self, path: str, body: Any, status: int = 200, **options: Any) -> Any:
        """Returns the JSON of a PUT."""
        return self.send("PUT", path, status, json=body, **options).json

    def post(self, path: str, body: Any, status: int = 201, **options: Any) -> Any:
        """Returns the JSON of a POST."""
        return self.send("POST", path, status, json=body, **options).json


ProgramFor = Callable[..., Program]


@pytest.fixture
def program_for(app: Flask) -> ProgramFor:
    """Makes an account of a role, and a program with a token of it."""

    def make(role: str, tenant: Tenant | None = None, scopes: Any = None) -> Program:
        return Program(app, make_user(role, tenant, "a battery horse staple"), scopes)

    return make


@pytest.fixture
def program(program_for: ProgramFor) -> Program:
    """A program of the support team."""
    return program_for("support")


@pytest.fixture
def tenant(app: Flask) -> Tenant:
    """A tenant as it is made."""
    return make_tenant(name="Northwind")


def path_of(tenant: Tenant) -> str:
    """Returns the path of a tenant in the API."""
    return f"{TENANTS}/{tenant.id}"


def places(answer: Any) -> dict[str, str]:
    """Returns the place of each problem -> its type."""
    return {".".join(map(str, item["loc"])): item["type"] for item in answer["detail"]}


def raw(text: str | bytes) -> dict[str, Any]:
    """Returns the options of a request with a body as it stands."""
    return {"data": text, "content_type": "application/json"}


def same(answer: Any) -> str:
    """Returns JSON as text, to compare."""
    return json.dumps(answer, sort_keys=True)
