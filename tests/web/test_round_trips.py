"""How often a page asks PostgreSQL and waits: what a database on another machine costs."""

from uuid import uuid4

import pytest

from tests.apps import a_config, an_app, inside
from tests.factories import make_tenant, make_user
from tests.round_trips import counting
from tests.web.pages import Browser, edit_url, tenant_url

MOST = {"list": 2, "search": 3, "tenant": 6, "history": 6, "form": 2, "save": 13}
"""The sign-in check is one of them."""


@pytest.fixture
def line(postgresql, tmp_path):
    """A support agent on an application behind a counting proxy, and the proxy."""
    postgresql.reset()
    with counting(postgresql.url) as (proxy, url):
        app = an_app(a_config(tmp_path, url))
        with inside(app):
            browser = Browser(app.test_client(), set())
            browser.user = make_user("support")
            browser.start_session()
            yield browser, proxy


def test_of_each_page_are_few(line):
    browser, proxy = line
    tenant = make_tenant(name="Northwind")
    for days in range(1, 25):
        browser.edit(tenant, "features", retention_days=days)
    paths = {
        "list": "/tenants",
        "search": "/tenants?q=north",
        "tenant": tenant_url(tenant),
        "history": f"{tenant_url(tenant)}/audit",
        "form": edit_url(tenant, "features"),
    }
    trips = {}
    for name, path in paths.items():
        browser.get(path)
        trips[name] = counted(proxy, lambda path=path: browser.get(path))
    form = browser.get(paths["form"])
    reason = f"Ticket {uuid4()}"
    trips["save"] = counted(
        proxy, lambda: browser.submit(form, 303, retention_days="90", reason=reason)
    )
    assert trips == MOST


def counted(proxy, work):
    """The round trips of some work."""
    before = proxy.trips
    work()
    return proxy.trips - before
