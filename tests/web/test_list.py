"""The list of tenants: finding, narrowing, and what each row says."""

from urllib.parse import urlencode
from uuid import uuid4

import pytest
from markupsafe import escape

from tests.factories import make_tenant, make_user
from tests.web import dom
from tests.web.pages import tenant_url
from tests.web.tenant_list import found, named, names
from webui.models.columns import now
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
