"""The list of tenants: finding, narrowing, and what each row says."""

import re
from datetime import timedelta
from urllib.parse import urlencode
from uuid import uuid4

import pytest
from markupsafe import escape

from tests.factories import make_tenant, make_user, revise
from tests.web import dom
from tests.web.pages import PASSWORD, Browser, tenant_url
from webui.core.extensions import db, write_transaction
from webui.history.record.actions import Action
from webui.models import TenantUsage
from webui.models.columns import now
from webui.models.tenant.usage import month_of
from webui.tenants.search import search, search_terms
from webui.tenants.search.search import CHOICES


@pytest.fixture
def support(sign_in):
    return sign_in("support")


@pytest.fixture(params=["index", "walk"])
def either_way(request, monkeypatch):
    """SQLite finds few matches by the trigram index and many along the sorted one."""
    if request.param == "walk":
        monkeypatch.setattr(search_terms.Name, "few", 0)


def named(*names):
    for name in names:
        make_tenant(name=name)


def names(answer):
    """The names of the rows, in order."""
    return [dom.words(link) for link in dom.elements(answer.tree, "a", class_="name")]


def rows(answer):
    """Name -> the words of each cell of the row."""
    table = dom.elements(answer.tree, "tbody")[0]
    cells = [[dom.words(cell) for cell in row.findall("td")] for row in table.findall("tr")]
    return {row[0]: row[1:] for row in cells}


def found(browser, q, **more):
    """The names that a search finds, as htmx is sent them."""
    return names(browser.get(f"/tenants?{urlencode({'q': q, **more})}", htmx=True))


# (what is typed, the names that it finds)
SPELLINGS = {
    "Pharmacie de l’Église": [
        *("Pharmacie de l'Église", "pharmacie de l`eglise", "DE LʼÉGLISE", "l´E\u0301glise"),
        *("Pharmacie\tde\u00a0 l’Église", "\ufeffPhar\u00admacie de l\u200b’Égli\u200dse\u200f"),
    ],
    'Hotel "Dąb"': ['Hotel "Dąb"', "hotel “dab”", "Hotel „Dąb”", "HOTEL «DĄB»", "“Dąb”"],
    "Hotel „Jesion”": ['hotel "jesion"', "«Jesion»"],
    "Strassenbahn Ahrenfels–Übersee": [
        *("Strassenbahn Ahrenfels-Übersee", "Straßenbahn Ahrenfels\u2011Übersee", "ahrenfels−uber"),
        *("ahrenfels\u2014Übersee", "ahrenfels\u00ad-übersee"),
    ],
    "O’Brien & Sons": ["O'Brien & Sons", "o‘brien", "OʼBRIEN  &\u2009SONS", "O’"],
    "Nimbus  Double Space": [
        *("Nimbus  Double Space", "nimbus double space", "Nimbus\tDouble\u3000Space"),
        *("nimbus\u200b double", "Ｎｉｍｂｕｓ　ｄｏｕｂｌｅ"),
    ],
}
CAFES = ["Café Zürich", "Cafeteria Nord"]
STREETS = ["STRASSE & Söhne", "Straße 7"]
BOB = ['O\'Brien "Bob" AND Co']
TOKYO = ["東京クリニック", "東京電力会社"]
SEARCHES = {
    **{"caf": [*CAFES, "Decaf Roasters"], "CAFÉ": CAFES, "cafe\u0301": CAFES},
    **{
        "  zürich  ": CAFES[:1],
        "zurich": CAFES[:1],
        "ﬁnanc": ["ﬁnance Ⅳ"],
        "finance iv": ["ﬁnance Ⅳ"],
    },
    **{"straße": STREETS, "strasse": STREETS, "angs": ["Ångström"], "ÅNGS": ["Ångström"]},
    **{"النور": ["عيادة النور"], "השלום": ["מרפאת השלום"], "クリニ": TOKYO[:1]},
    # Without spaces between words, two letters are a word.
    **{
        "東京": TOKYO,
        "ック": TOKYO[:1],
        "ｯｸ": TOKYO[:1],
        "京": [],
        "東": TOKYO,
        "京電力": TOKYO[1:],
    },
    **{"พาณ": ["ธนาคารไทยพาณิชย์"], "ไทย": ["ธนาคารไทยพาณิชย์"], "電電": [], "力会": TOKYO[1:]},
    **{"ຄານ": ["ທະນາຄານລາວ"], "ារ": ["ធនាគារ ABC"], "រ a": ["ធនាគារ ABC"], "ឣ": []},
    **{"🚀 L": ["Rocket 🚀 Labs"], "🚀 F": ["🚀 First"]},
    # What LIKE, FTS5 or SQL would read as more than a character.
    **{"0% d": ["100% Dental"], "100%": ["100% Dental"], "r_s": ["under_score"]},
    **{"%%%": [], "___": [], "' OR '1'='1": [], "-- ;": [], '"""': [], "caf*": []},
    **{"O'Brien": BOB, '"Bob"': BOB, 'bob" AND': BOB, "cafe OR dental": [], "^caf": []},
    **{"a* OR": ["a* OR b"], "NEAR/2 (": ["NEAR/2 (x)"], "name_key :": ["name_key : y"]},
    **{"k\\s": ["Back\\slash"], "k\\\\s": [], "nothing like it": []},
}


@pytest.mark.both_databases
class TestSearch:
    def test_is_inside_names_and_literal(self, support, either_way):
        named(*CAFES, *STREETS, *BOB, "Decaf Roasters", "عيادة النور", "מרפאת השלום")
        named(
            *TOKYO,
            "ธนาคารไทยพาณิชย์",
            "ທະນາຄານລາວ",
            "ធនាគារ ABC",
            "Rocket 🚀 Labs",
            "🚀 First",
            "100% Dental",
            "100 Dental",
            "Zz",
        )
        named("under_score", "underXscore", "Back\\slash", "a* OR b", "NEAR/2 (x)")
        named("name_key : y", "ﬁnance Ⅳ", "Ångström")
        assert {q: found(support, q) for q in SEARCHES} == SEARCHES

    def test_finds_a_name_however_it_is_typed(self, support, either_way):
        named(*SPELLINGS, "Hotel Dab", "Nimbus", "Double Space", "Ö")
        missed = [
            (q, name)
            for name, asked in SPELLINGS.items()
            for q in asked
            if found(support, q) != [" ".join(name.split())]
        ]
        assert missed == []

    def test_of_invisible_characters_alone_is_none(self, support):
        named("One", "Two")
        assert found(support, "\u200b\ufeff\u00ad") == ["One", "Two"]
        assert found(support, "one", owner="\u200e\u2060") == ["One"]

    def test_is_the_same_on_the_page(self, support):
        named(*CAFES, "Another")
        page = support.get("/tenants?q=caf%C3%A9")
        assert names(page) == found(support, "café") == CAFES
        assert page.by_id("q").get("value") == "café"


@pytest.mark.both_databases
class TestShortSearch:
    def test_finds_beginnings_and_says_so(self, support):
        named(
            "Café",
            "Decaf",
            "Élan",
            "Delta é",
            "🚀 First",
            "Rocket 🚀",
            "東京クリニック",
            "100% _'\"\\",
        )
        searches = {
            **{
                "ca": ["Café"],
                "É": ["Élan"],
                "🚀": ["🚀 First"],
                "東": ["東京クリニック"],
                " r": ["Rocket 🚀"],
            },
            **{"%": [], "_": [], "'": [], '"': [], "\\": [], "*": []},
        }
        assert {q: found(support, q) for q in searches} == searches
        for q in searches:
            page = support.client.get("/tenants", query_string={"q": q}).text
            assert f"Names beginning with “{escape(q.strip())}”" in page

    def test_is_no_longer_short_at_three(self, support):
        named("abc")
        page = support.get("/tenants?q=abc")
        assert "Names beginning with" not in page.words

    def test_of_plain_letters_finds_those_with_a_stroke(self, support):
        named("Łódź Taxi", "Işık", "Ørsted")
        searches = {
            "lodz": "Łódź Taxi",
            "ŁÓD": "Łódź Taxi",
            "ışık": "Işık",
            "IŞI": "Işık",
            "o": "Ørsted",
        }
        assert {q: found(support, q) for q in searches} == {q: [n] for q, n in searches.items()}

    def test_of_accents_alone_finds_nothing(self, support):
        named("Somebody")
        assert found(support, "\u0301") == []


@pytest.mark.both_databases
class TestManyMatches:
    def test_are_the_same_rows_along_the_index(self, support, monkeypatch):
        named(*(f"Clinic {n:03} {'Ost' if n % 3 else 'West'}" for n in range(24)), "Other")
        owner = make_user("owner", make_tenant(name="Zebra"), username="clinic.boss")
        few = {sort: found(support, "clinic", sort=sort) for sort in search.ORDERS}
        monkeypatch.setattr(search_terms.Name, "few", 3)
        many = {sort: found(support, "clinic", sort=sort) for sort in search.ORDERS}
        assert many == few
        assert len(few["name"]) == 25
        assert owner.tenant_id
        assert "Zebra" in few["name"]


class TestById:
    def test_finds_the_tenant_however_it_is_written(self, support, tenant):
        named("Another")
        text = str(tenant.id)
        spellings = [
            *(text, text.upper(), tenant.id.hex, text.replace("-", "", 2), f"  {text} "),
            *(f"https://console.example/tenants/{text}", f"id={text};"),
            f"http://localhost:8000/tenants/{text}/billing/edit?x=1#section-sip",
        ]
        missed = [q for q in spellings if found(support, q) != ["Northwind"]]
        assert missed == []

    def test_finds_nothing_for_others(self, support, tenant):
        assert found(support, str(uuid4())) == []
        assert found(support, str(tenant.id)[:-1]) == []
        assert found(support, f"{tenant.id.hex}0") == []


@pytest.mark.both_databases
class TestByOwner:
    def test_finds_the_tenants_of_an_account(self, support, tenant):
        named("Another")
        owner = make_user("owner", tenant, username="Maria.Lopez", email="m.lopez@clinic.example")
        make_user("support", username="maria.staff")
        for words in (
            "maria.lopez",
            "MARIA.L",
            "\u200bmaria\u00ad.lo\ufeff",
            "ｍａｒｉａ．ｌｏ",
            "m.lopez@clinic.example",
            "M.Lopez@Clinic",
        ):
            assert found(support, words) == ["Northwind"], words
            assert found(support, "", owner=words) == ["Northwind"], words
        assert found(support, "", owner=str(owner.id)) == ["Northwind"]
        for words in ("lopez", "nobody", "maria.staff", "maria%", "' OR 1=1"):
            assert found(support, "", owner=words) == [], words

    def test_finds_the_same_where_many_owners_share_a_beginning(self, support, monkeypatch):
        owners = [make_user("owner", username=f"clinic.{n}").tenant_id for n in range(6)]
        few = support.get("/tenants?owner=clinic", htmx=True)
        monkeypatch.setattr(search_terms.Owner, "few", 2)
        many = support.get("/tenants?owner=clinic", htmx=True)
        assert names(few) == names(many)
        assert len(names(many)) == len(set(owners)) == 6

    def test_finds_by_name_and_owner_together(self, support, tenant):
        named("Maria's Bakery")
        make_user("owner", tenant, username="maria.lopez")
        assert found(support, "maria") == ["Maria's Bakery", "Northwind"]


WITH_SIP = {
    **{"sip_enabled": True, "sip_domain": "sip.example", "sip_username": "trunk"},
    **{"sip_password": "hunter2hunter2", "hipaa_enabled": True},
}
EVERYTHING = ["agents", "analytics", "calls", "recordings", "sip"]
RUNNING = {
    ("active", ()): (None, "SIP · Recording · Analytics · HIPAA", "On", "On"),
    ("suspended", ("calls", "sip")): (
        *("calls, SIP", "Recording · Analytics · HIPAA"),
        *("On · stopped now (suspended)", "On"),
    ),
    ("suspended", ("calls",)): (
        *("calls", "SIP · Recording · Analytics · HIPAA"),
        *("On · calls stopped now (suspended)", "On"),
    ),
    ("suspended", ("analytics", "recordings")): (
        *("analytics, recordings", "SIP · HIPAA"),
        *("On", "On · stopped now (suspended)"),
    ),
    ("suspended", tuple(EVERYTHING)): (
        *("all services", "HIPAA"),
        *("On · stopped now (suspended)", "On · stopped now (suspended)"),
    ),
    ("blocked", ()): (
        *("all services", "HIPAA"),
        *("On · stopped now (blocked)", "On · stopped now (blocked)"),
    ),
    ("inactive", ()): (
        *("all services", "HIPAA"),
        *("On · stopped now (inactive)", "On · stopped now (inactive)"),
    ),
}


class TestWhatRuns:
    """The list and the cards say what runs, not only what is switched on."""

    @pytest.mark.parametrize("case", RUNNING)
    def test_is_said_by_the_row_and_by_the_cards(self, support, case):
        (status, blocked), (stopped, on, sip, recording) = case, RUNNING[case]
        tenant = make_tenant(status=status, blocked_services=list(blocked), **WITH_SIP)
        cells = rows(support.get("/tenants"))[f"{tenant.name} Onboarding: not started"]
        label = status.capitalize()
        assert cells[0] == (f"{label} Stopped: {stopped}" if stopped else label)
        assert cells[2] == on
        page = support.get(tenant_url(tenant))
        assert page.fact("SIP calling", "sip") == sip
        assert page.fact("Record calls", "features") == recording

    def test_of_what_is_off_is_that_it_is_off(self, support):
        off = {"recording_enabled": False, "analytics_enabled": False}
        tenant = make_tenant(status="blocked", **off)
        page = support.get(tenant_url(tenant))
        assert page.fact("SIP calling", "sip") == "Off"
        assert page.fact("Record calls", "features") == "Off"
        assert rows(support.get("/tenants")).popitem()[1][2] == ""


@pytest.mark.both_databases
class TestFilters:
    @pytest.fixture(autouse=True)
    def tenants(self, app):
        named("Active Starter")
        make_tenant(name="Active Business", billing_plan="business", onboarded_at=now())
        make_tenant(name="Blocked Business", billing_plan="business", status="blocked")
        make_tenant(name="Closed", status="inactive", billing_plan="enterprise", onboarded_at=now())
        stopped = make_tenant(name="Stopped", status="suspended", blocked_services=["calls"])
        make_user("owner", stopped, username="stopper")

    def test_narrow_the_list(self, support):
        expected = {
            "status=active": ["Active Business", "Active Starter"],
            "status=blocked": ["Blocked Business"],
            "status=inactive": ["Closed"],
            "status=suspended": ["Stopped"],
            "plan=business": ["Active Business", "Blocked Business"],
            "plan=enterprise": ["Closed"],
            "onboarding=done": ["Active Business", "Closed"],
            "onboarding=open": ["Active Starter", "Blocked Business", "Stopped"],
            "owner=stopper": ["Stopped"],
            "plan=business&status=active": ["Active Business"],
            "plan=business&onboarding=open&q=business": ["Blocked Business"],
            "q=active&sort=-name&status=active": ["Active Starter", "Active Business"],
            "plan=business&owner=stopper": [],
            "status=&plan=&q=&sort=&onboarding=done&owner=": ["Active Business", "Closed"],
            "unknown=1&status=blocked": ["Blocked Business"],
        }
        assert {query: names(support.get(f"/tenants?{query}")) for query in expected} == expected

    def test_are_shown_and_removed_one_by_one(self, support):
        page = support.get(
            "/tenants?q=active&status=active&plan=business&onboarding=done&sort=-name"
        )
        chips = [dom.words(chip) for chip in dom.elements(page.tree, class_="chip")]
        assert chips == [
            "“active” ×",
            "Status: Active ×",
            "Plan: Business ×",
            "Onboarding: Done ×",
        ]
        links = dom.elements(page.tree, "a", aria_label="Remove Plan: Business")
        expected = "/tenants?q=active&status=active&onboarding=done&sort=-name"
        assert [link.get("href") for link in links] == [expected]
        [clear] = [a for a in dom.elements(page.tree, "a") if dom.words(a) == "Clear"]
        assert clear.get("href") == "/tenants"

    def test_stay_in_the_form(self, support):
        chosen = {name: next(iter(values)) for name, values in CHOICES.items()}
        assert chosen.keys() >= {"status", "plan", "onboarding"}
        chosen |= {"q": "a", "owner": "x", "sort": "created"}
        page = support.get(f"/tenants?{urlencode(chosen)}")
        sent = dom.fields(page.by_id("filters"))
        assert sent == {name: [value] for name, value in chosen.items()}

    def test_put_themselves_into_the_address(self, support):
        fragment = support.get("/tenants?q=act&status=&plan=business&sort=name", htmx=True)
        assert fragment.headers["HX-Replace-Url"] == "/tenants?q=act&plan=business"

    def test_that_do_not_exist_are_refused(self, support):
        for query in (
            *("status=closed", "status=Active", "plan=gold", "onboarding=maybe", "sort=size"),
            *("sort=-", "sort=name_key", "q=a%00b", "owner=%00"),
        ):
            for htmx in (False, True):
                answer = support.get(f"/tenants?{query}", 400, htmx=htmx)
                assert "reload the page" not in answer.words, query


class TestEmptyList:
    def test_says_what_to_do_first(self, support):
        page = support.get("/tenants")
        assert "No tenants yet" in page.words
        assert [a.get("href") for a in dom.elements(page.tree, "a", class_="btn-primary")] == [
            "/tenants/new"
        ]

    @pytest.mark.parametrize("environment", ["production", "development"])
    @pytest.mark.parametrize("role", ["support", "auditor"])
    def test_speaks_of_demo_data_only_to_who_develops(self, make_app, environment, role):
        app = make_app(environment=environment, require_mfa="none")
        browser = Browser(app.test_client(), set())
        browser.client.environ_base["wsgi.url_scheme"] = "https"
        browser.sign_in(make_user(role, password=PASSWORD).username)
        page = browser.get("/tenants")
        create = "Create the first one" if role == "support" else "Support or an admin can create"
        assert create in page.words
        assert ("demo" in page.words) is (role == "support" and environment == "development")
        assert "Customers can set up their own at /signup." in page.words

    @pytest.mark.parametrize("query", ["status=active", "plan=starter", "onboarding=open"])
    def test_may_be_narrowed(self, support, query):
        assert names(support.get(f"/tenants?{query}")) == []

    def test_offers_all_tenants_to_who_searched(self, support, tenant):
        page = support.get("/tenants?q=nothing+like+it")
        assert "No tenants match" in page.words
        assert "0 tenants" not in page.words
        [link] = [a for a in dom.elements(page.tree, "a") if dom.words(a) == "Show all tenants"]
        assert link.get("href") == "/tenants"

    def test_offers_no_new_tenant_to_an_auditor(self, sign_in):
        assert "New tenant" not in sign_in("auditor").get("/tenants").words


class TestEnter:
    def test_opens_the_one_tenant_that_was_found(self, support):
        acme = make_tenant(name="Acme Dental")
        make_tenant(name="Beta Dental")
        answers = {
            "q=acme": tenant_url(acme),
            f"q={acme.id}": tenant_url(acme),
            "q=dental&status=&sort=name": "/tenants?q=dental",
            "q=nobody": "/tenants?q=nobody",
            "q=&plan=": "/tenants",
        }
        assert answers == {q: support.get(f"/tenants?{q}&open=one", 303).location for q in answers}
        answer = support.get("/tenants?q=acme&open=one", htmx=True)
        assert answer.headers["HX-Redirect"] == tenant_url(acme)


class TestRow:
    def test_says_what_matters(self, support):
        tenant = make_tenant(
            name="Full House",
            billing_plan="enterprise",
            monthly_call_limit=12_000,
            sip_enabled=True,
            sip_domain="sip.example.com",
            sip_username="u",
            sip_password="long enough",
            analytics_enabled=False,
            hipaa_enabled=True,
            onboarded_at=now(),
        )
        with write_transaction():
            for month, calls in ((month_of(now()), 3_456), ("2020-01", 999)):
                db.session.add(TenantUsage(tenant_id=tenant.id, month=month, calls=calls))
        make_tenant(name="Quiet", recording_enabled=False, analytics_enabled=False)
        page = support.get("/tenants")
        assert rows(page) == {
            "Full House": [
                *(
                    "Active",
                    "Enterprise",
                    "SIP · Recording · HIPAA",
                    "3,456 of 12,000 calls",
                    "just now",
                )
            ],
            "Quiet Onboarding: not started": [
                "Active",
                "Starter",
                "",
                "0 of 1,000 calls",
                "just now",
            ],
        }
        [link] = [a for a in dom.elements(page.tree, "a") if dom.words(a) == "Full House"]
        assert link.get("href") == tenant_url(tenant)

    def test_tells_the_last_change(self, support):
        tenant = make_tenant(created_at=now() - timedelta(days=400))
        assert "just now" not in support.get("/tenants").words
        revise(tenant, Action.TENANT_BILLING, monthly_call_limit=5)
        assert "just now" in support.get("/tenants").words

    def test_shows_no_markup_of_a_name(self, support):
        evil = "<script>alert(1)</script> & <b>'\"</b> {{ 7 * 7 }}"
        named(evil)
        assert names(support.get("/tenants")) == [evil]

    def test_keeps_the_name_of_a_plan_that_left_the_catalogue(self, support):
        make_tenant(name="Old", billing_plan="legacy-2019", onboarded_at=now())
        assert rows(support.get("/tenants"))["Old"][1] == "legacy-2019"


@pytest.mark.both_databases
class TestCost:
    def test_does_not_grow_with_the_rows(self, support, queries):
        asked = []
        for count in (2, 30):
            named(*(f"Clinic {n}" for n in range(count)))
            with queries() as seen:
                support.get("/tenants?q=clinic&status=active&sort=-updated")
            asked.append([re.sub(r"\s+", " ", s)[:40] for s in seen])
        assert asked[0] == asked[1]
        assert len(asked[0]) <= 8
