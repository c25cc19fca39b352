"""The pages of API tokens: a new one that is shown once, its end, and admins' view of all."""

import re
from datetime import timedelta
from uuid import uuid4

import pytest

from tests import raw
from tests.api_tokens import bearer, make_token, refusal
from tests.factories import an_actor, make_user, revise
from tests.history import assert_history_holds, last_body
from tests.web import dom
from tests.web.factors import confirmation, enrol, said
from tests.web.pages import PASSWORD, REASON, tenant_url
from tests.web.saved import actions
from tests.web.test_drafts import expire, sign_in_again
from webui.accounts.api_tokens import authentication, listing, operations
from webui.accounts.api_tokens.scopes import Scope
from webui.core.permissions import Role
from webui.crypto import token_text
from webui.history.record.actions import Action, Source
from webui.history.record.actor import token_actor_name
from webui.models.columns import now
from webui.users.guards import OWN_ACCOUNT
from webui.users.operations import AccountChange, change_role
from webui.web.redaction import hide_secrets

NEW, POSTED = "/account/tokens/new", "/account/tokens"
GIVEN = {
    "name": "CRM sync",
    "purpose": "Copies new customers",
    "scopes": ["tenants:read", "history:read"],
    "days": "30",
    "current_password": PASSWORD,
}

pytestmark = pytest.mark.usefixtures("code_time")


@pytest.fixture
def support(sign_in):
    return sign_in("support")


def made(browser, **changes):
    """The token that the form's answer shows; no later answer may."""
    answer = browser.post_form(NEW, 200, **{**GIVEN, **changes})
    token = answer.words_of("new-token-text")
    browser.secrets.add(token)
    return token


def revoke_links(page):
    """Where the card of tokens leads to end one."""
    return [
        a.get("href")
        for a in dom.elements(page.by_id("tokens"), "a")
        if "/new" not in a.get("href")
    ]


def card(page):
    return page.words_of("tokens")


class TestNew:
    def test_shows_the_token_once(self, app, support, logged):
        token = made(support)
        assert token_text.is_wellformed(token)
        found = bearer(app, token)
        assert found.person.id == support.user.id
        assert found.scopes == {Scope.TENANTS_READ, Scope.HISTORY_READ}
        assert timedelta(29) < found.expires_at - now() < timedelta(30)
        page = support.get("/account")
        for words in ("CRM sync", "Copies new customers", "Read tenants, Read the history"):
            assert words in card(page)
        assert "last used" in card(page)
        for path in ("/audit", f"/audit/{last_body()['id']}", "/audit?field=token"):
            assert "CRM sync" in support.get(path).words
        assert token not in logged()
        assert token not in str(raw.everything())
        assert_history_holds()

    def test_is_asked_for_the_scopes_of_the_role(self, sign_in):
        for role, count in (("admin", 4), ("support", 4), ("owner", 3), ("auditor", 2)):
            page = sign_in(role).get(NEW)
            assert len(dom.elements(page.form(), "input", name="scopes")) == count
        assert page.field("days") == "90"

    @pytest.mark.parametrize(
        ("changes", "field"),
        [
            ({"name": ""}, "name"),
            ({"name": "x" * 61}, "name"),
            ({"name": "a\u202eb"}, "name"),
            ({"purpose": "ab"}, "purpose"),
            ({"purpose": "x" * 201}, "purpose"),
            ({"scopes": None}, "scopes"),
            ({"scopes": ["tenants:read", "everything"]}, "scopes"),
            ({"days": "0"}, "days"),
            ({"days": "366"}, "days"),
            ({"days": "1e2"}, "days"),
            ({"days": ""}, "days"),
            ({"current_password": "wrong wrong wrong"}, "current_password"),
        ],
    )
    def test_says_what_is_wrong_and_keeps_the_rest(self, support, changes, field):
        answer = support.post_form(NEW, 422, **{**GIVEN, **changes})
        assert list(answer.errors) == [field] or (field == "scopes" and "scopes" in answer.errors)
        kept = {"name": "CRM sync", "purpose": "Copies new customers", "days": "30"}
        for name in kept.keys() - {field}:
            assert answer.field(name) == kept[name]
        assert answer.field("current_password") == ""
        assert Action.TOKEN_CREATED not in actions()

    def test_of_an_owner_never_reports_usage(self, owner):
        answer = owner.post_form(NEW, 422, **{**GIVEN, "scopes": ["usage:write"]})
        assert answer.errors["scopes"] == operations.NO_SCOPE

    def test_takes_no_name_twice_and_spends_no_code_on_it(self, support):
        _, _ = enrol(support)
        made(support, **confirmation(support))
        left = list(support.codes)
        answer = support.post_form(NEW, 422, **{**GIVEN, **confirmation(support)})
        assert answer.errors == {"name": operations.NAME_TAKEN}
        support.codes = left
        made(support, **{**confirmation(support), "name": "Another"})

    def test_needs_the_second_factor(self, support):
        enrol(support)
        answer = support.post_form(NEW, 422, **{**GIVEN, "current_code": "000000"})
        assert "current_code" in answer.errors
        made(support, **confirmation(support))

    def test_sent_twice_makes_one(self, support):
        form = support.get(NEW)
        first = support.submit(form, 200, **GIVEN)
        support.secrets.add(first.words_of("new-token-text"))
        again = support.submit(form, 200, **GIVEN)
        assert "was already shown" in again.words
        assert actions().count(Action.TOKEN_CREATED) == 1

    def test_typed_too_late_is_there_again(self, support):
        form = support.get(NEW)
        expire(support)
        answer = support.submit(form, 303, **GIVEN)
        page = support.get(sign_in_again(support, answer))
        assert (page.field("name"), page.field("days")) == ("CRM sync", "30")
        assert page.fields["scopes"] == ["tenants:read", "history:read"]
        assert page.field("current_password") == ""
        assert raw.rows("SELECT count(*) FROM drafts") == [(1,)]
        support.submit(page, 200, current_password=PASSWORD)
        assert raw.rows("SELECT count(*) FROM drafts") == [(0,)]

    def test_with_an_old_csrf_token_makes_none(self, support):
        page = support.submit(support.get(NEW), 400, **GIVEN, csrf_token="old")
        assert page.field("name") == "CRM sync"
        assert Action.TOKEN_CREATED not in actions()


class TestRevoke:
    def test_ends_it_at_once(self, app, support):
        token = made(support)
        page = support.get("/account")
        [link] = revoke_links(page)
        answer = support.post_form(link, 303)
        assert answer.location == "/account#tokens"
        assert refusal(app, token) == authentication.REVOKED
        assert said() == f"Revoked the API token CRM sync of {support.user.username}"
        page = support.get("/account")
        assert "Revoked" in card(page)
        assert revoke_links(page) == []
        assert "Revoke CRM" not in support.get(link).words
        support.post(f"{link}/revoke", {"csrf_token": support.token()}, 303)
        assert actions().count(Action.TOKEN_REVOKED) == 1

    def test_of_somebody_else_is_not_found(self, app, support, sign_in):
        token = make_token(make_user("support"))
        url = f"/account/tokens/{token.row.id}"
        support.get(url, 404)
        support.post(f"{url}/revoke", {"csrf_token": support.token()}, 303)
        assert refusal(app, token.text) is None


class TestList:
    def test_says_how_to_begin(self, support):
        assert "You have none" in card(support.get("/account"))

    def test_says_what_ends_and_has_ended(self, support, monkeypatch):
        token = make_token(support.user, days=20)
        for days, words in ((0, "valid until"), (7, "Ends soon"), (21, "Expired"), (51, "none")):
            at = token.row.created_at + timedelta(days=days)
            monkeypatch.setattr(listing, "now", lambda at=at: at)
            assert words in card(support.get("/account"))

    def test_begins_with_those_that_work(self, support):
        make_token(support.user, name="Working")
        ended = make_token(support.user, name="Ended")
        operations.revoke_own(support.user.id, ended.row.id, an_actor(support.user))
        words = card(support.get("/account"))
        assert words.index("Working") < words.index("Ended")

    def test_says_what_the_role_took_away(self, support, admin):
        make_token(support.user)
        change = AccountChange(support.user.id, REASON)
        change_role(change, Role.AUDITOR, "support", an_actor(admin.user))
        assert "Change tenants, Report usage (not allowed by the role now)" in card(
            support.get("/account")
        )

    def test_leaves_out_what_somebody_wrote_into_the_database(self, support, admin):
        make_token(support.user)
        assert "CRM sync" in admin.get("/users/tokens").words
        raw.past_the_guards("UPDATE api_tokens SET scopes = 'usage:write'")
        assert "You have none" in card(support.get("/account"))
        assert "CRM sync" not in admin.get("/users/tokens").words


class TestAdmin:
    def test_sees_and_revokes_all(self, app, admin, support, owner):
        tokens = {user: make_token(user) for user in (admin.user, support.user, owner.user)}
        page = admin.get("/users/tokens")
        for user in tokens:
            assert user.username in page.words_of("token-list")
        admin.get("/users")
        shown = admin.get(f"/users/{owner.user.id}")
        [link] = revoke_links(shown)
        assert "reason" in admin.post_form(link, 422, reason="").errors
        admin.post_form(link, 303, reason=REASON)
        assert refusal(app, tokens[owner.user].text) == authentication.REVOKED
        body = last_body()
        assert (body["action"], body["reason"]) == (Action.TOKEN_REVOKED, REASON)
        assert body["tenant"]["id"] == str(owner.user.tenant_id)
        assert "Revoked" in admin.get(f"/users/{owner.user.id}").words_of("tokens")
        assert owner.user.username not in admin.get("/users/tokens").words_of("token-list")
        assert_history_holds()

    def test_revokes_the_own_on_the_account_page(self, admin):
        token = make_token(admin.user)
        page = admin.get("/users/tokens")
        assert f"/account/tokens/{token.row.id}" in page.text
        url = f"/users/{admin.user.id}/tokens/{token.row.id}"
        assert OWN_ACCOUNT in admin.get(url, 403).words

    def test_finds_no_token_under_another_account(self, admin, support, owner):
        token = make_token(support.user)
        admin.get(f"/users/{owner.user.id}/tokens/{token.row.id}", 404)
        admin.get(f"/users/{support.user.id}/tokens/{uuid4()}", 404)

    def test_who_is_none_sees_no_token(self, support, sign_in, owner):
        make_token(owner.user)
        for browser in (support, sign_in("auditor")):
            browser.get("/users/tokens", 403)
            assert (
                "CRM sync"
                not in browser.get(f"/users/{owner.user.id}").words.partition("What happened")[0]
            )

    def test_pages_through_many(self, admin, support, monkeypatch):
        monkeypatch.setattr("webui.users.tokens.PAGE_SIZE", 2)
        for number in range(5):
            make_token(support.user, name=f"Token {number}", days=10 + number)
        seen, url = [], "/users/tokens"
        while url:
            page = admin.get(url)
            seen += re.findall(r"Token \d", page.words_of("token-list"))
            links = {dom.words(a): a.get("href") for a in dom.elements(page.tree, "a")}
            url = links.get("Next")
        assert list(dict.fromkeys(seen)) == [f"Token {number}" for number in range(5)]
        admin.get("/users/tokens?after=nonsense", 400)

    def test_says_when_there_are_none(self, admin):
        assert "No API tokens yet" in admin.get("/users/tokens").words


class TestOwner:
    def test_reads_in_the_history_what_the_own_token_did(self, app, owner, admin):
        token = made(owner)
        page = owner.get(f"/tenants/{owner.user.tenant_id}/audit")
        assert "Created the API token CRM sync" in page.words
        bearer(app, token)
        words = admin.get("/audit").words
        assert f'{owner.user.username} via token "CRM sync"' in words


class TestHistory:
    """A change by a token, as the pages show it."""

    @pytest.fixture
    def by_token(self, owner):
        """Changes the owner's tenant by a token of an account; the entry's id."""

        def change(user):
            name = token_actor_name(user.username, "CRM sync")
            actor = an_actor(user, type="token", name=name, source=Source.API)
            revise(owner.user.tenant, Action.TENANT_BILLING, actor=actor, monthly_call_limit=7)
            return last_body()["id"]

        return change

    def test_of_staff_names_the_token_to_staff_alone(self, support, owner, by_token):
        entry, name = by_token(support.user), f'{support.user.username} via token "CRM sync"'
        tenant = tenant_url(owner.user.tenant_id)
        for url in (tenant, "/audit", f"/audit/{entry}", f"/audit?actor={support.user.id}"):
            assert name in support.get(url).words
        page = support.get(f"/audit/{entry}")
        assert dom.elements(page.tree, "a", href="/account")
        words = owner.get(tenant).words
        assert "Support team" in words
        assert "CRM sync" not in words

    def test_of_an_owner_names_it_to_the_owner(self, owner, admin, by_token):
        entry, name = by_token(owner.user), f'{owner.user.username} via token "CRM sync"'
        assert name in owner.get(tenant_url(owner.user.tenant_id)).words
        page = admin.get(f"/audit/{entry}")
        assert dom.elements(page.tree, "a", href=f"/users/{owner.user.id}")


class TestLog:
    def test_hides_a_token_wherever_it_stands(self):
        token = token_text.new_token()
        assert hide_secrets(f"GET /{token}?t={token}") == "GET /tc_[hidden]?t=tc_[hidden]"
