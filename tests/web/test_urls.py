"""The addresses of many rows, made from one."""

from uuid import uuid4

import pytest
from flask import url_for

from webui.web.urls import url_pattern


class TestPattern:
    @pytest.fixture(autouse=True)
    def request_below_a_folder(self, app):
        with app.test_request_context("/", base_url="https://localhost/desk"):
            yield

    def test_gives_what_url_for_gives(self):
        entry = uuid4()
        expected = url_for("audit.revert", entry_id=entry)
        assert url_pattern("audit.revert", "entry_id")(entry) == expected
        assert expected.startswith("/desk/audit/")

    @pytest.mark.parametrize("field", ["sip_domain", 'a&b="c d"/é'])
    def test_takes_a_word_of_the_query_beside_fixed_arguments(self, field):
        tenant = uuid4()
        made = url_pattern("audit.tenant_history", "field", tenant_id=tenant)(field)
        name = url_for("audit.tenant_history", tenant_id=tenant, field="F").rpartition("F")[0]
        assert made.startswith(name)
        assert not set(made.removeprefix(name)) & set("&=\"/ <>'#?")

    @pytest.mark.parametrize(
        ("endpoint", "arguments"),
        [
            ("tenants.index", {}),
            ("tenants.index", {"q": "a&b", "plan": None, "status": ["active", "blocked"]}),
            ("tenants.page", {"tenant_id": uuid4(), "_anchor": "sip"}),
            ("tenants.status", {"tenant_id": uuid4()}),
            ("deliveries.send_again", {"tenant_id": uuid4(), "delivery_id": uuid4()}),
            ("audit.index", {"actor": uuid4(), "tenant": uuid4()}),
            ("tenants.edit_section", {"tenant_id": uuid4(), "section": "sip"}),
        ],
    )
    def test_of_templates_are_those_of_flask(self, app, endpoint, arguments):
        template = app.jinja_env.from_string("{{ url_for(endpoint, **arguments)|safe }}")
        for _ in range(2):
            made = template.render(endpoint=endpoint, arguments=arguments)
            assert made == url_for(endpoint, **arguments)
