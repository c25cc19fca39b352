"""The history cannot be filled: so many entries of an account a minute, and no more."""

from datetime import timedelta

import pytest
from sqlalchemy import event

from tests.factories import make_user
from tests.history import assert_history_holds, count_entries, last_body
from tests.rates import did, used_up
from tests.web.pages import PASSWORD, REASON, Browser, edit_url, tenant_url
from tests.web.saved import fresh
from webui.core.extensions import WRITING, db
from webui.history.record.actions import Action
from webui.models.columns import now
from webui.web.posted import action_rates
from webui.web.posted.action_rates import TooFast

SECRET = "typed, and never kept"


def a_minute_later(monkeypatch):
    later = now() + action_rates.WINDOW + timedelta(seconds=1)
    monkeypatch.setattr(action_rates, "now", lambda: later)


class TestSaves:
    def test_end_after_so_many_and_go_on_after_a_minute(self, owner, tenant, monkeypatch):
        form = owner.get(edit_url(tenant, "features"))
        did(owner.user, Action.WEBHOOK_RESUMED, action_rates.SAVES.most - 1)
        owner.edit(tenant, "features", retention_days=30)
        before = count_entries()
        for _ in range(5):
            answer = owner.submit(form, 429, retention_days=31)
        assert count_entries() == before
        assert fresh(tenant).retention_days == 30
        assert 1 <= int(answer.headers["Retry-After"]) <= 60
        assert "At most 60 changes of organisations a minute." in answer.words
        a_minute_later(monkeypatch)
        owner.edit(tenant, "features", retention_days=31)
        assert fresh(tenant).retention_days == 31
        assert_history_holds()

    def test_lose_nothing_that_was_typed(self, owner, tenant, secrets):
        secrets.add(SECRET)
        form = owner.get(edit_url(tenant, "sip"))
        used_up(owner.user, action_rates.SAVES)
        answer = owner.submit(form, 429, sip_domain="typed.example", sip_password=SECRET)
        assert answer.form().get("action") == tenant_url(tenant, "sip")
        assert answer.field("sip_domain") == "typed.example"
        assert answer.field("sip_password") == ""

    def test_by_htmx_leave_the_form_as_it_is(self, owner, tenant):
        form = owner.get(edit_url(tenant, "features"))
        used_up(owner.user, action_rates.SAVES)
        answer = owner.post(tenant_url(tenant, "features"), form.fields, 429, htmx=True)
        assert answer.headers["HX-Reswap"] == "none"
        assert "Your text is still in the form." in answer.words
        assert int(answer.headers["Retry-After"]) <= 60

    def test_that_change_nothing_cost_nothing(self, owner, tenant):
        did(owner.user, Action.WEBHOOK_RESUMED, action_rates.SAVES.most - 1)
        for _ in range(5):
            owner.edit(tenant, "features")
        owner.edit(tenant, "features", retention_days=30)

    def test_of_others_do_not_count(self, owner, tenant, sign_in):
        used_up(sign_in("owner", tenant).user, action_rates.SAVES)
        used_up(owner.user, action_rates.ACCOUNT)
        owner.edit(tenant, "features", retention_days=30)

    def test_that_are_refused_write_nothing(self, owner, tenant):
        form = owner.get(edit_url(tenant, "features"))
        used_up(owner.user, action_rates.SAVES)
        begun = []

        def note(connection):
            begun.append(bool(connection.get_execution_options().get(WRITING)))

        event.listen(db.engine, "begin", note)
        owner.submit(form, 429, retention_days=31)
        event.remove(db.engine, "begin", note)
        assert begun
        assert not any(begun)


class TestOtherKinds:
    def test_creations(self, admin):
        form = admin.get("/tenants/new")
        used_up(admin.user, action_rates.CREATIONS)
        answer = admin.submit(form, 429, name="Typed Inc", reason=REASON)
        assert answer.field("name") == "Typed Inc"
        assert answer.field("reason") == REASON

    def test_exports(self, admin):
        used_up(admin.user, action_rates.EXPORTS)
        before = count_entries()
        for kind in ("csv", "jsonl"):
            answer = admin.get(f"/audit/export.{kind}", 429)
            assert "At most 10 exports a minute." in answer.words
            assert answer.headers["Retry-After"]
        assert count_entries() == before

    def test_the_own_account(self, owner):
        form = owner.get("/account")
        used_up(owner.user, action_rates.ACCOUNT)
        before = count_entries()
        owner.post("/theme", {**form.fields, "theme": "dark"}, 429)
        owner.post("/account/preferences", {**form.fields, "theme": "dark"}, 429)
        assert count_entries() == before

    def test_other_people_s_accounts(self, admin):
        person = make_user("owner")
        form = admin.get(f"/users/{person.id}/link")
        used_up(admin.user, action_rates.ACCOUNT_ACTIONS)
        assert admin.submit(form, 429, reason=REASON).field("reason") == REASON

    def test_signing_in(self, app, secrets):
        user = make_user("owner", None, PASSWORD)
        used_up(user, action_rates.SIGN_INS)
        browser, before = Browser(app.test_client(), secrets), count_entries()
        page = browser.get("/login")
        answer = browser.submit(page, 429, username=user.username, password=PASSWORD)
        assert "Too many attempts. Wait" in answer.words
        assert count_entries() == before

    def test_signing_out_is_always_possible(self, owner):
        form = owner.get("/account")
        for rate in (action_rates.SAVES, action_rates.ACCOUNT, action_rates.SIGN_INS):
            used_up(owner.user, rate)
        owner.post("/logout", {"csrf_token": form.field("csrf_token")}, 303)
        assert last_body()["action"] == Action.SIGNED_OUT


class TestTable:
    def test_has_a_rate_for_every_action_or_another_bound(self):
        apart = {action for action in Action if action_rates.of_action(action) is None}
        assert {action.partition(".")[0] for action in apart} == {
            "access",
            "audit",
            "keys",
            "session",
            # Once a day and token.
            "token",
        }
        assert {Action.TOKEN_CREATED, Action.TOKEN_REVOKED}.isdisjoint(apart)
        assert Action.SIGNED_IN not in apart
        assert Action.AUDIT_EXPORTED not in apart

    def test_judges_every_route_that_writes(self, app):
        with app.test_request_context():
            written = {r.endpoint for r in app.url_map.iter_rules() if r.methods & {"POST", "PUT"}}
            free = {endpoint for endpoint in written if action_rates.of_endpoint(endpoint) is None}
        assert len(written) > 20
        assert free == {"accounts.log_out"}

    def test_waits_until_the_oldest_is_a_minute_old(self, owner):
        used_up(owner.user, action_rates.EXPORTS)
        with pytest.raises(TooFast) as refusal:
            action_rates.check_rate(owner.user.id, action_rates.EXPORTS)
        assert timedelta(seconds=1) < refusal.value.wait <= action_rates.WINDOW
