"""People at their browsers."""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event

from tests.factories import make_tenant, make_user
from tests.web import factors
from tests.web.pages import PASSWORD, Browser
from webui.accounts.factors import factor_changes
from webui.accounts.factors import factors as stored_factors
from webui.core.extensions import db
from webui.models import Tenant
from webui.models.columns import now
from webui.rate_limits import throttle

SignIn = Callable[..., Browser]


@pytest.fixture
def secrets() -> set[str]:
    """What no answer may show in this test."""
    return {PASSWORD}


@pytest.fixture
def browser(app: Flask, secrets: set[str]) -> Browser:
    """Somebody who is not signed in."""
    return Browser(app.test_client(), secrets)


@pytest.fixture
def code_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Codes are made and judged at the same time, far from the end of a step."""
    moment = now().replace(second=15, microsecond=0)
    for module in (stored_factors, factor_changes, factors):
        monkeypatch.setattr(module, "now", lambda: moment)


@pytest.fixture
def throttle_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only `time_passes` moves the clock: on a busy machine a test may take seconds."""
    moment = now()
    monkeypatch.setattr(throttle, "now", lambda: moment)


@pytest.fixture
def sign_in(app: Flask, secrets: set[str], request: pytest.FixtureRequest) -> SignIn:
    """Makes an account of a role with a session; `test_sign_in` looks at the way there."""
    through_the_page = request.node.get_closest_marker("through_the_page") is not None

    def sign_in(role: str = "admin", tenant: Tenant | None = None, **overrides: Any) -> Browser:
        browser = Browser(app.test_client(), secrets)
        browser.user = make_user(role, tenant, PASSWORD, **overrides)
        if through_the_page:
            browser.sign_in(browser.user.username)
        else:
            browser.start_session()
        return browser

    return sign_in


@pytest.fixture
def admin(sign_in: SignIn) -> Browser:
    """An admin at work."""
    return sign_in("admin")


@pytest.fixture
def tenant(app: Flask) -> Tenant:
    """A tenant as it is made."""
    return make_tenant(name="Northwind")


@pytest.fixture
def owner(sign_in: SignIn, tenant: Tenant) -> Browser:
    """The owner of `tenant`."""
    return sign_in("owner", tenant)


@pytest.fixture
def queries(app: Flask) -> Callable[[], Any]:
    """Counts the statements that are run inside a block."""

    @contextmanager
    def counted() -> Iterator[list[str]]:
        seen: list[str] = []

        def note(_c: Any, _cursor: Any, statement: str, *_more: Any) -> None:
            seen.append(statement)

        event.listen(db.engine, "before_cursor_execute", note)
        yield seen
        event.remove(db.engine, "before_cursor_execute", note)

    return counted


@pytest.fixture
def logged(caplog: pytest.LogCaptureFixture) -> Callable[[], str]:
    """Everything that was logged, tracebacks included."""
    caplog.set_level(logging.DEBUG)
    return lambda: caplog.text
