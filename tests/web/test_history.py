"""The history on the tenant page and on its own: what happened, newest first."""

import base64

import pytest
from sqlalchemy import select

from tests.factories import make_tenant, revise
from tests.web import dom
from tests.web.cursors import sealed, sealed_text
from tests.web.pages import tenant_url
from webui.core.catalogue import FIELDS
from webui.core.extensions import db
from webui.history.query import find, history
from webui.history.record.actions import Action
from webui.models import AuditEntry


@pytest.fixture
def busy(tenant, monkeypatch):
    """A tenant with 9 entries, 4 of which fill a page."""
    monkeypatch.setattr(history, "CARD_SIZE", 4)
    monkeypatch.setattr(find, "PAGE_SIZE", 4)
    for number in range(8):
        revise(tenant, Action.TENANT_BILLING, monthly_call_limit=2_000 + number)
    make_tenant(name="Another")
    return tenant


def ids_of(tenant):
    """The row ids of all entries of a tenant, newest first."""
    query = select(AuditEntry.id).where(AuditEntry.tenant_id == tenant.id)
    return [f"audit-{i}" for i in db.session.scalars(query.order_by(AuditEntry.seq.desc()))]


def row_ids(answer):
    return [row.get("id") for row in answer.history]


def older(answer):
    """Where "Older" leads; None where there is none."""
    links = dom.elements(answer.tree, "a") + [
        a for part in answer.parts.values() for a in dom.elements(part, "a")
    ]
    return next((a.get("href") for a in links if dom.words(a) == "Older"), None)


class TestTable:
    def test_holds_the_newest_twenty_on_the_tenant_page(self, admin, tenant):
        for number in range(20):
            revise(tenant, Action.TENANT_BILLING, monthly_call_limit=2_000 + number)
        page = admin.get(tenant_url(tenant))
        assert row_ids(page) == ids_of(tenant)[:20]
        assert page.by_id("history").tag == "table"
        assert all(row in page.by_id("history").iter() for row in page.history)

    def test_grows_by_older_entries_in_place(self, admin, busy):
        page = admin.get(tenant_url(busy))
        [link] = [a for a in dom.elements(page.tree, "a") if dom.words(a) == "Older"]
        assert link.get("href") == link.get("hx-get")
        seen, url = row_ids(page), older(page)
        for count, entries in ((4, "4 older entries"), (1, "1 older entry")):
            answer = admin.get(url, htmx=True, HX_Target="div#history-more")
            assert len(answer.history) == count
            assert {"#history tbody", "#history-more", "#live"} <= set(answer.parts)
            assert f"{entries} shown." in answer.words
            seen, url = seen + row_ids(answer), older(answer)
        assert seen == ids_of(busy)
        assert url is None
        assert "the beginning of the history" in answer.words

    def test_is_paged_without_javascript(self, admin, busy):
        pages, url = [], tenant_url(busy, "audit")
        while url:
            page = admin.get(url)
            pages.append(row_ids(page))
            url = older(page)
        assert [len(rows) for rows in pages] == [4, 4, 1]
        assert [row for rows in pages for row in rows] == ids_of(busy)
        [newer] = [a for a in dom.elements(page.tree, "a") if dom.words(a) == "Newer"]
        assert row_ids(admin.get(newer.get("href"))) == pages[1]

    def test_stays_put_while_entries_come(self, admin, busy):
        page = admin.get(tenant_url(busy))
        expected = ids_of(busy)[4:8]
        revise(busy, Action.TENANT_BILLING, monthly_call_limit=1)
        assert row_ids(admin.get(older(page))) == expected

    def test_of_a_new_tenant_begins_with_its_creation(self, admin, tenant):
        page = admin.get(tenant_url(tenant))
        assert "Created the tenant Northwind on Starter" in page.words_of("history")
        assert older(page) is None

    def test_tells_when_who_what_why_and_from_where(self, admin, tenant):
        admin.edit(tenant, "organisation", name="Southwind", reason="<b>merger</b> #5")
        page = admin.get(tenant_url(tenant))
        when, who, what, why, source, _ = page.history[0].findall("td")
        [time] = dom.elements(when, "time")
        assert (dom.words(time), time.get("title")[-3:]) == ("just now", "UTC")
        assert dom.words(who) == admin.user.username
        assert dom.words(what) == "Renamed from Northwind to Southwind"
        assert [dom.words(e) for e in dom.elements(what, "del")] == ["Northwind"]
        assert [dom.words(e) for e in dom.elements(what, "ins")] == ["Southwind"]
        assert (dom.words(why), dom.words(source)) == ("<b>merger</b> #5", "UI")

    def test_shows_sealed_values_in_plain_to_who_may_see_them(self, admin, sign_in, tenant):
        admin.edit(tenant, "sip", sip_domain="one.example", sip_username="first")
        admin.edit(tenant, "sip", sip_domain="two.example", sip_username="")
        told = (
            "Changed the SIP domain from one.example to two.example; removed the SIP username first"
        )
        for browser in (admin, sign_in("support"), sign_in("owner", tenant)):
            assert told in browser.get(tenant_url(tenant)).words_of("history")


class TestCursor:
    def test_that_nobody_was_given_is_refused(self, admin, tenant):
        old_form = base64.urlsafe_b64encode(b'["history", "1"]').rstrip(b"=").decode()
        cursors = [
            *("x", "%00", "ünï", "a" * 3_000, old_form, sealed("1")[:-1], f"e1.{sealed('1')}"),
            *(sealed("1", order="name"), sealed("1", reader=tenant.id), sealed_text("5")),
            *(sealed(), sealed("1", "2"), sealed("one"), sealed(1), sealed_text("no JSON")),
            *(sealed("9" * 30), sealed("-" + "9" * 30), sealed("1e3"), sealed("1\0")),
        ]
        answers = {}
        for cursor in cursors:
            for name in ("after", "before"):
                answer = admin.get(f"{tenant_url(tenant, 'audit')}?{name}={cursor}", None)
                answers[cursor, name] = (answer.status, "at the newest entry" in answer.words)
        assert answers == dict.fromkeys(answers, (400, True))

    def test_beyond_either_end_shows_nothing(self, admin, tenant):
        url = tenant_url(tenant, "audit")
        assert row_ids(admin.get(f"{url}?after={sealed('0')}")) == []
        assert row_ids(admin.get(f"{url}?before={sealed('999999')}")) == []

    def test_of_another_tenant_shows_the_own_entries(self, sign_in, busy):
        small = make_tenant(name="Small")
        owner = sign_in("owner", small)
        cursor = sealed("999999", reader=small.id)
        page = owner.get(f"{tenant_url(small, 'audit')}?after={cursor}")
        assert row_ids(page) == ids_of(small)


class TestAnEmptyPage:
    """After as much was examined as one request may, the rest can hold nothing."""

    @pytest.mark.parametrize(("on", "back"), [("older", "newer"), ("newer", "older")])
    def test_leads_back_to_what_was_shown(self, admin, tenant, monkeypatch, on, back):
        for limit in range(1, 5):
            revise(tenant, Action.TENANT_BILLING, monthly_call_limit=limit)
            revise(make_tenant(), Action.TENANT_BILLING, monthly_call_limit=limit)
        # On both sides of the four there is one more of the tenant, which the filter leaves out.
        revise(tenant, Action.TENANT_FEATURES, retention_days=5)
        monkeypatch.setattr(find, "EXAMINED", 5)
        cursor = f"&before={sealed('0')}" if on == "newer" else ""
        url = f"/audit?tenant={tenant.id}&action=tenant.billing.updated{cursor}"
        page = admin.get(url)
        assert row_ids(page) == ids_of(tenant)[1:5]
        empty = admin.get(page.by_id(f"page-{on}").get("href"))
        assert row_ids(empty) == []
        again = admin.get(empty.by_id(f"page-{back}").get("href"))
        assert row_ids(again) == row_ids(page)


class TestOfAField:
    def opened(self, browser, tenant, name, page=None):
        """A field's history in its place on the tenant's page."""
        page = page or browser.get(tenant_url(tenant))
        url = f"{tenant_url(tenant, 'audit')}?field={name}"
        [link] = [a for a in dom.elements(page.tree, "a") if a.get("hx-get") == url]
        place = link.get("hx-target").removeprefix("#")
        assert page.has(place)
        return browser.get(url, htmx=True, HX_Target=f"dd#{place}")

    def test_says_who_changed_it_last_and_from_what(self, admin, tenant):
        admin.edit(tenant, "billing", monthly_call_limit=5_000, reason="more calls")
        admin.edit(tenant, "billing", max_concurrent_calls=3)
        told = self.opened(admin, tenant, "monthly_call_limit").words
        assert f"just now · {admin.user.username} · “more calls” 1,000 → 5,000" in told
        assert "nothing → 1,000" in told
        assert "All changes" not in told

    def test_is_offered_of_every_field(self, admin, owner, tenant):
        for browser, names in ((admin, FIELDS.keys()), (owner, FIELDS.keys() - {"meta_data"})):
            page = browser.get(tenant_url(tenant))
            for name in names:
                self.opened(browser, tenant, name, page)

    def test_leads_on_when_there_is_more(self, admin, busy):
        answer = self.opened(admin, busy, "monthly_call_limit")
        assert len(dom.elements(answer.tree, "li")) == history.FIELD_SIZE
        [more] = [a for a in dom.elements(answer.tree, "a") if "All changes" in dom.words(a)]
        assert len(admin.get(more.get("href")).history) == 4

    def test_of_a_secret_says_only_that(self, admin, tenant, secrets):
        secrets.add("hunter2hunter2")
        admin.edit(tenant, "sip", sip_password="hunter2hunter2")
        assert self.opened(admin, tenant, "sip_password").words.endswith(" Set")

    def test_shows_owners_no_colleague(self, admin, owner, tenant):
        admin.edit(tenant, "billing", monthly_call_limit=5_000, reason="secret plan")
        answer = self.opened(owner, tenant, "monthly_call_limit")
        assert "Support team" in answer.words
        assert admin.user.username not in answer.text
        assert "secret plan" not in answer.text

    def test_of_what_is_not_for_the_reader_is_refused(self, owner, tenant):
        url = f"{tenant_url(tenant, 'audit')}?field=meta_data"
        owner.get(url, 400, htmx=True, HX_Target="dd#changes-of-meta-data")
