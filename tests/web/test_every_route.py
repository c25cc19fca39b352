"""Every route of the URL map, for every role and for nobody, on what is one's own, somebody
else's and absent: it is in here from the moment that it exists (DESIGN 2.2, 2.5). What exactly
the routes of tenants and accounts answer is in `route_table`."""

import pytest

from tests import raw
from tests.factories import make_user, revise
from tests.web import dom
from tests.web.pages import PASSWORD, Browser
from tests.web.route_table import ALL, SECTION, TABLE, TENANT
from tests.web.visiting import (
    ABSENT,
    FOREIGN,
    OWN,
    Visitor,
    World,
    declared,
    like_any_other,
    routes,
    sides,
)
from webui.core.permissions import ROLES, Permission, Role
from webui.history.record.actions import Action
from webui.tenants.core.sections import SECTIONS

# Answered by another part of the test: it ends the session that the others need.
SIGN_OUT = "accounts.log_out"
OF_A_TENANT = [name.split(" ") for name in TABLE if TENANT in name]
EVERY_ROLE = pytest.mark.parametrize("role", [role.value for role in Role])


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


def is_allowed(role, permission):
    """Whether what a route declares lets the role in."""
    return permission == "public" or permission in ROLES[Role(role)]


def can_be_told_apart(role, rule):
    """Whether somebody else's thing may look different: whoever may see everybody's."""
    held = ROLES[Role(role)]
    if "tenant_id" in rule.arguments or "entry_id" in rule.arguments:
        return Permission.LIST_TENANTS in held
    return Permission.SEE_COLLEAGUES in held


class TestDeclared:
    def test_permission_of_every_route(self, app):
        silent = [rule.rule for rule, _ in routes(app) if declared(app, rule) is None]
        assert silent == []

    def test_by_none_is_denied_to_everybody(self, make_app):
        app = make_app()
        app.add_url_rule("/forgotten", "forgotten", lambda: "everything")
        user = make_user("admin", password=PASSWORD)
        browser = Browser(app.test_client(), set())
        assert browser.get("/forgotten", 303).location == "/login?next=/forgotten"
        browser.sign_in(user.username)
        assert "You do not have permission" in browser.get("/forgotten", 403).words


class TestNobody:
    def test_gets_the_sign_in_form_for_everything_that_is_not_public(self, app, visitor, world):
        nobody, wrong = visitor(None), []
        closed = [(r, m) for r, m in routes(app) if declared(app, r) != "public"]
        with raw.unchanged():
            for rule, method in closed:
                for whose in (OWN, ABSENT) if rule.arguments else (OWN,):
                    url = world.url(rule.rule, whose)
                    page, part = nobody.ask(url, method), nobody.ask(url, method, htmx=True)
                    back = f"?next={page.request.path}" if method == "GET" else ""
                    if (page.status_code, page.location) != (303, f"/login{back}") or (
                        not is_sign_in_form(part)
                    ):
                        wrong.append((method, rule.rule, page.status_code, part.status_code))
        assert wrong == []
        assert len(closed) > 10

    def test_sees_what_is_for_everybody(self, visitor, world):
        nobody = visitor(None)
        others = {"GET /login": 200, "GET /signup": 200, "POST /signup": 400}
        public = {name: route for name, route in TABLE.items() if route.anonymous}
        found = {}
        for name in public:
            method, rule = name.split(" ")
            found[name] = nobody.ask(world.url(rule), method).status_code
        assert found == {name: others.get(name, route.answer) for name, route in public.items()}


def is_sign_in_form(response):
    if response.status_code != 401 or "<html" in response.text:
        return False
    [form] = dom.elements(dom.parse_fragment(response.text)[0], "form", action="/login")
    return {"username", "password", "next", "csrf_token"} == set(dom.fields(form))


class TestTable:
    def test_agrees_with_what_the_routes_declare(self, app):
        found = {f"{method} {rule.rule}": declared(app, rule) for rule, method in routes(app)}
        assert set(TABLE) - set(found) == set()
        public = {name for name in TABLE if found[name] == "public"}
        assert public == {name for name, route in TABLE.items() if route.anonymous}

    @EVERY_ROLE
    def test_says_what_a_role_is_answered(self, app, visitor, world, role):
        person, wrong = visitor(role), []
        rules = {f"{method} {rule.rule}": rule for rule, method in routes(app)}
        for name, route in TABLE.items():
            method, rule = name.split(" ")
            for section in SECTIONS if rule.startswith(SECTION) else ("billing",):
                permission = declared(app, rules[name], section=section)
                lets_in = role in route.roles if role in ALL else is_allowed(role, permission)
                url = world.url(rule, section=section)
                form = route.form and world.url(route.form, section=section)
                for htmx, status in ((False, route.answer), (True, route.fragment)):
                    world.end_overlap()
                    answer = person.ask(url, method, htmx, form)
                    if answer.status_code != (status if lets_in else 403):
                        wrong.append((name, section, htmx, answer.status_code))
        assert wrong == []

    def test_answers_with_fragments_only_who_asks_for_them(self, visitor, world):
        admin = visitor("admin")
        for method, rule in (pair for pair in OF_A_TENANT if pair[0] == "GET"):
            for htmx in (False, True):
                answer = admin.ask(world.url(rule), method, htmx)
                if answer.status_code == 200 and rule != TENANT:
                    assert ("<html" in answer.text) != htmx, rule
        # htmx may also want a whole page: to restore history, or for a boosted link.
        headers = {"HX-Request": "true", "HX-Request-Type": "full"}
        page = admin.browser.client.get(world.url(f"{SECTION}/edit"), headers=headers)
        assert "<html" in page.text


def asked(person, world, rule, method):
    """(whose, htmx) -> the answer, for one's own, somebody else's and absent things."""
    return {
        (whose, htmx): person.ask(world.url(rule.rule, whose), method, htmx)
        for whose, htmx in sides(rule)
    }


def names_a_thing(role, rule, permission):
    """Whether the role may ask the route for a thing by its id."""
    ids = {"tenant_id", "user_id", "entry_id"}
    return permission in ROLES[Role(role)] and bool(rule.arguments & ids)


def refused_alike(answers):
    """Without the permission: 403 and the same, whatever is asked for; nothing is looked up."""
    for htmx in (False, True):
        alike = {repr(like_any_other(found)) for side, found in answers.items() if side[1] == htmx}
        if len(alike) != 1 or not next(iter(alike)).startswith("(403, "):
            yield "refusal", htmx, sorted(text[:4] for text in alike)


def let_in(answer, permission):
    """With the permission: neither refused nor an error; sign-in's pages lead to one another."""
    to_sign_in = permission != "public" and (answer.location or "").startswith("/login")
    if answer.status_code in (401, 403) or answer.status_code >= 500 or to_sign_in:
        yield "not let in", answer.status_code


def absent(answers, told_apart):
    """What is absent is not found, and somebody else's is like it unless it may be seen."""
    for htmx in (False, True):
        nothing, foreign = answers[ABSENT, htmx], answers[FOREIGN, htmx]
        if nothing.status_code != 404:
            yield "absent", htmx, nothing.status_code
        if not told_apart and like_any_other(foreign) != like_any_other(nothing):
            yield "foreign", htmx, foreign.status_code


def without_body(client, url, answer):
    """HEAD is answered like GET, without a body."""
    head = client.head(url)
    if (head.status_code, head.text) != (answer.status_code, ""):
        yield "HEAD", head.status_code


@EVERY_ROLE
class TestRole:
    """One walk for each role and method: each page is asked for once, and judged in every way."""

    def test_reads_what_it_may_and_writes_nothing_by_it(self, app, visitor, world, role):
        person, wrong = visitor(role), []

        def faults(rule):
            answers, permission = asked(person, world, rule, "GET"), declared(app, rule)
            yield from without_body(
                person.browser.client, world.url(rule.rule), answers[OWN, False]
            )
            if not is_allowed(role, permission):
                yield from refused_alike(answers)
                return
            yield from let_in(answers[OWN, False], permission)
            if names_a_thing(role, rule, permission):
                yield from absent(answers, can_be_told_apart(role, rule))

        readable = [rule for rule, method in routes(app) if method == "GET"]
        # The database is looked at in groups: which address it was is quickly found.
        for group in (readable[start::8] for start in range(8)):
            before = raw.everything_but_asking()
            wrong += [(rule.rule, *fault) for rule in group for fault in faults(rule)]
            now = raw.everything_but_asking()
            written = [table for table in now if now[table] != before.get(table)]
            assert written == [], [rule.rule for rule in group]
        assert wrong == []

    def test_posts_what_it_may_and_nothing_else(self, app, visitor, world, role):
        person, wrong = visitor(role), []
        posted = [(rule, declared(app, rule)) for rule, method in routes(app) if method == "POST"]
        closed = [rule for rule, permission in posted if not is_allowed(role, permission)]
        with raw.only_asked():
            for rule in closed:
                answers = asked(person, world, rule, "POST")
                wrong += [(rule.rule, *fault) for fault in refused_alike(answers)]
        assert closed or role != "owner"
        for rule, permission in posted:
            if names_a_thing(role, rule, permission):
                wrong += [(rule.rule, *fault) for fault in self.absent(person, world, rule, role)]
        for rule, permission in posted:
            if is_allowed(role, permission) and rule.endpoint != SIGN_OUT:
                answer = person.ask(world.url(rule.rule), "POST")
                wrong += [(rule.rule, *fault) for fault in let_in(answer, permission)]
        assert wrong == []

    def absent(self, person, world, rule, role):
        told_apart = can_be_told_apart(role, rule)
        sides = (ABSENT,) if told_apart else (ABSENT, FOREIGN)
        with raw.only_asked():
            answers = {
                (whose, htmx): person.ask(world.url(rule.rule, whose), "POST", htmx)
                for whose in sides
                for htmx in (False, True)
            }
        # Who may see everybody's things is not asked to change them here.
        answers |= {(FOREIGN, htmx): answers[ABSENT, htmx] for htmx in (False, True) if told_apart}
        return list(absent(answers, told_apart))


class TestForeignTenant:
    @pytest.mark.parametrize("status", ["inactive", "suspended", "blocked"])
    def test_is_absent_in_every_status(self, visitor, world, status):
        services = ["calls"] if status == "suspended" else []
        foreign = world.tenants[FOREIGN]
        revise(foreign, Action.TENANT_STATUS, status=status, blocked_services=services)
        owner, wrong = visitor("owner"), []
        for method, rule in OF_A_TENANT:
            allowed = "owner" in TABLE[f"{method} {rule}"].roles
            answer = owner.ask(world.url(rule, FOREIGN), method)
            if answer.status_code != (404 if allowed else 403):
                wrong.append((method, rule, answer.status_code))
        assert wrong == []

    def test_is_not_changed_by_its_id_in_a_form(self, visitor, world):
        owner, other = visitor("owner").browser, world.tenants[FOREIGN].id
        before = raw.rows("SELECT * FROM tenants WHERE name = 'Foreign'")
        owner.edit(world.tenants[OWN], "organisation", name="Mine", id=other, tenant_id=other)
        assert raw.rows("SELECT * FROM tenants WHERE name = 'Foreign'") == before


class TestOtherMethods:
    def test_are_refused(self, app, visitor, world):
        admin, wrong = visitor("admin"), []
        before = raw.everything_but_asking()
        for rule in {rule.rule for rule, _ in routes(app)}:
            for method in ("PUT", "PATCH", "DELETE"):
                answer = admin.browser.client.open(
                    world.url(rule), method=method, data={"csrf_token": admin.token}
                )
                if answer.status_code != 405:
                    wrong.append((method, rule, answer.status_code))
        assert wrong == []
        assert raw.everything_but_asking() == before
