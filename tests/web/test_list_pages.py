"""The list page by page, in every order, while rows come and go."""

import json
from datetime import UTC, datetime, timedelta
from random import Random

import pytest

from tests.factories import make_tenant
from tests.web import dom
from tests.web.cursors import sealed_text
from tests.web.pages import tenant_url
from tests.web.tenant_list import names
from webui import values
from webui.tenants.search import search

pytestmark = pytest.mark.both_databases

DAY = datetime(2026, 3, 1, 12, tzinfo=UTC)
ORDERS = list(search.ORDERS)


@pytest.fixture
def support(sign_in):
    return sign_in("support")


@pytest.fixture
def small_pages(monkeypatch):
    monkeypatch.setattr(search, "PAGE_SIZE", 3)


def ties(count=11):
    """Tenants of which some share a name and some a time."""
    for number in range(count):
        make_tenant(name=f"Twin {number // 4}", created_at=DAY + timedelta(days=number // 3))


def links(page):
    """The words of the paging links -> where they lead."""
    [pager] = dom.elements(page.tree, "nav", aria_label="Pages")
    return {dom.words(a): a.get("href") for a in dom.elements(pager, "a")}


def ids(page):
    """The addresses of the rows, in order."""
    return [a.get("href") for a in dom.elements(page.tree, "a", class_="name")]


def walk(browser, url, word="Next", show=ids):
    """What is shown of the rows of each page, from `url` on."""
    pages = []
    while url:
        page = browser.get(url)
        pages.append(show(page))
        url = links(page).get(word)
        last = page
    return pages, last


class TestPages:
    @pytest.mark.parametrize("sort", ORDERS)
    def test_show_every_row_once_there_and_back(self, support, small_pages, monkeypatch, sort):
        ties()
        forward, last = walk(support, f"/tenants?sort={sort}&q=twin")
        assert [len(page) for page in forward] == [3, 3, 3, 2]
        back, first = walk(support, links(last)["Previous"], "Previous")
        assert back[::-1] == forward[:-1]
        assert links(first).keys() == {"Next"}
        monkeypatch.setattr(search, "PAGE_SIZE", 50)
        assert [row for page in forward for row in page] == ids(
            support.get(f"/tenants?sort={sort}")
        )

    def test_are_in_the_order_that_was_asked_for(self, support):
        for number, name in enumerate(["beta", "Alpha", "álpha 2", "Zeta", "ärger"]):
            make_tenant(name=name, created_at=DAY + timedelta(days=number))
        by_name = ["Alpha", "álpha 2", "ärger", "beta", "Zeta"]
        by_time = ["beta", "Alpha", "álpha 2", "Zeta", "ärger"]
        for sort, expected in (("name", by_name), ("created", by_time), ("updated", by_time)):
            assert names(support.get(f"/tenants?sort={sort}")) == expected
            assert names(support.get(f"/tenants?sort=-{sort}")) == expected[::-1]

    def test_count_the_numbers_of_names(self, support, small_pages):
        expected = [
            *("Hotel „Dąb“", "O’Brien & Sons", "Oak", "Österreich 9", "Österreich 10"),
            *("Team 0", "Team 1", "Team ٢", "Team 3", "Team 007", "Team 9", "Team 10"),
            *("Team 99 B", "Team 100", "Team 10000000000", "Team A", "Team Å 2", "Team Á 10"),
        ]
        for name in sorted(expected, key=lambda name: name[::-1]):
            make_tenant(name=name)
        for sort, order in (("name", expected), ("-name", expected[::-1])):
            forward, last = walk(support, f"/tenants?sort={sort}&q=", show=names)
            assert [name for page in forward for name in page] == order
            back, _ = walk(support, links(last)["Previous"], "Previous", show=names)
            assert [name for page in back[::-1] for name in page] == order[: 3 * len(back)]
        teams = [name for name in expected if name.startswith("Team")]
        found, _ = walk(support, "/tenants?q=te", show=names)
        assert [name for page in found for name in page] == teams
        assert names(support.get("/tenants?q=Team+1"))[:3] == ["Team 1", "Team 10", "Team 100"]

    @pytest.mark.parametrize("sort", ["name", "-name"])
    def test_show_many_spellings_once_in_one_order(self, support, monkeypatch, sort):
        random = Random(7)
        made = [
            make_tenant(name="x" + "".join(random.choices("aÄ’-0019٣ ", k=random.randint(1, 5))))
            for _ in range(40)
        ]
        made.sort(key=lambda t: (values.sort_key(values.name_key(t.name)), t.id))
        expected = [tenant_url(tenant) for tenant in made[:: -1 if sort == "-name" else 1]]
        monkeypatch.setattr(search, "PAGE_SIZE", 7)
        for q in ("", "x"):
            forward, last = walk(support, f"/tenants?sort={sort}&q={q}")
            assert [row for page in forward for row in page] == expected
            back, _ = walk(support, links(last)["Previous"], "Previous")
            assert back[::-1] == forward[:-1]

    @pytest.mark.parametrize("sort", ["name", "-created"])
    def test_stay_put_while_rows_come(self, support, small_pages, sort):
        ties(8)
        before = [row for page in walk(support, f"/tenants?sort={sort}")[0] for row in page]
        first = support.get(f"/tenants?sort={sort}")
        for name in ("Aardvark", "Twin 0", "Twin 1", "Zebra"):
            make_tenant(name=name, created_at=DAY + timedelta(days=1))
        rest = [row for page in walk(support, links(first)["Next"])[0] for row in page]
        seen = [row for row in ids(first) + rest if row in before]
        assert seen == before
        assert len({*ids(first), *rest}) == len(ids(first) + rest)

    def test_keep_the_filters(self, support, small_pages):
        ties(5)
        page = support.get("/tenants?q=twin&status=active&sort=-name")
        following = links(page)["Next"]
        for part in ("q=twin", "status=active", "sort=-name", "after="):
            assert part in following
        fragment = support.get(following, htmx=True)
        assert fragment.headers["HX-Replace-Url"].split("?")[1].split("&") == [
            *(
                "q=twin",
                "status=active",
                "sort=-name",
                following[following.index("after=") :].split("&")[0],
            )
        ]

    def test_are_of_fifty(self, support):
        for number in range(51):
            make_tenant(name=f"Tenant {number:03}")
        first = support.get("/tenants")
        assert len(ids(first)) == 50
        assert "50 a page" in first.words
        second = support.get(links(first)["Next"])
        assert names(second) == ["Tenant 050"]
        assert links(second).keys() == {"Previous"}

    def test_beyond_the_end_lead_back(self, support, small_pages):
        make_tenant(name="Only")
        cursor = search.ORDERS["name"].encode(["zzz", "00000000-0000-0000-0000-000000000000"])
        page = support.get(f"/tenants?after={cursor}")
        assert "End of the list" in page.words
        assert "First page" in page.words


ID = "6f1c3c2e-8f0f-4d5c-9f43-0c6f8f1b2a10"


# (order of the list, order of the cursor, its content)
DAMAGED = [
    ("name", "name", []),
    ("name", "name", ["a"]),
    ("name", "name", ["a", ID, "b"]),
    ("name", "name", ["a", "no id"]),
    ("name", "name", [1, ID]),
    ("name", "name", [None, ID]),
    ("name", "name", [["a"], ID]),
    ("name", "-name", ["a", ID]),
    ("name", "created", [DAY.isoformat(), ID]),
    ("name", "name", 5),
    ("name", "name", {"a": 1, "b": 2}),
    ("created", "created", ["yesterday", ID]),
    ("-updated", "-updated", ["", ID]),
]
# Well formed, but nothing that a database can compare with.
IMPOSSIBLE = [
    ("name", "name", ["nul \0", ID]),
    ("name", "name", ["lone \ud800", ID]),
    ("created", "created", ["0001-01-01T00:00:00+14:00", ID]),
    ("created", "created", ["9999-12-31T23:59:59-14:00", ID]),
]


class TestCursor:
    @pytest.mark.parametrize("cursors", [DAMAGED, IMPOSSIBLE], ids=["damaged", "impossible"])
    def test_that_nobody_was_given_is_refused(self, support, cursors):
        answers = {}
        forged = [("name", text) for text in ("x", "%00", "ünïcode", "a" * 3_000, "bm8gSlNPTg")]
        made = [(sort, sealed_text(json.dumps(held), order)) for sort, order, held in cursors]
        for sort, cursor in forged + made:
            for name in ("after", "before"):
                answer = support.get(f"/tenants?sort={sort}&{name}={cursor}", None)
                answers[sort, cursor, name] = (answer.status, "at the first one" in answer.words)
        assert answers == dict.fromkeys(answers, (400, True))
        assert support.get(f"/tenants?after={forged[0][1]}", 400, htmx=True).parts
