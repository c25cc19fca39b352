"""What exactly the routes of tenants answer each role (DESIGN 2.2, 2.5).

That every route is closed to whom it should be: test_every_route.
"""

import re
from dataclasses import dataclass
from uuid import uuid4

import pytest

from tests import raw
from tests.factories import make_tenant, make_user, revise
from tests.web import dom
from tests.web.pages import HTMX, PASSWORD, REASON, Browser, changed
from webui import permissions
from webui.audit.actions import Action
from webui.extensions import db
from webui.models import Tenant
from webui.permissions import Permission, Role
from webui.tenants.sections import SECTIONS

ROLES = [role.value for role in Role]
STAFF = {"support", "admin", "auditor"}
ALL = {*STAFF, "owner"}
EDITORS = {"support", "admin", "owner"}
WORKERS = {"support", "admin"}


@dataclass(frozen=True)
class Route:
    """Who may, what they are answered, and as a fragment; `form` is the page of what is posted."""

    roles: set[str]
    answer: int
    fragment: int
    form: str = ""
    anonymous: bool = False


TENANT = "/tenants/<uuid:tenant_id>"
SECTION = f"{TENANT}/<section:section>"
STEP = "/onboarding/<step:step>"
TABLE = {
    "GET /livez": Route(ALL, 200, 200, anonymous=True),
    "GET /.well-known/security.txt": Route(ALL, 404, 404, anonymous=True),
    "POST /csp-reports": Route(ALL, 204, 204, anonymous=True),
    "GET /": Route(ALL, 303, 303, anonymous=True),
    "GET /login": Route(ALL, 303, 303, anonymous=True),
    "GET /signup": Route(ALL, 303, 303, anonymous=True),
    "POST /signup": Route(ALL, 303, 200, anonymous=True),
    "GET /onboarding": Route({"owner"}, 303, 303),
    "POST /onboarding": Route({"owner"}, 422, 422),
    f"GET {STEP}": Route({"owner"}, 200, 200),
    f"POST {STEP}": Route({"owner"}, 303, 200, form=STEP),
    "GET /onboarding/done": Route({"owner"}, 303, 303),
    "POST /logout": Route(ALL, 303, 200),
    "GET /login/code": Route(ALL, 303, 303, anonymous=True),
    "POST /login/code": Route(ALL, 303, 200, anonymous=True),
    "GET /account/authenticator": Route(ALL, 200, 200),
    "POST /account/authenticator": Route(ALL, 422, 422),
    "GET /account/authenticator/remove": Route(ALL, 303, 303),
    "POST /account/authenticator/remove": Route(ALL, 422, 422),
    "GET /account/recovery-codes": Route(ALL, 303, 303),
    "POST /account/recovery-codes": Route(ALL, 422, 422),
    "POST /login/passkey/options": Route(ALL, 200, 200, anonymous=True),
    "POST /login/passkey": Route(ALL, 422, 422, anonymous=True),
    "GET /account/passkeys/new": Route(ALL, 200, 200),
    "POST /account/passkeys/options": Route(ALL, 422, 422),
    "POST /account/passkeys/confirm": Route(ALL, 200, 200),
    "POST /account/passkeys": Route(ALL, 422, 422),
    "GET /account/passkeys/<uuid:passkey_id>": Route(ALL, 404, 404),
    "POST /account/passkeys/<uuid:passkey_id>": Route(ALL, 404, 404),
    "POST /account/passkeys/<uuid:passkey_id>/remove": Route(ALL, 404, 404),
    "GET /account": Route(ALL, 200, 200),
    "POST /account/preferences": Route(ALL, 422, 422),
    "GET /account/password": Route(ALL, 200, 200),
    "POST /account/password": Route(ALL, 422, 422),
    "POST /account/sessions/<session_id>/end": Route(ALL, 303, 200),
    "POST /account/sessions/end": Route(ALL, 303, 200),
    "POST /account/notices/dismiss": Route(ALL, 303, 200),
    "POST /theme": Route(ALL, 303, 200, anonymous=True),
    "GET /keys": Route({"admin", "auditor"}, 200, 200),
    "GET /tenants": Route(STAFF, 200, 200),
    "GET /tenants/new": Route(WORKERS, 200, 200),
    "POST /tenants/new": Route(WORKERS, 303, 200, form="/tenants/new"),
    f"GET {TENANT}": Route(ALL, 200, 200),
    f"GET {TENANT}/audit": Route(ALL, 200, 200),
    f"GET {SECTION}": Route(ALL, 303, 200),
    f"GET {SECTION}/edit": Route(EDITORS, 200, 200),
    f"POST {SECTION}": Route(EDITORS, 303, 200, form=f"{SECTION}/edit"),
    f"GET {TENANT}/webhook/deliveries": Route(ALL, 200, 200),
    f"GET {TENANT}/webhook/secret": Route(EDITORS, 200, 200),
    f"POST {TENANT}/webhook/secret": Route(EDITORS, 200, 200, form=f"{TENANT}/webhook/secret"),
    f"POST {TENANT}/webhook/secret/end": Route(EDITORS, 303, 200, form=f"{TENANT}/webhook/secret"),
    f"GET {TENANT}/status": Route(WORKERS, 200, 200),
    f"POST {TENANT}/status": Route(WORKERS, 303, 200, form=f"{TENANT}/status"),
}
OF_A_TENANT = [route for route in TABLE if TENANT in route]
READING = [route for route in TABLE if route.startswith("GET")]
WITH_ROLES = [route for route in TABLE if not TABLE[route].anonymous]


def rules(app):
    """The routes as the table names them."""
    for rule in app.url_map.iter_rules():
        for method in sorted(rule.methods - {"HEAD", "OPTIONS"}):
            yield f"{method} {rule.rule}"


def url_of(rule, tenant_id, section="billing"):
    """A route's address."""
    rule = rule.replace("<section:section>", section).replace("<step:step>", "organisation")
    return re.sub(r"<uuid:\w+>", str(tenant_id), rule)


def end_overlap(tenant_id):
    """Lets the webhook secret be replaced again, which it cannot for a day."""
    tenant = db.session.get(Tenant, tenant_id)
    if tenant and tenant.webhook_secret_previous_until:
        over = {"webhook_secret_previous": None, "webhook_secret_previous_until": None}
        revise(tenant, Action.TENANT_WEBHOOK, **over)


class Visitor:
    """Somebody of a role, or nobody, who asks for routes."""

    def __init__(self, browser: Browser, own) -> None:
        self.browser = browser
        self.own = own

    def ask(self, route, tenant_id=None, htmx=False, section="billing"):
        """The answer to a route; what is posted is the form as it stands, with a reason."""
        method, rule = route.split(" ")
        tenant_id = tenant_id or self.own.id
        end_overlap(tenant_id)
        headers = HTMX if htmx else {}
        url = url_of(rule, tenant_id, section)
        if method == "GET":
            return self.browser.client.get(url, headers=headers)
        data = self._filled(route, tenant_id, section)
        return self.browser.client.post(url, data=data, headers=headers)

    def _filled(self, route, tenant_id, section):
        page = TABLE[route].form
        answer = page and self.browser.client.get(url_of(page, tenant_id, section))
        if not page or answer.status_code != 200:
            return {"csrf_token": self.browser.token(), "version": "1", "reason": REASON}
        form = dom.elements(dom.elements(dom.parse(answer.text), "main")[0], "form")[0]
        fields = changed(dom.fields(form), {"reason": REASON})
        return changed(fields, {"name": "Made anew"} if "submission" in fields else {})


@pytest.fixture
def visitor(sign_in, browser):
    """Makes a visitor of a role, with an own tenant."""
    own = make_tenant(name="Own")

    def visit(role):
        if role == "anonymous":
            return Visitor(browser, own)
        person = Visitor(sign_in(role, own if role == "owner" else None), own)
        # From the first form on the cookie holds the CSRF secret and stays as it is.
        person.browser.token()
        return person

    return visit


@pytest.fixture
def foreign():
    return make_tenant(name="Foreign")


def like_any_other(response):
    """A body without what differs between two requests and two tenants."""
    text = re.sub(r'(name="csrf_token"[^>]* value=")[^"]+', r"\1", response.text)
    text = re.sub(r'(Request <span class="mono">)[^<]+', r"\1", text)
    return re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}", "<id>", text)


class TestTable:
    def test_names_only_routes_that_are_there(self, app):
        assert set(TABLE) - set(rules(app)) == set()

    def test_agrees_with_what_the_routes_declare(self, app):
        for rule in app.url_map.iter_rules():
            declared = permissions.declared(rule.endpoint, {"section": "billing"})
            listed = [f"{m} {rule.rule}" for m in rule.methods if f"{m} {rule.rule}" in TABLE]
            for name in listed:
                public = TABLE[name].anonymous
                assert declared == "public" if public else isinstance(declared, Permission), rule


class TestUndeclared:
    def test_route_is_denied_to_everybody(self, make_app):
        app = make_app()
        app.add_url_rule("/forgotten", "forgotten", lambda: "everything")
        user = make_user("admin", password=PASSWORD)
        browser = Browser(app.test_client(), set())
        assert browser.get("/forgotten", 303).location == "/login?next=/forgotten"
        browser.sign_in(user.username)
        assert "You may not do that" in browser.get("/forgotten", 403).words


class TestAnonymous:
    @pytest.mark.parametrize("route", WITH_ROLES)
    def test_is_sent_to_sign_in_and_nothing_is_written(self, route, visitor):
        nobody = visitor("anonymous")
        for tenant_id in (nobody.own.id, uuid4()):
            nobody.browser.client.get("/login")
            with raw.unchanged():
                page = nobody.ask(route, tenant_id)
                fragment = nobody.ask(route, tenant_id, htmx=True)
            assert page.status_code == 303
            asked = page.request.path if route.startswith("GET") else ""
            assert page.location == (f"/login?next={asked}" if asked else "/login")
            assert fragment.status_code == 401
            assert "<html" not in fragment.text
            form = dom.elements(dom.parse_fragment(fragment.text)[0], "form", action="/login")
            assert {"username", "password", "next", "csrf_token"} == set(dom.fields(form[0]))

    @pytest.mark.parametrize("route", [route for route in TABLE if TABLE[route].anonymous])
    def test_sees_what_is_for_everybody(self, route, visitor):
        answer = visitor("anonymous").ask(route)
        others = {"GET /login": 200, "GET /signup": 200, "POST /signup": 400}
        expected = others.get(route, TABLE[route].answer)
        assert answer.status_code == expected


class TestRoles:
    @pytest.mark.parametrize("route", TABLE)
    def test_get_what_the_table_says(self, route, visitor):
        expected = TABLE[route]
        for role in ROLES:
            person = visitor(role)
            allowed = role in expected.roles
            page, fragment = person.ask(route), None
            assert page.status_code == (expected.answer if allowed else 403), role
            if route != "POST /logout":
                fragment = person.ask(route, htmx=True)
                assert fragment.status_code == (expected.fragment if allowed else 403), role

    @pytest.mark.parametrize("route", [route for route in TABLE if "<section" in route])
    def test_get_the_same_for_every_section(self, route, visitor):
        for role in ROLES:
            person = visitor(role)
            expected = TABLE[route].answer if role in TABLE[route].roles else 403
            found = {name: person.ask(route, section=name).status_code for name in SECTIONS}
            assert found == dict.fromkeys(SECTIONS, expected), role

    def test_get_fragments_only_when_they_ask_for_them(self, visitor):
        admin = visitor("admin")
        for route in (r for r in OF_A_TENANT if r.startswith("GET")):
            for answer in (admin.ask(route), admin.ask(route, htmx=True)):
                whole = "HX-Request-Type" not in answer.request.headers
                if answer.status_code == 200 and route != f"GET {TENANT}":
                    assert ("<html" in answer.text) == whole, route
        # htmx may also want a whole page: to restore history, or for a boosted link.
        headers = {"HX-Request": "true", "HX-Request-Type": "full"}
        page = admin.browser.client.get(url_of(f"{SECTION}/edit", admin.own.id), headers=headers)
        assert "<html" in page.text


class TestForeignTenant:
    @pytest.mark.parametrize("route", OF_A_TENANT)
    def test_looks_like_an_absent_one(self, route, visitor, foreign):
        for role in ROLES:
            person = visitor(role)
            absent = [person.ask(route, uuid4(), htmx) for htmx in (False, True)]
            if role not in TABLE[route].roles:
                # Judged before the tenant is looked up: whether it exists makes no difference.
                expected = 403
                own = [person.ask(route, person.own.id, htmx) for htmx in (False, True)]
                assert list(map(like_any_other, own)) == list(map(like_any_other, absent))
            else:
                expected = 404
            assert [a.status_code for a in absent] == [expected] * 2, role
            if role == "owner":
                with raw.only_asked():
                    other = [person.ask(route, foreign.id, htmx) for htmx in (False, True)]
                assert list(map(like_any_other, other)) == list(map(like_any_other, absent))
                assert [[*a.headers.keys()] for a in other] == [[*a.headers.keys()] for a in absent]
                assert [a.status_code for a in other] == [expected] * 2

    @pytest.mark.parametrize("status", ["inactive", "suspended", "blocked"])
    def test_is_absent_in_every_status(self, visitor, foreign, status):
        services = ["calls"] if status == "suspended" else []
        revise(foreign, Action.TENANT_STATUS, status=status, blocked_services=services)
        owner = visitor("owner")
        for route in OF_A_TENANT:
            allowed = "owner" in TABLE[route].roles
            assert owner.ask(route, foreign.id).status_code == (404 if allowed else 403), route

    def test_is_not_changed_by_its_id_in_a_form(self, visitor, foreign):
        owner = visitor("owner")
        before = raw.rows(f"SELECT * FROM tenants WHERE name = '{foreign.name}'")
        owner.browser.edit(
            owner.own, "organisation", name="Mine", id=foreign.id, tenant_id=foreign.id
        )
        assert raw.rows(f"SELECT * FROM tenants WHERE name = '{foreign.name}'") == before


class TestReading:
    @pytest.mark.parametrize("role", ROLES)
    def test_writes_nothing(self, role, visitor):
        person = visitor(role)
        with raw.only_asked():
            answers = [person.ask(route, htmx=htmx) for route in READING for htmx in (0, 1)]
        assert len(answers) == 2 * len(READING)

    @pytest.mark.parametrize("role", ROLES)
    def test_by_head_answers_the_same_without_a_body(self, role, visitor):
        person = visitor(role)
        for route in READING:
            url = url_of(route.split(" ")[1], person.own.id)
            head, get = person.browser.client.head(url), person.browser.client.get(url)
            assert (head.status_code, head.text) == (get.status_code, ""), route
