"""The description says what model, form and database say: one definition, four faces."""

import json

import pytest

from webui.api.schemas import EDITABLE, RETURNED
from webui.core.catalogue import FIELDS
from webui.core.field_types import Choice, Metadata, Secret, Switch, Whole
from webui.core.permissions import declared
from webui.models import Tenant
from webui.tenants.core.sections import SECTIONS
from webui.web.programs import answers_json


@pytest.fixture
def description(app):
    return app.test_client().get("/api/v1/openapi.json").json


def bare(schema):
    """The schema of the values that are not null, and whether null is one."""
    kinds = schema.get("anyOf", [schema])
    [one] = [kind for kind in kinds if kind.get("type") != "null"]
    return {**schema, **one}, len(kinds) == 2


class TestFields:
    def test_of_the_response_are_the_documented_ones(self, description):
        found = description["components"]["schemas"]["Tenant"]
        assert set(found["properties"]) == set(found["required"]) == set(RETURNED)
        assert not any(isinstance(FIELDS.get(name), Secret) for name in RETURNED)

    @pytest.mark.parametrize("name", EDITABLE)
    def test_of_the_change_have_the_limits_of_form_and_model(self, app, description, name):
        properties = description["components"]["schemas"]["TenantChange"]["properties"]
        schema, nullable = bare(properties[name])
        spec, column = FIELDS[name], Tenant.__table__.c[name]
        assert "default" not in schema
        assert schema["title"] == spec.label
        assert nullable == (column.nullable and name != "webhook_secret")
        if isinstance(spec, Whole):
            assert (schema["type"], schema["minimum"], schema["maximum"]) == (
                "integer",
                spec.minimum,
                spec.maximum,
            )
        elif isinstance(spec, Switch):
            assert schema["type"] == "boolean"
        elif isinstance(spec, Choice):
            assert tuple(schema["enum"]) == tuple(value for value, _ in spec.choices)
        elif isinstance(spec, Metadata):
            assert schema["type"] == "object"
        elif name != "webhook_secret":
            assert (schema["type"], schema["minLength"], schema["maxLength"]) == (
                "string",
                spec.minimum,
                spec.maximum,
            )
        forms = [section.form for section in SECTIONS.values() if name in section.fields]
        assert len(forms) == (name != "webhook_secret")

    def test_are_all_the_fields_of_the_sections(self, description):
        properties = description["components"]["schemas"]["TenantChange"]["properties"]
        fields = {name for section in SECTIONS.values() for name in section.fields}
        assert set(properties) == fields | {"webhook_secret"}
        assert "required" not in description["components"]["schemas"]["TenantChange"]


class TestDescription:
    def test_has_every_route_of_the_api(self, app, description):
        routes = {
            rule.endpoint: rule
            for rule in app.url_map.iter_rules()
            if rule.rule.startswith("/api/v1") and rule.endpoint != "api_description.openapi"
        }
        described = [op for path in description["paths"].values() for op in path.values()]
        assert len(routes) == len(described) == 9
        with app.test_request_context("/api/v1/me"):
            assert answers_json()
            for endpoint in routes:
                view = app.view_functions[endpoint]
                assert view.for_programs
                assert declared(endpoint) is view.operation.permission

    def test_says_what_comes_back(self, description):
        """A plan that was given up may be stored; errors have headers that programs wait for."""
        plan = description["components"]["schemas"]["Tenant"]["properties"]["billing_plan"]
        assert (plan["type"], "enum" in plan) == ("string", False)
        schemas = description["components"]["schemas"]
        assert "shrinks" in schemas["Verdict"]["properties"]["verdict"]["enum"]
        assert "usage:write" in schemas["Me"]["properties"]["scopes"]["items"]["enum"]
        answers = description["paths"]["/api/v1/tenants/{tenant_id}"]["put"]["responses"]
        named = {status: list(said.get("headers", ())) for status, said in answers.items()}
        assert (named["401"], named["412"], named["429"]) == (
            ["WWW-Authenticate"],
            ["ETag"],
            ["Retry-After"],
        )

    def test_holds_no_default_and_no_secret(self, description):
        assert '"default"' not in json.dumps(description)
        assert "example.com" not in json.dumps(description)
