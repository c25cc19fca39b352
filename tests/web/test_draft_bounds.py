"""A session that is too old keeps what was typed, and cannot fill the database with it."""

from datetime import timedelta
from uuid import uuid4

import pytest

from tests.factories import make_tenant, make_user
from tests.raw import rows
from tests.web.pages import edit_url, tenant_url
from tests.web.test_drafts import expire
from webui.core.extensions import db, write_transaction
from webui.models import TryCounter
from webui.models.columns import now
from webui.web.posted import drafts


@pytest.fixture
def support(sign_in):
    return sign_in("support")


def kept():
    db.session.rollback()
    return [form for (form,) in rows("SELECT form FROM drafts ORDER BY created_at")]


def post_late(browser, tenant, status=303, **typed):
    """Posts a form of a tenant's name with the token of a session that is too old."""
    data = {"name": "Typed", "csrf_token": browser.token, "version": "1", **typed}
    return browser.post(tenant_url(tenant, "organisation"), data, status)


@pytest.fixture
def late(support, tenant):
    """Support's browser after its session grew too old; `token` is the one of its forms."""
    support.token = support.get(edit_url(tenant, "organisation")).field("csrf_token")
    expire(support)
    return support


def many(number):
    return [make_tenant(name=f"Tenant {n}") for n in range(number)]


class TestOfWhatIsNotThere:
    def test_nothing_is_kept_for_tenants(self, late):
        for _ in range(3):
            answer = late.post(
                tenant_url(uuid4(), "organisation"),
                {"name": "x" * 200, "csrf_token": late.token, "version": "1"},
                303,
            )
            assert "draft" not in answer.location
        assert kept() == []

    def test_nor_for_accounts_and_entries(self, late):
        data = {"reason": "typed for nothing", "csrf_token": late.token}
        colleague = make_user("admin")
        for path in (
            f"/users/{uuid4()}/link",
            f"/users/{colleague.id}/link",
            f"/audit/{uuid4()}/revert",
        ):
            late.post(path, data, 303)
        assert kept() == []
        owner = make_user("owner")
        late.post(f"/users/{owner.id}/link", data, 303)
        assert kept() == [f"/users/{owner.id}/link"]


class TestNumber:
    def test_has_an_end_and_the_oldest_make_room(self, late, monkeypatch):
        monkeypatch.setattr(drafts, "MOST", 3)
        tenants = many(5)
        for tenant in tenants:
            post_late(late, tenant)
        assert kept() == [tenant_url(tenant, "organisation") for tenant in tenants[2:]]

    def test_is_for_each_account(self, late, sign_in, monkeypatch):
        monkeypatch.setattr(drafts, "MOST", 1)
        other = make_user("owner")
        with write_transaction():
            drafts.put_draft(other.id, "/theirs", "{}")
        for tenant in many(2):
            post_late(late, tenant)
        assert len(kept()) == 2
        assert "/theirs" in kept()


class TestSize:
    def test_of_all_together_has_an_end(self, late, monkeypatch):
        monkeypatch.setattr(drafts, "MOST_CHARACTERS", 40_000)
        for tenant in many(6):
            post_late(late, tenant, meta_data="ł" * 5_000)
        [(size,)] = rows("SELECT sum(length(content)) FROM drafts")
        assert 20_000 < size <= 40_000

    def test_never_costs_what_was_typed_last(self, late, tenant, monkeypatch):
        monkeypatch.setattr(drafts, "MOST_CHARACTERS", 100)
        first, last = many(2)
        post_late(late, first, meta_data="x" * 5_000)
        post_late(late, last, meta_data="y" * 5_000)
        assert kept() == [tenant_url(last, "organisation")]

    def test_of_one_is_no_more_than_twice_what_was_sent(self, late, tenant):
        post_late(late, tenant, meta_data='\u0142\n"' * 20_000)
        [(size,)] = rows("SELECT length(content) FROM drafts")
        assert size < drafts.MOST_CHARACTERS / 2


class TestRate:
    def test_ends_in_429_that_writes_nothing(self, late, tenant, monkeypatch):
        monkeypatch.setattr(drafts, "MOST_A_MINUTE", 2)
        for name in ("one", "two"):
            post_late(late, tenant, name=name)
        before = rows("SELECT tries, last_at FROM try_counters")
        monkeypatch.setattr(drafts, "write_transaction", None)
        answer = post_late(late, tenant, 429, name="three")
        assert 1 <= int(answer.headers["Retry-After"]) <= 60
        assert answer.field("name") == "three"
        assert rows("SELECT tries, last_at FROM try_counters") == before
        assert kept() == [tenant_url(tenant, "organisation")]

    def test_begins_anew_after_a_minute(self, late, tenant, monkeypatch):
        monkeypatch.setattr(drafts, "MOST_A_MINUTE", 1)
        post_late(late, tenant)
        with write_transaction():
            for row in db.session.query(TryCounter):
                row.expires_at = now() - timedelta(seconds=1)
        post_late(late, tenant)
        assert rows("SELECT tries FROM try_counters WHERE kind = 'drafts'") == [(1,)]


class TestWizard:
    def test_has_the_same_bounds(self, sign_in, monkeypatch):
        monkeypatch.setattr(drafts, "MOST", 1)
        user = make_user("owner")
        for number in range(3):
            with write_transaction():
                drafts.put_draft(user.id, f"/onboarding/{number}", "{}")
        assert kept() == ["/onboarding/2"]


def test_every_form_with_a_draft_names_what_is_known(app):
    known = {"tenant_id", "entry_id", "user_id", "token_id", "section", "step"}
    for rule in app.url_map.iter_rules():
        if hasattr(app.view_functions[rule.endpoint], "draft_page"):
            assert rule.arguments <= known, rule
