"""The headers of every answer, and whom the application believes."""

import re

import pytest

from tests.factories import make_user
from tests.history import last_body
from tests.web.pages import HTMX, PASSWORD, Browser, tenant_url
from webui.web.headers import HEADERS

CSP = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self' data:",
    "connect-src": "'self'",
    "form-action": "'self'",
    "base-uri": "'none'",
    "frame-ancestors": "'none'",
    "require-trusted-types-for": "'script'",
    "trusted-types": "htmx",
    "report-to": "csp",
    "report-uri": "/csp-reports",
}


@pytest.fixture
def answers(admin, tenant):
    """Answers of every kind: page, fragment, redirect, errors, plain text."""
    client = admin.client
    return [
        *(client.get(url) for url in ("/", "/tenants", tenant_url(tenant), "/livez", "/nothing")),
        *(client.get(url, headers=HTMX) for url in ("/tenants", tenant_url(tenant, "sip"), "/no")),
        client.post("/tenants/new", data={}),
        client.post("/tenants/new", data={"name": "x" * 1_000_000}),
        client.put("/tenants"),
        client.head("/tenants"),
        client.options("/tenants"),
    ]


class TestHeaders:
    def test_stand_on_every_answer(self, answers):
        for answer in answers:
            assert {n: answer.headers[n] for n in HEADERS} == HEADERS, answer.request.path
            assert answer.headers["X-Content-Type-Options"] == "nosniff"
            assert answer.headers["Cache-Control"] == "no-store"
            assert "HX-Request-Type" in answer.headers["Vary"]
            assert "Strict-Transport-Security" not in answer.headers

    def test_allow_nothing_inline_and_nothing_from_elsewhere(self, answers):
        for answer in answers:
            policy = answer.headers["Content-Security-Policy"]
            assert dict(part.split(" ", 1) for part in policy.split("; ")) == CSP

    def test_differ_by_request(self, answers):
        numbers = [answer.headers["X-Request-ID"] for answer in answers]
        assert len(set(numbers)) == len(answers)

    def test_number_is_that_of_the_entry(self, admin, tenant):
        answer = admin.edit(tenant, "features", retention_days=5)
        assert last_body()["request"] == answer.headers["X-Request-ID"]

    def test_demand_https_in_production(self, make_app):
        client = make_app(environment="production").test_client()
        page = client.get("/login", base_url="https://localhost")
        [style] = re.findall(r"/static/app[^\"]+css", page.text)
        for answer in (page, client.get(style, base_url="https://localhost")):
            assert answer.status_code == 200
            assert answer.headers["Strict-Transport-Security"].startswith("max-age=31536000")


class TestHost:
    def test_that_is_not_ours_is_refused(self, make_app):
        app = make_app(allowed_hosts=("console.example",))
        client = app.test_client()
        assert client.get("/login", base_url="http://console.example").status_code == 200
        for host in ("evil.example", "console.example.evil.example", "localhost"):
            answer = client.get("/login", base_url=f"http://{host}")
            assert answer.status_code == 400
            assert host not in answer.text


class TestProxy:
    @pytest.mark.parametrize(
        ("trusted", "address"), [(0, "127.0.0.1"), (1, "198.51.100.2"), (2, "203.0.113.9")]
    )
    def test_is_believed_when_it_is_trusted(self, make_app, trusted, address):
        app = make_app(trusted_proxies=trusted)
        user = make_user(password=PASSWORD)
        browser = Browser(app.test_client(), set())
        form = browser.get("/login")
        browser.post(
            "/login",
            form.fields | {"username": [user.username], "password": [PASSWORD]},
            303,
            X_Forwarded_For="192.0.2.66, 203.0.113.9, 198.51.100.2",
        )
        assert last_body()["address"] == address


class TestAgent:
    def test_is_recorded_without_control_characters_and_cut(self, admin, tenant):
        admin.client.environ_base["HTTP_USER_AGENT"] = "Evil\x07\x1b[31m Browser é " + "x" * 500
        admin.edit(tenant, "features", retention_days=5)
        agent = last_body()["agent"]
        assert agent.startswith("Evil[31m Browser")
        assert len(agent) <= 300
        assert agent.isascii()
        assert agent.isprintable()
