"""Who may do what, and that what is not declared is denied."""

import pytest
from flask import Flask, g
from flask_login import LoginManager, UserMixin
from werkzeug.exceptions import Forbidden, Unauthorized

from webui.core.permissions import (
    ROLES,
    SECTION_EDITS,
    Permission,
    Role,
    allows,
    declared,
    edit_permission,
    enforce,
    may,
    may_open,
    public,
    requires,
    requires_of,
)


class Person(UserMixin):
    def __init__(self, role):
        self.id = role
        self.role = role


@pytest.fixture
def small():
    """An application with a page of every kind; the header Role signs in."""
    app = Flask(__name__)
    manager = LoginManager(app)
    manager.request_loader(lambda r: Person(r.headers["Role"]) if "Role" in r.headers else None)

    @app.get("/open")
    @public
    def everybody():
        return "open"

    @app.get("/keys")
    @requires(Permission.VIEW_KEYS)
    def keys():
        return "keys"

    @app.get("/parts/<part>")
    @requires_of("part", {"keys": Permission.VIEW_KEYS, "own": Permission.SIGNED_IN}.__getitem__)
    def parts(part):
        return part

    @app.get("/forgotten")
    def forgotten():
        return "never"

    app.before_request(enforce)
    return app


def asked(app, path, role=None):
    """Status and body of a request."""
    answer = app.test_client().get(path, headers={"Role": role} if role else {})
    return answer.status_code, answer.text if answer.status_code == 200 else ""


class TestEnforce:
    def test_lets_anybody_see_what_is_public(self, small):
        assert asked(small, "/open") == (200, "open")
        assert asked(small, "/open", "owner") == (200, "open")

    def test_asks_strangers_to_sign_in(self, small):
        assert asked(small, "/keys")[0] == 401
        assert asked(small, "/forgotten")[0] == 401

    @pytest.mark.parametrize("role", list(Role))
    def test_judges_by_role(self, small, role):
        expected = (200, "keys") if role in (Role.ADMIN, Role.AUDITOR) else (403, "")
        assert asked(small, "/keys", role.value) == expected

    @pytest.mark.parametrize("role", list(Role))
    def test_denies_what_declares_nothing(self, small, role):
        assert asked(small, "/forgotten", role.value)[0] == 403

    def test_leaves_absent_pages_to_flask(self, small):
        assert asked(small, "/nothing")[0] == 404
        assert small.test_client().post("/keys").status_code == 405

    def test_answers_nothing_itself_to_who_may(self, small):
        with small.test_request_context("/keys", headers={"Role": "admin"}):
            assert enforce() is None
        with small.test_request_context("/open"):
            assert enforce() is None
        with small.test_request_context("/keys"), pytest.raises(Unauthorized):
            enforce()
        with (
            small.test_request_context("/keys", headers={"Role": "owner"}),
            pytest.raises(Forbidden),
        ):
            enforce()


class TestRequiresOf:
    """A permission that follows from an argument of the address."""

    def test_judges_by_the_argument(self, small):
        assert asked(small, "/parts/keys", "admin") == (200, "keys")
        assert asked(small, "/parts/keys", "owner") == (403, "")
        assert asked(small, "/parts/own", "owner") == (200, "own")
        assert asked(small, "/parts/own")[0] == 401

    def test_declares_nothing_without_the_argument(self, small):
        with small.app_context():
            assert declared("parts") is None
            assert declared("parts", {}) is None
            assert declared("parts", {"other": "keys"}) is None
            assert declared("parts", {"part": "keys"}) is Permission.VIEW_KEYS
            assert declared("parts", {"part": "own"}) is Permission.SIGNED_IN

    def test_opens_by_the_argument(self, small):
        with small.test_request_context("/open", headers={"Role": "owner"}):
            assert may_open("parts", {"part": "own"})
            assert not may_open("parts", {"part": "keys"})
            assert not may_open("parts")

    def test_leaves_the_view_as_it_is(self):
        def view(part):
            return part

        assert requires_of("part", edit_permission)(view) is view
        assert view.permission.argument == "part"
        assert view.permission.permission("sip") is Permission.EDIT_SIP

    def test_of_sections_knows_each_and_no_other(self):
        assert edit_permission("billing") is Permission.EDIT_BILLING
        assert {edit_permission(name) for name in SECTION_EDITS} == set(SECTION_EDITS.values())
        with pytest.raises(KeyError):
            edit_permission("nothing")


class TestDeclared:
    def test_is_what_the_view_says(self, small):
        with small.app_context():
            assert declared("keys") is Permission.VIEW_KEYS
            assert declared("everybody") == "public"
            assert declared("forgotten") is None
            assert declared("no-such-endpoint") is None

    def test_a_declaration_leaves_the_view_as_it_is(self):
        def view():
            return "answer"

        assert requires(Permission.SIGNED_IN)(view) is view
        assert view.permission is Permission.SIGNED_IN
        assert public(view) is view
        assert view.permission == "public"


class TestMayOpen:
    @pytest.mark.parametrize(
        ("role", "opens"),
        [(None, {"everybody"}), ("support", {"everybody"}), ("admin", {"everybody", "keys"})],
    )
    def test_is_what_enforce_would_let_through(self, small, role, opens):
        with small.test_request_context("/open", headers={"Role": role} if role else {}):
            assert {e for e in ("everybody", "keys", "forgotten", "gone") if may_open(e)} == opens


class TestMay:
    @pytest.mark.parametrize("role", list(Role))
    def test_holds_exactly_the_table_s_permissions(self, small, role):
        with small.test_request_context("/open", headers={"Role": role.value}):
            assert {p for p in Permission if may(p)} == ROLES[role]
            assert g.held_permissions == ROLES[role]

    def test_nobody_holds_nothing(self, small):
        with small.test_request_context("/open"):
            assert [p for p in Permission if may(p)] == []

    def test_is_looked_up_once_a_request(self, small):
        with small.test_request_context("/open", headers={"Role": "owner"}):
            assert not may(Permission.VIEW_KEYS)
            g.held_permissions = frozenset({Permission.VIEW_KEYS})
            assert may(Permission.VIEW_KEYS)


class TestAllows:
    @pytest.mark.parametrize("role", list(Role))
    def test_is_the_table(self, role):
        assert {p for p in Permission if allows(role, p)} == ROLES[role]
        assert {p for p in Permission if allows(role.value, p)} == ROLES[role]

    def test_knows_no_other_role(self):
        with pytest.raises(ValueError, match="root"):
            allows("root", Permission.SIGNED_IN)
