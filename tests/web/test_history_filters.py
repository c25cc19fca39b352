"""The history narrowed by every filter, and how far one request looks."""

import json
from urllib.parse import quote, urlencode
from uuid import uuid4

import pytest
from sqlalchemy import select

from tests.factories import an_actor, make_tenant, make_user, revise
from tests.web import dom
from webui.core.extensions import db, write_transaction
from webui.history.query import find
from webui.history.record.actions import Action, Outcome, Source
from webui.history.record.actor import command_actor
from webui.history.record.log import record
from webui.models import AuditEntry


def entry(action=Action.SIGNED_IN, actor=None, **more):
    """Records an entry that changes nothing."""
    with write_transaction():
        record(action, actor or an_actor(), **more)


def numbers(answer):
    """The numbers of the entries shown, newest first."""
    shown = [row.get("id").removeprefix("audit-") for row in answer.history]
    seqs = {str(i): s for i, s in db.session.execute(select(AuditEntry.id, AuditEntry.seq))}
    return [seqs[i] for i in shown]


def matching(holds):
    """The numbers of the entries whose body passes, newest first."""
    rows = db.session.execute(select(AuditEntry.seq, AuditEntry.body).order_by(AuditEntry.seq))
    return [seq for seq, body in rows if holds(json.loads(body))][::-1]


def chips(answer):
    return [
        dom.words(e).removesuffix(" ×")
        for e in dom.elements(answer.tree, "span")
        if e.get("class") == "chip"
    ]


def links(answer):
    return {dom.words(a): a.get("href") for a in dom.elements(answer.tree, "a")}


@pytest.fixture
def world(app):
    """Entries of several kinds, people, tenants, addresses and reasons."""
    one, two = make_tenant(name="Acme"), make_tenant(name="Beta")
    sam, ines = make_user("support"), make_user("support")
    by_sam = an_actor(sam, address="10.0.0.1", request="r-sam")
    by_ines = an_actor(ines, address="10.0.0.2", request="r-ines", source=Source.API)
    revise(one, Action.TENANT_BILLING, actor=by_sam, monthly_call_limit=5)
    revise(one, Action.TENANT_ORGANISATION, actor=by_ines, name="Acme 2", meta_data={"a": 1})
    revise(two, Action.TENANT_BILLING, actor=by_ines, monthly_call_limit=6, max_concurrent_calls=7)
    entry(actor=by_sam, reason="Überfällig, ticket #88213")
    entry(actor=by_sam, reason="Ticket 88214")
    entry(actor=by_sam, reason="客户要求退款，工单88215")
    entry(actor=by_ines, reason="ลูกค้ายกเลิกบริการ")
    entry(Action.SIGN_IN_FAILED, by_ines, outcome=Outcome.DENIED)
    entry(actor=command_actor("root"))
    return {"one": one.id, "two": two.id, "sam": sam, "ines": ines}


def of(body, whom):
    return body["actor"]["id"] == str(whom.id)


def at(body, tenant_id):
    return bool(body["tenant"]) and body["tenant"]["id"] == str(tenant_id)


def why(body):
    return body["reason"] or ""


CASES = {
    "tenant={one}": lambda b, w: at(b, w["one"]),
    "tenant={one}&tenant={two}": lambda b, w: b["tenant"] is not None,
    "actor={sam}": lambda b, w: of(b, w["sam"]),
    "actor={name}": lambda b, w: of(b, w["sam"]),
    "actor={sam}&actor=cli": lambda b, w: of(b, w["sam"]) or b["actor"]["type"] == "cli",
    "actor=cli": lambda b, w: b["actor"]["type"] == "cli",
    "action=session.started": lambda b, w: b["action"] == "session.started",
    "action=session.started&action=session.refused": lambda b, w: "session" in b["action"],
    "field=monthly_call_limit": lambda b, w: "monthly_call_limit" in b["changes"],
    "field=meta_data&field=max_concurrent_calls": lambda b, w: (
        {"meta_data", "max_concurrent_calls"} & set(b["changes"])
    ),
    "field=monthly_call_limit&tenant={two}": lambda b, w: (
        "monthly_call_limit" in b["changes"] and at(b, w["two"])
    ),
    "outcome=denied": lambda b, w: b["outcome"] == "denied",
    "source=api": lambda b, w: b["source"] == "api",
    "source=api&source=cli": lambda b, w: b["source"] in ("api", "cli"),
    "request=r-sam": lambda b, w: b["request"] == "r-sam",
    "address=10.0.0.2": lambda b, w: b["address"] == "10.0.0.2",
    "q=TICKET": lambda b, w: "icket" in why(b),
    "q=88213+uberfallig": lambda b, w: "88213" in why(b),
    "q=%E2%80%8BTic%C2%ADket%09%E3%80%80%EF%BC%98%EF%BC%98213%EF%BB%BF": lambda b, w: (
        "88213" in why(b)
    ),
    "address=%E2%80%8B10.0.0.2%C2%A0": lambda b, w: b["address"] == "10.0.0.2",
    "actor=%E2%80%8B{name}%EF%BB%BF": lambda b, w: of(b, w["sam"]),
    "q=ticke": lambda b, w: False,
    "q=退款": lambda b, w: "退款" in why(b),
    "q=款+88215": lambda b, w: "退款" in why(b),
    "q=単8": lambda b, w: False,
    "q=ยกเลิก": lambda b, w: "ยกเลิก" in why(b),
    "q=ticket&actor={ines}": lambda b, w: False,
    "actor={sam}&source=ui&outcome=success&action=tenant.billing.updated": lambda b, w: (
        of(b, w["sam"]) and b["action"] == "tenant.billing.updated"
    ),
    "from=2000-01-01": lambda b, w: True,
    "to=2000-01-01": lambda b, w: False,
    "from=2999-01-01T00:00Z": lambda b, w: False,
    "address=nowhere": lambda b, w: False,
}
UNKNOWN = [
    *("tenant=x", "tenant={absent}", "actor=nobody", "actor={absent}", "action=tenant.eaten"),
    *("field=colour", "outcome=good", "source=fax", "q=%23%21", "from=yesterday"),
    *("to=2026-13-01", "from=9999-12-31T23:59-14:00", "from=2026-01-02&to=2026-01-01"),
    *("from=2026-01-01&from=2026-01-02", "address=%00", "request=" + "x" * 300, "after=x"),
    *("q=" + "+".join(map(str, range(30))), "before=%FF", "to=9999-12-31", "from=0001-01-01"),
    "&".join(f"address=10.0.0.{n}" for n in range(30)),
]
# What the form sends when somebody typed it wrong.
TYPED_WRONG = {
    "since": "soon",
    "until": "2026-01-01T00:00",
    "find_tenant": "x" * 300,
    "find_actor": "x" * 300,
    "q": "#!",
    "address": "x" * 300,
}


@pytest.mark.both_databases
class TestEveryFilter:
    def test_shows_what_passes_and_nothing_else(self, admin, world):
        given = {"one": world["one"], "two": world["two"], "sam": world["sam"].id}
        given |= {"name": world["sam"].username, "ines": world["ines"].id}
        found, expected = {}, {}
        for query, holds in CASES.items():
            found[query] = numbers(admin.get(f"/audit?{query.format(**given)}"))
            expected[query] = matching(lambda body, holds=holds: holds(body, world))
        assert found == expected
        assert sum(map(bool, expected.values())) > 15

    def test_is_the_same_when_little_is_examined(self, admin, world, monkeypatch):
        monkeypatch.setattr(find, "EXAMINED", 2)
        given = {"one": world["one"], "two": world["two"], "sam": world["sam"].id}
        given |= {"name": world["sam"].username, "ines": world["ines"].id}
        for query, holds in CASES.items():
            url, seen = f"/audit?{query.format(**given)}", []
            for _ in range(30):
                page = admin.get(url)
                seen += numbers(page)
                onward = links(page)
                url = onward.get("Continue") or onward.get("Older")
                if not url:
                    break
            assert seen == matching(lambda body, holds=holds: holds(body, world)), query

    def test_by_time_to_the_microsecond_with_both_ends(self, admin, world):
        times = list(db.session.scalars(select(AuditEntry.at).order_by(AuditEntry.seq)))
        first, last = times[2], times[5]
        url = f"/audit?from={quote(first.isoformat())}&to={quote(last.isoformat())}"
        assert numbers(admin.get(url)) == [
            seq for seq in range(len(times), 0, -1) if first <= times[seq - 1] <= last
        ]

    def test_on_a_tenants_page_narrows_that_tenant(self, admin, world):
        page = admin.get(f"/tenants/{world['one']}/audit?field=monthly_call_limit")
        expected = CASES["field=monthly_call_limit&tenant={two}"]
        own = matching(lambda body: expected(body, {"two": world["one"]}))
        assert numbers(page) == own
        admin.get(f"/tenants/{world['one']}/audit?tenant={world['two']}", 400)


@pytest.mark.both_databases
class TestBounds:
    def test_say_how_far_the_search_went_and_lead_on(self, admin, app, monkeypatch):
        monkeypatch.setattr(find, "EXAMINED", 3)
        entry(actor=an_actor(address="10.9.9.9"), reason="wanted")
        for _ in range(4):
            entry(reason="other")
            entry(actor=an_actor(address="10.9.9.9"))
        page = admin.get("/audit?address=10.9.9.9&q=wanted")
        # One word alone is answered at once; two common filters are searched in parts.
        assert len(page.history) == 1
        page = admin.get("/audit?address=10.9.9.9&q=other")
        assert "Searched back to" in page.words
        seen = 0
        while "Continue" in links(page):
            seen += 1
            page = admin.get(links(page)["Continue"])
        assert seen >= 1
        assert "Searched back to" not in page.words

    def test_pages_lead_there_and_back(self, admin, app, monkeypatch):
        monkeypatch.setattr(find, "PAGE_SIZE", 3)
        for number in range(10):
            entry(actor=an_actor(address=f"10.0.0.{number % 2}"))
        url, there = "/audit?address=10.0.0.1", []
        while url:
            page = admin.get(url)
            there.append(numbers(page))
            url, last = links(page).get("Older"), page
        back = [numbers(last)]
        while url := links(last).get("Newer"):
            last = admin.get(url)
            back.append(numbers(last))
        assert [len(rows) for rows in there] == [3, 2]
        assert back == there[::-1]


class TestUnknown:
    @pytest.mark.parametrize("query", UNKNOWN)
    def test_value_is_refused_in_words(self, admin, query):
        url = f"/audit?{query.format(absent=uuid4())}"
        assert admin.get(url, 400).by_id("main") is not None
        assert "Reload the page" not in admin.get(url, 400, htmx=True).words

    @pytest.mark.parametrize("htmx", [False, True])
    @pytest.mark.parametrize(("field", "value"), TYPED_WRONG.items())
    def test_field_of_the_form_says_so_and_everything_typed_stays(self, admin, field, value, htmx):
        given = {"find_actor": "nobody", "q": "ticket", "since": "2026-01-02T00:00", field: value}
        url = f"/audit?{urlencode(given | {'field': 'name', 'outcome': 'success'})}"
        status = 400 if field in ("q", "address") else 422
        page = admin.get(url, status, htmx=htmx)
        [wrong] = dom.elements(page.by_id("filters"), aria_invalid="true")
        assert wrong.get("name") == field
        assert dom.words(page.by_id(f"{wrong.get('id')}-error"))
        typed = {box.get("name"): box.get("value") for box in dom.elements(page.tree, "input")}
        assert typed | given == typed
        assert {"Field: Name", "Outcome: Success"} <= set(chips(page))
        assert not page.has("history")

    def test_range_that_stood_before_does_not_hide_what_is_wrong_with_the_new_one(self, admin):
        stood = "from=2026-01-01T00:00Z&to=2026-01-03T00:00Z"
        page = admin.get(f"/audit?{stood}&since=2026-02-01T00:00&until=2026-01-03T00:00", 422)
        assert "is before its beginning" in page.words_of("until-error")
        assert chips(page) == ["Since 1 Feb 2026"]

    def test_blank_values_are_no_filters(self, admin, tenant):
        page = admin.get("/audit?action=&field=&q=+&find_tenant=", 303)
        assert page.location == "/audit"


class TestForm:
    def test_shows_each_value_as_a_chip_that_can_be_removed(self, admin, world):
        page = admin.get(
            f"/audit?tenant={world['one']}&actor={world['sam'].id}&action=tenant.billing.updated"
            "&field=monthly_call_limit&field=name&outcome=success&source=ui&q=test"
            "&from=2020-01-01&to=2999-01-01"
        )
        shown = [
            *("Acme 2", world["sam"].username, "Action: Tenant: billing updated"),
            *(
                "Field: Monthly call limit",
                "Field: Name",
                "Outcome: Success",
                "Source: UI",
                "“test”",
            ),
            *("Since 1 Jan 2020", "Until 1 Jan 2999"),
        ]
        assert chips(page) == shown
        for words in shown:
            [remove] = dom.elements(page.tree, "a", aria_label=f"Remove {words}")
            left = chips(admin.get(remove.get("href")))
            assert left == [other for other in shown if other != words]

    def test_sends_along_what_stands_as_chips(self, admin, world):
        page = admin.get(f"/audit?tenant={world['one']}&field=name&from=2026-01-02T03:04:05Z")
        [form] = dom.elements(page.tree, "form", id="filters")
        fields = dom.fields(form)
        assert fields["tenant"] == [str(world["one"])]
        assert fields["field"] == ["name", ""]
        assert (fields["since"], fields["from"]) == (
            ["2026-01-02T03:04:05"],
            ["2026-01-02T03:04:05Z"],
        )

    def test_turns_what_was_typed_into_the_address(self, admin, world):
        typed = "find_tenant=beta&find_actor=" + world["sam"].username + "&since=2026-01-02T03:04"
        page = admin.get(f"/audit?{typed}&until=2026-01-02T03:05&action=", 303)
        assert page.location == (
            f"/audit?tenant={world['two']}&actor={world['sam'].id}"
            "&from=2026-01-02T03:04:00Z&to=2026-01-02T03:05:59.999999Z"
        )

    def test_offers_several_matches_as_links(self, admin, world):
        make_tenant(name="Beta Two")
        for page in (
            admin.get("/audit?find_tenant=beta"),
            admin.get("/audit?find_tenant=beta", htmx=True, HX_Target="div#find-tenant-matches"),
        ):
            matches = page.by_id("find-tenant-matches")
            names = [dom.words(a.find("bdi")) for a in dom.elements(matches, "a")]
            assert names == ["Beta", "Beta Two"]
            chosen = admin.get(dom.elements(matches, "a")[0].get("href"))
            assert chips(chosen) == ["Beta"]

    def test_counts_the_numbers_of_names(self, admin):
        teams = ["Team 1", "Team 9", "Team 10", "Team 100"]
        for name in sorted(teams):
            make_tenant(name=name)
            make_user("support", username=name.replace(" ", "-"))
        offered = admin.get("/audit?find_tenant=team").by_id("find-tenant-matches")
        assert [dom.words(a.find("bdi")) for a in dom.elements(offered, "a")] == teams
        offered = admin.get("/audit?find_actor=team").by_id("find-actor-matches")
        people = [dom.words(a.find("bdi")) for a in dom.elements(offered, "a")]
        assert people == [name.replace(" ", "-") for name in teams]

    def test_offers_the_machine_too(self, admin, world):
        make_user("support", username="system")
        for typed in ("sys\u200b", "ｓｙｓ\ufeff"):
            page = admin.get(f"/audit?{urlencode({'find_actor': typed})}")
            assert "The system itself" in page.words_of("find-actor-matches")
        page = admin.get("/audit?find_actor=sys")
        matches = dom.elements(page.by_id("find-actor-matches"), "a")
        assert [dom.words(a) for a in matches] == ["The system itself no account", "system support"]
        assert "actor=system" in matches[0].get("href")
        # Whoever is called like it is somebody else.
        assert chips(admin.get(matches[0].get("href"))) == ["The system itself"]
        assert numbers(admin.get("/audit?actor=system")) == []
        assert admin.get("/audit?find_actor=server", 303).location == "/audit?actor=cli"

    def test_says_when_nothing_matches(self, admin, world):
        said = admin.get("/audit?find_actor=zzz").words_of("find-actor-matches")
        assert "Nobody was found for “zzz”. The beginnings of usernames" in said
        said = admin.get("/audit?find_tenant=zz").words_of("find-tenant-matches")
        assert "No tenant was found for “zz”. Three letters or more are searched inside" in said

    def test_swaps_the_view_in_place_with_its_address(self, admin, world):
        part = admin.get(f"/audit?action=&find_tenant=beta&field=name", htmx=True)  # noqa: F541
        assert part.headers["HX-Push-Url"] == f"/audit?tenant={world['two']}&field=name"
        assert part.by_id("history-view") is not None
