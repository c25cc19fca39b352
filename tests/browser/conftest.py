"""A server, a Chromium, and people with pages open in it."""

import copy
import secrets
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any
from uuid import UUID

import pytest
from playwright.sync_api import Browser, Page, StorageState, expect, sync_playwright

from tests import databases as kinds
from tests.browser import chromium
from tests.browser.pages import TenantPage, sign_in
from tests.browser.server import Account, Server, serving
from tests.browser.watch import Watch
from tests.factories import make_tenant, make_user

# Milliseconds until something that does not happen is a failure; CI may be slow.
PATIENCE = 15_000
expect.set_options(timeout=PATIENCE)
OpenPage = Callable[..., Page]


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The server that the tests of this worker share, on SQLite."""
    with serving(tmp_path_factory.mktemp("served")) as server:
        yield server
        assert server.complaints() == ""


@pytest.fixture(scope="session")
def postgresql_server(
    postgresql: kinds.Postgresql, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Server]:
    """The same on PostgreSQL."""
    folder = tmp_path_factory.mktemp("served-postgresql")
    with postgresql.empty() as url, serving(folder, database_url=url) as server:
        yield server
        assert server.complaints() == ""


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """The Chromium that the tests of this worker share."""
    with sync_playwright() as playwright:
        browser = chromium.launch(playwright)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def cookies(browser: Browser) -> Callable[[Server, str], StorageState]:
    """A role's cookies: whoever does not test signing in need not wait for argon2."""

    @cache
    def cookies(server: Server, role: str) -> StorageState:
        with browser.new_context(base_url=server.origin) as context:
            sign_in(context.new_page(), server.accounts[role])
            return context.storage_state()

    return cookies


@pytest.fixture
def watches() -> Iterator[list[Watch]]:
    """What is watched during a test; afterwards nothing may be wrong."""
    watches: list[Watch] = []
    yield watches
    assert [fault for watch in watches for fault in watch.faults] == []


@pytest.fixture
def open_page(
    server: Server, browser: Browser, watches: list[Watch], cookies: Any
) -> Iterator[OpenPage]:
    """Opens a page in a browser of its own, signed in as a role or as nobody."""
    contexts = []

    def open_page(role: str | None = None, on: Server = server, **options: Any) -> Page:
        options = {"viewport": {"width": 1440, "height": 900}} | options
        context = browser.new_context(
            base_url=on.origin,
            storage_state=cookies(on, role) if role else None,
            # What moves cannot be measured.
            reduced_motion="reduce",
            **options,
        )
        contexts.append(context)
        context.set_default_timeout(PATIENCE)
        watches.append(Watch(context, on.origin))
        return context.new_page()

    yield open_page
    for context in contexts:
        context.close()


@pytest.fixture
def local(server: Server) -> Server:
    """The server by the name that browsers make passkeys for; they make none for an address."""
    local = copy.copy(server)
    local.origin = server.origin.replace("127.0.0.1", "localhost")
    return local


@pytest.fixture
def account(server: Server) -> Account:
    """Somebody whose sessions nobody else uses."""
    account = Account(f"kim.{secrets.token_hex(4)}", secrets.token_urlsafe(12))
    with server.inside():
        make_user("support", password=account.password, username=account.username)
    return account


@pytest.fixture
def tenant(server: Server) -> UUID:
    """The id of a tenant that nobody else uses."""
    with server.inside():
        return make_tenant().id


@pytest.fixture
def tenant_page(open_page: OpenPage, tenant: UUID) -> TenantPage:
    """That tenant's page, opened by support."""
    return TenantPage(open_page("support"), tenant).open()
