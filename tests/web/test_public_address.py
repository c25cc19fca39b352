"""Where links and passkeys lead: to the public address, whatever a client says."""

import json

import pytest

from tests.factories import make_user
from tests.web.pages import REASON, Browser

ORIGIN = "https://console.example"
EVIL = "evil.example"
FORWARDED = {"X-Forwarded-Host": EVIL, "X-Forwarded-For": "192.0.2.1", "X-Forwarded-Proto": "https"}


@pytest.fixture
def app(app_with):
    return app_with(environment="production", origin=ORIGIN, trusted_proxies=1)


@pytest.fixture
def people(app):
    """An admin whose browser speaks through a proxy that passes on what a client made up."""
    browser = Browser(app.test_client(), set())
    browser.client.environ_base |= {
        "HTTP_HOST": "console.example",
        **{f"HTTP_{name.upper().replace('-', '_')}": value for name, value in FORWARDED.items()},
    }
    return browser


class TestClientsSay:
    def test_a_forwarded_host_changes_no_passkey_and_no_redirect(self, people):
        page = people.client.get("/login", base_url=ORIGIN)
        assert page.status_code == 200
        assert EVIL not in page.text
        token = page.text.split('name="csrf_token" type="hidden" value="')[1].split('"')[0]
        answer = people.client.post(
            "/login/passkey/options",
            base_url=ORIGIN,
            data={"csrf_token": token},
            headers={"Referer": f"{ORIGIN}/login"},
        )
        assert json.loads(answer.text)["rpId"] == "console.example"
        sent_on = people.client.get("/", base_url=ORIGIN)
        assert sent_on.headers["Location"] == "/login"

    @pytest.mark.parametrize("host", [EVIL, "console.example.evil.example", "127.0.0.1"])
    def test_another_host_is_refused(self, app, host):
        answer = app.test_client().get("/login", base_url=f"https://{host}")
        assert answer.status_code == 400
        assert host not in answer.text

    def test_a_health_check_by_address_names_the_host(self, app):
        client = app.test_client()
        assert client.get("/livez", base_url="http://10.0.0.5:8000").status_code == 400
        named = client.get(
            "/livez", base_url="http://10.0.0.5:8000", headers={"Host": "console.example"}
        )
        assert (named.status_code, named.text) == (200, "ok\n")


def invited(app, **environ):
    """What an admin reads who has invited somebody."""
    browser = Browser(app.test_client(), set())
    browser.user = make_user("admin")
    browser.start_session()
    browser.client.environ_base |= {"HTTP_X_FORWARDED_HOST": EVIL, **environ}
    filled = {"username": "new.person", "email": "new@console.example", "reason": REASON}
    fields = browser.get("/users/new").fields
    given = {name: [value] for name, value in (filled | {"role": "support"}).items()}
    return browser.post("/users/new", fields | given, 200).text


class TestLink:
    def test_leads_to_the_public_address(self, make_app):
        app = make_app(origin=ORIGIN, allowed_hosts=("localhost", "inside.example"))
        page = invited(app, HTTP_HOST="inside.example:8000")
        assert f"{ORIGIN}/invitation/" in page
        assert EVIL not in page
        assert "inside.example" not in page

    def test_in_development_leads_to_this_machine(self, make_app):
        page = invited(make_app(trusted_proxies=1))
        assert "http://localhost/invitation/" in page
        assert EVIL not in page
