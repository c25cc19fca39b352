"""What the history tells about asking: denials, folded, and first readings."""

import json
from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import update

from tests.factories import an_actor, make_tenant, make_user
from tests.history import assert_audited, assert_history_holds, count_entries, last_body
from tests.raw import rows
from tests.web.pages import tenant_url
from webui.audit import denials
from webui.core.extensions import db, write_transaction
from webui.history.record.actions import Action
from webui.jobs import Run
from webui.jobs.registry import JOBS
from webui.models import AuditEntry, DeniedAttempts
from webui.models.columns import now


def a_minute_later():
    with write_transaction():
        db.session.execute(update(DeniedAttempts).values(since=now() - denials.FOLDED))


def work():
    JOBS["denied"].work(Run())


class TestDenied:
    def test_by_role_is_recorded(self, sign_in):
        browser = sign_in("auditor")
        browser.get("/tenants/new", 403)
        body = assert_audited(
            Action.ACCESS_DENIED,
            outcome="denied",
            tenant=None,
            changes={"page": [None, "GET /tenants/new"], "answer": [None, 403]},
            actor={"name": browser.user.username, "role": "auditor"},
        )
        assert body["request"]
        assert body["address"] == "127.0.0.1"

    def test_foreign_and_absent_tenants_are_recorded_alike(self, owner, app):
        foreign, absent = make_tenant(name="Planted Foreign").id, uuid4()
        told = []
        for tenant_id in (foreign, absent):
            owner.get(tenant_url(tenant_id), 404)
            told.append(last_body())
            with write_transaction():
                db.session.execute(db.delete(DeniedAttempts))
        for body, tenant_id in zip(told, (foreign, absent), strict=True):
            assert body["action"] == "access.denied"
            assert body["changes"].pop("object") == [None, str(tenant_id)]
            assert body["tenant"] is None
        assert told[0]["changes"] == told[1]["changes"]
        assert "Planted Foreign" not in str(told[0])

    def test_the_address_itself_is_not_recorded(self, sign_in):
        sign_in("auditor").get("/tenants/new?token=hunter2", 403)
        assert "hunter2" not in str(last_body())

    @pytest.mark.parametrize("url", ["/nothing-here", "/tenants/not-an-id"])
    def test_a_page_that_does_not_exist_is_no_denial(self, admin, url):
        before = count_entries()
        admin.get(url, 404)
        assert count_entries() == before

    def test_nobody_signed_in_is_no_denial(self, browser, tenant):
        before = count_entries()
        browser.get(tenant_url(tenant), None)
        assert count_entries() == before


class TestFolding:
    def test_more_within_a_minute_is_one_more_entry_by_the_worker(self, owner):
        before = count_entries()
        url = tenant_url(uuid4())
        for _ in range(5):
            owner.get(url, 404)
        assert count_entries() == before + 1
        assert not denials.has_ended()
        a_minute_later()
        assert denials.has_ended()
        work()
        assert count_entries() == before + 2
        assert_audited(
            Action.ACCESS_DENIED,
            changes={
                "more": [None, 4],
                "attempts": [None, [f"GET /tenants/<tenant_id> 404 {url.split('/')[2]}"]],
            },
            actor={"name": owner.user.username, "role": "owner"},
        )
        assert rows("SELECT * FROM denied_attempts") == []
        assert_history_holds()

    def test_or_by_the_next_denial(self, owner):
        url = tenant_url(uuid4())
        for _ in range(3):
            owner.get(url, 404)
        a_minute_later()
        before = count_entries()
        owner.get(tenant_url(uuid4()), 404)
        assert count_entries() == before + 2
        assert "object" in last_body()["changes"]

    def test_waits_for_no_clock_that_was_ahead(self, owner):
        url = tenant_url(uuid4())
        for _ in range(2):
            owner.get(url, 404)
        with write_transaction():
            db.session.execute(update(DeniedAttempts).values(since=now() + timedelta(days=365)))
        assert denials.has_ended()
        before = count_entries()
        owner.get(url, 404)
        assert count_entries() == before + 2

    def test_leaves_what_was_for_other_ids_apart(self, owner, monkeypatch):
        monkeypatch.setattr(denials, "_APART", 3)
        ids = [uuid4() for _ in range(5)]
        before = count_entries()
        for tenant_id in [*ids, *ids]:
            owner.get(tenant_url(tenant_id), 404)
        query = db.select(AuditEntry.body).where(AuditEntry.seq > before).order_by(AuditEntry.seq)
        told = [json.loads(body)["changes"]["object"][1] for body in db.session.scalars(query)]
        assert told == list(map(str, ids[:3]))
        assert rows("SELECT more FROM denied_attempts") == [(7,)]
        a_minute_later()
        owner.get(tenant_url(ids[0]), 404)
        assert last_body()["changes"]["object"] == [None, str(ids[0])]
        assert rows("SELECT more, folded FROM denied_attempts") == [(0, "")]

    def test_of_all_pages_is_together(self, owner):
        before = count_entries()
        pages = [
            f"/tenants/{uuid4()}/{page}" for page in ("billing", "audit", "status", "sip/edit")
        ]
        for _ in range(20):
            for url in [*pages, "/audit", "/users", "/keys", "/tenants/new", tenant_url(uuid4())]:
                owner.get(url, None)
        assert count_entries() == before + denials._APART
        a_minute_later()
        work()
        assert count_entries() == before + denials._APART + 1
        told = last_body()["changes"]
        assert told["more"] == [None, 180 - denials._APART]
        named = told["attempts"][1]
        assert len(named) == denials._NAMED
        assert any(name.startswith("GET /tenants/<tenant_id> 404 ") for name in named)
        assert len(str(last_body())) < 5_000
        assert_history_holds()

    def test_tells_the_first_of_what_it_names_as_a_sentence(self, owner, admin):
        for _ in range(3):
            owner.get("/tenants/new", 403)
            owner.get("/audit", 403)
        a_minute_later()
        work()
        page = admin.get("/audit?action=access.denied")
        words = "Was denied 4 more within a minute, at first GET /tenants/new 403, GET /audit 403"
        assert words in page.words

    def test_a_single_one_has_nothing_more_to_tell(self, owner):
        owner.get(tenant_url(uuid4()), 404)
        a_minute_later()
        before = count_entries()
        work()
        assert count_entries() == before
        assert rows("SELECT * FROM denied_attempts") == []

    def test_first_ones_of_other_places_and_people_are_told_by_themselves(self, owner, sign_in):
        before = count_entries()
        owner.get(tenant_url(uuid4()), 404)
        owner.get("/tenants/new", 403)
        other = make_user("auditor")
        denials.denied(an_actor(other), "GET /tenants/new", None, 403)
        assert count_entries() == before + 4

    def test_at_the_same_time_tells_one(self, app, monkeypatch):
        user = make_user("auditor")
        before = count_entries()
        real, calls = denials._count, []

        def both(*arguments):
            calls.append(arguments)
            if len(calls) == 1:
                real(*arguments)
                db.session.expunge_all()
                raise denials.IntegrityError("", {}, Exception())
            real(*arguments)

        monkeypatch.setattr(denials, "_count", both)
        denials.denied(an_actor(user), "GET /x", None, 403)
        assert count_entries() == before + 1
        assert rows("SELECT more FROM denied_attempts") == [(1,)]


class TestFirstReading:
    @pytest.mark.parametrize("role", ["support", "admin", "auditor"])
    def test_of_a_day_is_recorded_once(self, sign_in, role):
        browser = sign_in(role)
        browser.get("/audit")
        assert_audited(Action.AUDIT_OPENED, actor={"name": browser.user.username})
        before = count_entries()
        browser.get("/audit?action=tenant.created")
        assert count_entries() == before

    def test_of_one_tenant_s_counts_too(self, admin, tenant):
        admin.get(tenant_url(tenant))
        assert last_body()["action"] != Action.AUDIT_OPENED
        admin.get(tenant_url(tenant, "audit"))
        assert_audited(Action.AUDIT_OPENED)

    def test_of_one_entry_counts_too(self, admin, tenant):
        entry = db.session.scalars(db.select(AuditEntry.id).limit(1)).one()
        admin.get(f"/audit/{entry}")
        assert_audited(Action.AUDIT_OPENED)

    def test_comes_anew_on_another_day(self, admin, monkeypatch):
        admin.get("/audit")
        before = count_entries()
        monkeypatch.setattr(denials, "now", lambda: now() + timedelta(days=4))
        admin.get("/audit")
        assert count_entries() == before + 1
        assert len(rows("SELECT * FROM daily_marks")) == 1

    def test_an_owner_s_own_history_is_none(self, owner, tenant):
        before = count_entries()
        owner.get(tenant_url(tenant, "audit"))
        assert count_entries() == before
