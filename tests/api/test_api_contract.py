"""What is sent follows the served description; what comes back must as well."""

import pytest
import schemathesis

from tests.api import contract
from tests.factories import make_tenant
from webui.core.permissions import Role

pytestmark = pytest.mark.both_databases


@pytest.mark.parametrize("role", [role.value for role in Role])
def test_nothing_breaks_the_description(app, program_for, monkeypatch, role):
    contract.prepare_in_process(monkeypatch)
    own = make_tenant(name="Own")
    program = program_for(role, own if role == "owner" else None)
    config = contract.settings(program.token, own.id, 2, ("fuzzing", "stateful"))
    schema = schemathesis.openapi.from_wsgi(contract.DESCRIPTION, app, config=config)
    found = list(contract.findings(schema))
    assert not found, "\n".join(found)
