"""The list by the share of the monthly call limit that tenants have used."""

from datetime import UTC, datetime

import pytest

from tests.factories import an_actor, make_tenant
from tests.web import dom
from tests.web.tenant_list import names
from webui.core.field_types import MAX_SAFE_INTEGER
from webui.tenants.search import search, search_terms
from webui.usage import operations, thresholds
from webui.usage.figures import Figures
from webui.usage.operations import store_usage

pytestmark = pytest.mark.both_databases

# By share: name -> calls of 1,000; of the last, in the month before.
CALLS = {"None": 0, "Some": 300, "Most": 850, "All": 1_000, "Over": 5_000, "Before": 900}
BY_SHARE = ["Over", "All", "Most", "Some", "None", "Before"]


@pytest.fixture
def month(monkeypatch):
    """Changes the month that it is."""

    def is_now(month):
        at = datetime(2026, month, 12, tzinfo=UTC)
        for module in (search, operations, thresholds):
            monkeypatch.setattr(module, "now", lambda: at)

    is_now(11)
    return is_now


@pytest.fixture
def tenants(app, month):
    """One of each share, with and without a cap, and some that metering never heard of."""
    made = {name: make_tenant(name=name, monthly_call_limit=1_000) for name in CALLS}
    uncapped = make_tenant(name="Uncapped", monthly_call_limit=MAX_SAFE_INTEGER)
    report(uncapped, 9_000)
    make_tenant(name="Unheard")
    month(10)
    report(made["Before"], CALLS["Before"], "2026-10")
    month(11)
    for name, calls in CALLS.items():
        if name != "Before":
            report(made[name], calls)
    return made


def report(tenant, calls, month="2026-11"):
    [judged] = store_usage([Figures(tenant.id, month, 0, calls, 0)], an_actor(), None)
    assert judged.accepted


class TestOrder:
    def test_is_by_the_share_of_this_month(self, admin, tenants, month, monkeypatch):
        found = names(admin.get("/tenants?sort=-usage"))
        assert found[:6] == BY_SHARE
        assert sorted(found[6:]) == ["Uncapped", "Unheard"]
        assert names(admin.get("/tenants?sort=usage")) == found[::-1]
        monkeypatch.setattr(search, "PAGE_SIZE", 3)
        seen, page = [], admin.get("/tenants?sort=-usage")
        while True:
            seen += names(page)
            following = [a for a in dom.elements(page.tree, "a") if dom.words(a) == "Next"]
            if not following:
                break
            page = admin.get(following[0].get("href"))
        assert seen == found

    def test_begins_anew_with_the_month(self, admin, tenants, month):
        month(12)
        report(tenants["Before"], 10, "2026-12")
        found = names(admin.get("/tenants?sort=-usage"))
        assert found[0] == "Before"
        assert names(admin.get("/tenants?usage=80")) == []

    def test_is_a_link_above_the_column_the_largest_first(self, admin, tenants):
        page = admin.get("/tenants")
        for expected in ("-usage", "usage", "-usage"):
            [link] = [
                a for a in dom.elements(page.tree, "a", class_="sort") if "Calls" in dom.words(a)
            ]
            assert link.get("href") == f"/tenants?sort={expected}"
            page = admin.get(link.get("href"))
        [head] = [th for th in dom.elements(page.tree, "th") if "Calls" in dom.words(th)]
        assert head.get("aria-sort") == "descending"


class TestFilter:
    @pytest.mark.parametrize(
        ("query", "expected"),
        [
            ("usage=80", ["All", "Most", "Over"]),
            ("usage=100", ["All", "Over"]),
            ("usage=80&sort=usage", ["Most", "All", "Over"]),
            ("usage=80&sort=-usage&plan=starter&status=active", ["Over", "All", "Most"]),
            ("usage=80&q=o", ["Over"]),
            ("usage=80&q=most&sort=-usage", ["Most"]),
            ("usage=100&webhook=failing", []),
        ],
    )
    @pytest.mark.parametrize("few", [5_000, 1])
    def test_finds_whoever_used_so_much(self, admin, tenants, query, expected, few, monkeypatch):
        for term in (search_terms.Share, search_terms.Beginning):
            monkeypatch.setattr(term, "few", few)
        assert names(admin.get(f"/tenants?{query}")) == expected

    def test_is_a_chip_and_a_choice(self, admin, tenants):
        page = admin.get("/tenants?usage=80")
        assert "Usage: 80%+" in page.words
        assert page.words.count("Limit reached") == 2
        assert "85% used" in page.words
        admin.get("/tenants?usage=90", 400)
