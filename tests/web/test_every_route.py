"""Every route of the URL map, for every role and for nobody, on what is one's own, somebody
else's and nobody's. A route is in here from the moment that it exists (DESIGN 2.2, 2.5)."""

import re
from uuid import uuid4

import pytest
from sqlalchemy import select
from werkzeug.routing import Rule

from tests import raw
from tests.factories import make_tenant, make_user
from tests.web.pages import HTMX, REASON, Browser
from webui import permissions
from webui.extensions import db
from webui.models import AuditEntry, UserSession
from webui.permissions import ROLES, Permission, Role

OWN, FOREIGN, ABSENT = "own", "foreign", "absent"
# What stands in an address for an argument that names nothing of a tenant.
NAMES = {"section": "billing", "step": "organisation", "token": "t" * 43}
# Answered by another part of the test: it ends the session that the others need.
SIGN_OUT = "accounts.log_out"


def routes(app):
    """(rule, method) of every route, by address."""
    found = [(r, m) for r in app.url_map.iter_rules() for m in r.methods - {"HEAD", "OPTIONS"}]
    return sorted(found, key=lambda pair: (pair[0].rule, pair[1]))


def declared(app, rule):
    with app.test_request_context():
        return permissions.declared(rule.endpoint, NAMES)


class World:
    """A tenant of one's own and somebody else's, with their accounts and entries."""

    def __init__(self) -> None:
        self.tenants = {OWN: make_tenant(name="Own"), FOREIGN: make_tenant(name="Foreign")}
        self.accounts = {
            OWN: make_user("owner", self.tenants[OWN]),
            FOREIGN: make_user("auditor"),
        }

    def ids(self, argument, whose):
        """What an address holds for an argument."""
        if argument in NAMES:
            return NAMES[argument]
        if whose == ABSENT:
            return uuid4()
        if argument == "tenant_id":
            return self.tenants[whose].id
        if argument == "user_id":
            return self.accounts[whose].id
        if argument == "entry_id":
            query = select(AuditEntry.id).where(AuditEntry.tenant_id == self.tenants[whose].id)
            return db.session.scalars(query.limit(1)).one()
        return uuid4()

    def url(self, rule: Rule, whose: str = OWN) -> str:
        """A route's address."""

        def fill(match):
            return str(self.ids(match.group(1), whose))

        return re.sub(r"<(?:[^:<>]+:)?(\w+)>", fill, rule.rule)


class Visitor:
    """Somebody of a role, or nobody, who asks for routes."""

    def __init__(self, browser: Browser, token: str) -> None:
        self.browser = browser
        self.token = token

    def ask(self, url, method, htmx=False):
        """The answer; a form is sent with what every form needs, and nothing else."""
        headers = HTMX if htmx else {}
        if method == "GET":
            return self.browser.client.get(url, headers=headers)
        data = {"csrf_token": self.token, "version": "1", "reason": REASON}
        answer = self.browser.client.post(url, data=data, headers=headers)
        self._come_back()
        return answer

    def _come_back(self):
        """Signs in again when what was posted ended the session."""
        user = self.browser.user
        if user is None:
            return
        query = select(UserSession).where(
            UserSession.user_id == user.id, UserSession.ended_at.is_(None)
        )
        if db.session.scalars(query).first() is None:
            self.browser.sign_in(user.username)
            self.token = self.browser.token("/nothing-here")


@pytest.fixture
def world(app):
    return World()


@pytest.fixture
def visitor(sign_in, browser, world):
    def visit(role):
        if role is None:
            return Visitor(browser, browser.token("/login"))
        person = sign_in(role, world.tenants[OWN] if role == "owner" else None)
        return Visitor(person, person.token())

    return visit


def like_any_other(response):
    """Status, header names and a body without what differs between two requests and two ids."""
    text = re.sub(r'(name="csrf_token"[^>]* value=")[^"]+', r"\1", response.text)
    text = re.sub(r'(Request <span class="mono">)[^<]+', r"\1", text)
    text = re.sub(r'(name="submission"[^>]* value=")[^"]+', r"\1", text)
    ids = r"[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}"
    return response.status_code, [*response.headers.keys()], re.sub(ids, "<id>", text)


def can_be_told_apart(role, rule, app):
    """Whether somebody else's thing may look different: whoever may see everybody's."""
    held = ROLES[Role(role)]
    if "tenant_id" in rule.arguments or "entry_id" in rule.arguments:
        return Permission.LIST_TENANTS in held
    return Permission.SEE_COLLEAGUES in held


class TestDeclared:
    def test_permission_of_every_route(self, app):
        silent = [rule.rule for rule, _ in routes(app) if declared(app, rule) is None]
        assert silent == []


class TestNobody:
    def test_gets_the_sign_in_form_for_everything_that_is_not_public(self, app, visitor, world):
        nobody, wrong = visitor(None), []
        closed = [(r, m) for r, m in routes(app) if declared(app, r) != "public"]
        with raw.unchanged():
            for rule, method in closed:
                for whose in (OWN, ABSENT) if rule.arguments else (OWN,):
                    url = world.url(rule, whose)
                    page, part = nobody.ask(url, method), nobody.ask(url, method, htmx=True)
                    if (page.status_code, part.status_code) != (303, 401) or (
                        not page.location.startswith("/login")
                    ):
                        wrong.append((method, rule.rule, page.status_code, part.status_code))
        assert wrong == []
        assert len(closed) > 10


@pytest.mark.parametrize("role", [role.value for role in Role])
class TestRole:
    def test_without_the_permission_gets_403_before_anything_is_looked_up(
        self, app, visitor, world, role
    ):
        person, wrong, seen = visitor(role), [], 0
        before = raw.everything_but_asking()
        for rule, method in routes(app):
            permission = declared(app, rule)
            if permission == "public" or permission in ROLES[Role(role)]:
                continue
            seen += 1
            sides = (OWN, FOREIGN, ABSENT) if rule.arguments else (OWN,)
            answers = {
                like_any_other_text(person.ask(world.url(rule, whose), method)) for whose in sides
            }
            if len(answers) != 1 or not next(iter(answers)).startswith("403 "):
                wrong.append((method, rule.rule, [text[:3] for text in answers]))
        assert wrong == []
        assert seen or role != "owner"
        assert raw.everything_but_asking() == before

    def test_with_the_permission_is_let_in(self, app, visitor, world, role):
        person, wrong = visitor(role), []
        for rule, method in routes(app):
            permission = declared(app, rule)
            if rule.endpoint == SIGN_OUT or not (
                permission == "public" or permission in ROLES[Role(role)]
            ):
                continue
            answer = person.ask(world.url(rule), method)
            # Sign-in's own pages lead to one another.
            to_sign_in = permission != "public" and (answer.location or "").startswith("/login")
            if answer.status_code in (401, 403) or answer.status_code >= 500 or to_sign_in:
                wrong.append((method, rule.rule, answer.status_code))
        assert wrong == []

    def test_finds_what_is_somebody_else_s_as_absent(self, app, visitor, world, role):
        person, wrong = visitor(role), []
        for rule, method in routes(app):
            allowed = declared(app, rule) in ROLES[Role(role)]
            if not allowed or not rule.arguments & {"tenant_id", "user_id", "entry_id"}:
                continue
            for htmx in (False, True):
                absent = person.ask(world.url(rule, ABSENT), method, htmx)
                if absent.status_code != 404:
                    wrong.append((method, rule.rule, htmx, absent.status_code))
                if can_be_told_apart(role, rule, app):
                    continue
                with raw.only_asked():
                    foreign = person.ask(world.url(rule, FOREIGN), method, htmx)
                if like_any_other(foreign) != like_any_other(absent):
                    wrong.append((method, rule.rule, htmx, foreign.status_code, "foreign"))
        assert wrong == []

    def test_reading_writes_nothing(self, app, visitor, world, role):
        person = visitor(role)
        # Looked at in groups: which address it was is quickly found, and seldom asked.
        readable = [rule for rule, method in routes(app) if method == "GET"]
        for group in (readable[start::8] for start in range(8)):
            before = raw.everything_but_asking()
            for rule in group:
                for whose in (OWN, FOREIGN, ABSENT) if rule.arguments else (OWN,):
                    person.ask(world.url(rule, whose), "GET")
            now = raw.everything_but_asking()
            changed = [table for table in now if now[table] != before.get(table)]
            assert changed == [], [rule.rule for rule in group]


def like_any_other_text(response):
    status, _, text = like_any_other(response)
    return f"{status} {text}"


class TestOtherMethods:
    def test_are_refused(self, app, visitor, world):
        admin, wrong = visitor("admin"), []
        before = raw.everything_but_asking()
        for rule in {rule.rule: rule for rule, _ in routes(app)}.values():
            for method in ("PUT", "PATCH", "DELETE"):
                url = world.url(rule)
                answer = admin.browser.client.open(
                    url, method=method, data={"csrf_token": admin.token}
                )
                if answer.status_code != 405:
                    wrong.append((method, rule.rule, answer.status_code))
        assert wrong == []
        assert raw.everything_but_asking() == before
