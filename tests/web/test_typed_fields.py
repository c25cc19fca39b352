"""The text fields of every page: what is no sentence is taken exactly as it is typed."""

import pytest

from tests.web import dom
from tests.web.visiting import OWN, World, routes
from webui.models.tenant.onboarding import Step
from webui.tenants.core.sections import SECTIONS


def urls(app, world):
    """Every address that can be opened, with every section and step."""
    for rule, method in routes(app):
        if method == "GET" and "filename" not in rule.arguments:
            names = {"section": SECTIONS, "step": Step}
            [argument] = names.keys() & rule.arguments or [None]
            for value in names.get(argument, [""]):
                yield world.url(rule.rule, OWN, **({argument: value} if argument else {}))


@pytest.mark.parametrize("role", ["admin", "owner", None])
def test_no_keyboard_changes_them(app, sign_in, browser, role):
    """`dom.faults` looks at each, and knows which fields hold words of a language."""
    world = World()
    tenant = world.tenants[OWN] if role == "owner" else None
    client = (sign_in(role, tenant) if role else browser).client
    seen, faults = set(), set()
    for url in urls(app, world):
        answer = client.get(url)
        if answer.mimetype == "text/html" and answer.status_code == 200:
            tree = dom.parse(answer.text)
            seen |= {control.get("name") for control in dom.elements(tree, "input")}
            faults.update(fault for fault in dom.faults(tree) if "may change the text" in fault)
    assert faults == set()
    expected = {
        "admin": {"q", "sip_domain", "webhook_url", "email", "find_tenant", "address", "request"},
        "owner": {"sip_domain", "sip_username", "sip_password", "current_password"},
        None: {"username", "password", "email", "organisation"},
    }
    assert expected[role] <= seen
