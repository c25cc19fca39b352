"""The list of accounts and the page of one."""

from urllib.parse import urlencode

import pytest

from tests.factories import make_tenant, make_user
from tests.web import dom
from webui.models.user import NO_PASSWORD
from webui.users import profile, search


def names(answer):
    """The usernames of the list, as they stand."""
    cells = dom.elements(answer.tree, "td", class_="list-name")
    return [dom.words(dom.elements(cell, "a")[0]) for cell in cells]


def links(page):
    """The words of the paging links -> where they lead."""
    pagers = dom.elements(page.tree, "nav", aria_label="Pages")
    return {dom.words(a): a.get("href") for pager in pagers for a in dom.elements(pager, "a")}


def walk(browser, url):
    """The usernames of all pages from `url` on."""
    seen = []
    while url:
        page = browser.get(url)
        seen += names(page)
        url = links(page).get("Next")
    return seen


@pytest.fixture
def people(tenant):
    """One account of every kind besides who looks."""
    return {
        "anna": make_user("owner", tenant, username="anna.berg", email="zz@north.example"),
        "bert": make_user("support", username="Bert", email="bert@staff.example"),
        "carl": make_user("owner", tenant, username="carl", active=False),
        "dora": make_user("auditor", username="dora", password_hash=NO_PASSWORD),
    }


class TestList:
    def test_is_sorted_by_username_without_case(self, sign_in, people):
        admin = sign_in("admin", username="bea")
        assert names(admin.get("/users")) == ["anna.berg", "bea", "Bert", "carl", "dora"]

    def test_counts_the_numbers_of_usernames(self, sign_in, monkeypatch):
        teams = ["team-1", "team-2a", "team-09", "team-10", "team-100"]
        for username in sorted(teams):
            make_user("auditor", username=username)
        admin = sign_in("admin", username="zed")
        assert names(admin.get("/users")) == [*teams, "zed"]
        assert names(admin.get("/users?role=auditor")) == teams
        monkeypatch.setattr(search, "_FEW_MATCHES", 1)
        monkeypatch.setattr(search, "PAGE_SIZE", 2)
        found = {"te": teams, "team-1": ["team-1", "team-10", "team-100"], "team-0": ["team-09"]}
        for q, expected in found.items():
            assert walk(admin, f"/users?q={q}") == expected

    @pytest.mark.parametrize(
        ("query", "expected"),
        [
            ("q=ANNA.B", ["anna.berg"]),
            ("q=zz%40NORTH", ["anna.berg"]),
            ("q=berg", []),
            ("q=%25", []),
            ("role=auditor", ["dora"]),
            ("state=invited", ["dora"]),
            ("state=disabled", ["carl"]),
            ("role=owner&state=active", ["anna.berg"]),
            ("q=c&role=owner&state=disabled", ["carl"]),
        ],
    )
    def test_is_narrowed_by_the_address(self, admin, people, query, expected):
        assert names(admin.get(f"/users?{query}")) == expected

    def test_finds_what_was_pasted_with_invisible_and_typographic_characters(self, admin, tenant):
        make_user("owner", tenant, username="ana-lopez", email="ana.o’lopez@north.example")
        for q in ("\u200bana\u2013lo\u00adpez\ufeff", "ana.o'lopez@", "ａｎａ．ｏ｀ｌｏ"):
            assert names(admin.get(f"/users?{urlencode({'q': q})}")) == ["ana-lopez"], q

    def test_finds_a_pasted_address(self, admin, people):
        url = f"https://console.example/users/{people['bert'].id}"
        assert names(admin.get(f"/users?q={url}")) == ["Bert"]

    def test_says_what_each_is(self, admin, people, tenant):
        text = admin.get("/users?q=anna").words_of("user-list")
        for word in ("zz@north.example", "Active", "Owner", tenant.name, "Never used"):
            assert word in text

    @pytest.mark.parametrize("query", ["role=root", "state=asleep", "q=%00", "after=nonsense"])
    def test_refuses_what_does_not_exist(self, admin, query):
        admin.get(f"/users?{query}", 400)

    def test_of_very_many_matches_searches_usernames_only_and_says_so(
        self, admin, people, monkeypatch
    ):
        make_user("auditor", username="zoe", email="anna@staff.example")
        assert names(admin.get("/users?q=anna")) == ["anna.berg", "zoe"]
        monkeypatch.setattr(search, "_FEW_MATCHES", 1)
        page = admin.get("/users?q=anna")
        assert names(page) == ["anna.berg"]
        assert "only usernames are searched" in page.words

    def test_comes_in_pages(self, admin, monkeypatch):
        monkeypatch.setattr(search, "PAGE_SIZE", 2)
        for number in range(4):
            make_user("auditor", username=f"pia{number}")
        assert walk(admin, "/users?role=auditor") == ["pia0", "pia1", "pia2", "pia3"]
        second = admin.get(links(admin.get("/users?role=auditor"))["Next"])
        assert names(admin.get(links(second)["Previous"])) == ["pia0", "pia1"]

    def test_is_a_fragment_for_htmx(self, admin, people):
        answer = admin.get("/users?q=anna", htmx=True)
        assert names(answer) == ["anna.berg"]
        assert answer.headers["HX-Replace-Url"] == "/users?q=anna"
        assert "1 account on this page" in answer.words

    def test_takes_the_same_few_queries_for_any_number(self, admin, people, queries):
        with queries() as few:
            admin.get("/users?role=owner")
        with queries() as many:
            admin.get("/users")
        assert len(many) == len(few) <= 5

    def test_says_what_to_do_when_nothing_fits(self, admin):
        words = admin.get("/users?q=nobody").words
        assert "No accounts match" in words
        assert "Show all accounts" in words


class TestSupport:
    def test_sees_owners_only(self, sign_in, people):
        support = sign_in("support")
        assert names(support.get("/users")) == ["anna.berg", "carl"]
        assert names(support.get("/users?role=auditor")) == []
        assert names(support.get(f"/users?q={people['bert'].id}")) == []
        assert not dom.elements(support.get("/users").tree, "select", name="role")

    def test_finds_no_colleague_s_page(self, sign_in, people):
        support = sign_in("support")
        support.get(f"/users/{people['anna'].id}")
        support.get(f"/users/{people['bert'].id}", 404)
        support.get(f"/users/{support.user.id}", 404)


@pytest.mark.through_the_page
class TestPage:
    def test_says_who_it_is(self, admin, people, tenant):
        page = admin.get(f"/users/{people['anna'].id}")
        for word in (
            "anna.berg",
            "Owner",
            "Active",
            "zz@north.example",
            tenant.name,
            "Not signed in",
        ):
            assert word in page.words

    def test_shows_what_happened_to_the_account_and_not_what_it_did(self, admin, sign_in, tenant):
        owner = sign_in("owner", tenant)
        owner.edit(tenant, "organisation", name="Renamed by the owner")
        page = admin.get(f"/users/{owner.user.id}")
        told = [dom.words(row) for row in page.history]
        assert len(told) == 2
        assert "Signed in" in told[0]
        assert f"Created the account {owner.user.username}" in told[1]
        assert "127.0.0.1" in page.words

    def test_shows_the_newest_entries(self, admin, sign_in, monkeypatch):
        monkeypatch.setattr(profile, "SHOWN_ENTRIES", 1)
        owner = sign_in("owner")
        [newest] = admin.get(f"/users/{owner.user.id}").history
        assert "Signed in" in dom.words(newest)

    def test_can_be_read_by_an_auditor(self, sign_in, people):
        auditor = sign_in("auditor")
        page = auditor.get(f"/users/{people['bert'].id}")
        assert "Bert" in page.words
        assert dom.elements(dom.elements(page.tree, "main")[0], "form") == []

    def test_is_no_owner_s_to_see(self, owner):
        owner.get("/users", 403)
        owner.get(f"/users/{owner.user.id}", 403)

    def test_keeps_markup_in_names_as_text(self, admin):
        tenant = make_tenant(name="<b>Bold</b> & co")
        user = make_user("owner", tenant, email='"<i>"@x.example')
        page = admin.get(f"/users/{user.id}")
        assert "<b>Bold</b> & co" in page.words
        assert '"<i>"@x.example' in page.words
