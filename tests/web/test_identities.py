"""Search by SIP identity, and the same identity on several tenants."""

import re

import pytest

from tests import raw
from tests.factories import make_tenant, revise
from tests.web import dom
from tests.web.pages import tenant_url
from webui.core.extensions import keyring, write_transaction
from webui.history.record.actions import Action
from webui.history.record.actor import command_actor
from webui.keys import rotation
from webui.keys.canary import register_keys
from webui.tenants.search import identities, search_terms

FOUND = [
    "pbx.acme.example",
    "PBX.Acme.EXAMPLE",
    "pbx.acme.example:5070",
    "sip:pbx.acme.example",
    "trunk-7",
    "Trunk-7",
    "trunk-7@pbx.acme.example",
    "sip:trunk-7@pbx.acme.example:5070",
    "  trunk-7@pbx.acme.example ",
    "<sip:trunk-7@pbx.acme.example>",
    "trunk-7@pbx.acme.example;transport=tls",
    "pbx.acme.example;transport=tls",
    '"Acme, Front Desk" <sip:trunk-7@pbx.acme.example:5060>',
    "From: “Acme” <sips:trunk-7@pbx.acme.example;user=phone?Subject=x@y>;tag=a@b",
    "sip://trunk-7:geheim@pbx.acme.example",
    "Contact: sip:trunk%2D7@pbx.acme.example",
    "\u200btrunk\u20117@pbx.acme\u00ad.example\ufeff",
    "ｔｒｕｎｋ－７＠ｐｂｘ．ａｃｍｅ．ｅｘａｍｐｌｅ",
]
NOT_FOUND = [
    "acme.example",
    "pbx.acme",
    "trunk",
    "trunk-77",
    "other@pbx.acme.example",
    "trunk-7@other.example",
    "@pbx.acme.example",
    "trunk-7@",
    "trunk-7@pbx.acme.example@pbx.acme.example",
    "b1.k1.",
    "e1.k1.",
    "hunter2 hunter2",
    "%",
    "<sip:other@pbx.acme.example>",
    "<sip:>",
    "sip:@;transport=tls",
    "<trunk-7",
]


@pytest.fixture
def acme(app):
    make_tenant(name="Other", sip_domain="pbx.other.example", sip_username="trunk-9")
    return make_tenant(
        name="Northwind",
        sip_domain="pbx.acme.example:5070",
        sip_username="trunk-7",
        sip_password="hunter2 hunter2",
    )


def names(person, words, **more):
    """The tenants that a search finds."""
    answer = person.client.get("/tenants", query_string={"q": words, **more})
    assert answer.status_code == 200
    return [
        dom.words(a)
        for a in dom.elements(dom.parse(answer.text), "a")
        if "name" in (a.get("class") or "").split()
    ]


@pytest.mark.parametrize("role", ["support", "admin"])
class TestStaff:
    def test_finds_the_exact_identity(self, sign_in, acme, role):
        person = sign_in(role)
        assert [w for w in FOUND if names(person, w) != ["Northwind"]] == []

    def test_finds_nothing_by_a_part_or_another(self, sign_in, acme, role):
        person = sign_in(role)
        assert {words: names(person, words) for words in NOT_FOUND} == {
            words: [] for words in NOT_FOUND
        }


class TestSearch:
    def test_works_with_international_names(self, admin):
        make_tenant(name="Books", sip_domain="xn--bcher-kva.example", sip_username="b")
        assert names(admin, "bücher.example") == ["Books"]

    def test_works_beside_names_owners_and_filters(self, admin, acme):
        make_tenant(name="Trunk-7 Ltd", status="blocked")
        assert names(admin, "trunk-7") == ["Northwind", "Trunk-7 Ltd"]
        assert names(admin, "trunk-7", status="blocked") == ["Trunk-7 Ltd"]

    def test_finds_all_of_many(self, admin, monkeypatch):
        monkeypatch.setattr(search_terms.Sip, "few", 2)
        for number in range(4):
            make_tenant(name=f"T{number}", sip_domain="shared.example", sip_username=f"u{number}")
        assert names(admin, "shared.example") == ["T0", "T1", "T2", "T3"]
        assert names(admin, "u3@shared.example") == ["T3"]

    def test_works_while_the_index_is_re_keyed(self, admin, acme, app):
        ring = keyring().with_key("k2")
        app.extensions["keyring"] = ring.with_primary("k2")
        with write_transaction():
            register_keys(ring)
        new = make_tenant(name="New", sip_domain="pbx.acme.example", sip_username="n")
        assert {acme.sip_domain_index[:6], new.sip_domain_index[:6]} == {"b1.k1.", "b1.k2."}
        assert names(admin, "pbx.acme.example") == ["New", "Northwind"]
        rotation.rotate_values(command_actor("operator"))
        assert names(admin, "pbx.acme.example") == ["New", "Northwind"]

    def test_opens_nothing(self, admin, acme, monkeypatch):
        def fail(*_arguments):
            raise AssertionError("a search decrypts nothing")

        monkeypatch.setattr("webui.crypto.fields.unseal", fail)
        assert names(admin, "trunk-7@pbx.acme.example") == ["Northwind"]


class TestOthers:
    def test_an_auditor_is_answered_as_if_nothing_matched(self, sign_in, acme):
        auditor = sign_in("auditor")

        def answers():
            found = [auditor.client.get("/tenants", query_string={"q": w}) for w in FOUND]
            return [(answer.status_code, neutral(answer.text)) for answer in found]

        hits = answers()
        revise(acme, Action.TENANT_SIP, sip_domain=None, sip_username=None, sip_password=None)
        assert answers() == hits
        assert all("No tenants match" in text for _, text in hits)

    def test_an_owner_has_no_search(self, sign_in, acme):
        sign_in("owner", acme).get("/tenants?q=trunk-7", 403)


def neutral(text):
    """A page without what differs between two requests for the same thing."""
    changing = r'(name="csrf_token"[^>]* value="|data-printed="UTC">|data-now=")[^"<]+'
    return re.sub(changing, r"\1", text)


class TestShared:
    @pytest.fixture
    def twins(self, acme):
        """Somebody with the same user and domain, and somebody with the domain alone."""
        twin = make_tenant(name="Twin", sip_domain="pbx.acme.example", sip_username="TRUNK-7")
        return twin, make_tenant(name="Neighbour", sip_domain="pbx.acme.example")

    def test_is_pointed_out_to_staff(self, sign_in, acme, twins):
        for role in ("support", "admin"):
            page = sign_in(role).get(tenant_url(acme))
            [link] = dom.elements(page.by_id("shared-identity"), "a")
            assert (dom.words(link), link.get("href")) == ("Twin", tenant_url(twins[0]))
            [link] = dom.elements(page.by_id("shared-domain"), "a")
            assert (dom.words(link), link.get("href")) == ("Neighbour", tenant_url(twins[1]))

    def test_is_not_said_of_a_tenant_alone(self, admin, acme):
        page = admin.get(tenant_url(acme))
        assert not page.has("shared-identity")
        assert not page.has("shared-domain")

    def test_is_said_to_nobody_else(self, sign_in, acme, twins):
        for person in (sign_in("auditor"), sign_in("owner", acme)):
            page = person.get(tenant_url(acme))
            assert not page.has("shared-identity")
            assert not page.has("shared-domain")
            assert "Twin" not in page.text

    def test_names_a_few_and_leads_to_the_rest(self, admin, acme, monkeypatch):
        monkeypatch.setattr(identities, "FEW", 2)
        for number in range(3):
            make_tenant(name=f"T{number}", sip_domain="pbx.acme.example", sip_username="trunk-7")
        page = admin.get(tenant_url(acme))
        *named, more = dom.elements(page.by_id("shared-identity"), "a")
        assert (len(named), dom.words(more)) == (2, "and more")
        assert "Northwind" in admin.get(more.get("href")).words

    def test_works_when_the_value_cannot_be_read(self, admin, acme, twins, app):
        raw.past_the_guards("UPDATE tenants SET seal = NULL")
        assert not admin.get(tenant_url(acme)).has("shared-identity")


def more(page, label):
    """The second line beside a label of the SIP card; empty when there is none."""
    for fact in page.by_id("section-sip").findall(".//dl/div"):
        if dom.words(fact.find("dt")) == label:
            lines = [d for d in fact.findall("dd") if d.get("class") == "more"]
            return " ".join(map(dom.words, lines))
    raise AssertionError(f"no {label}")


class TestCard:
    def test_says_who_set_each(self, sign_in, tenant):
        admin = sign_in("admin", username="mira.chen")
        admin.edit(tenant, "sip", sip_domain="a.example", sip_username="user")
        page = admin.get(tenant_url(tenant))
        for label in ("Domain", "Username"):
            assert more(page, label).startswith("set on ")
            assert more(page, label).endswith("by mira.chen")
        owner = sign_in("owner", tenant).get(tenant_url(tenant))
        assert more(owner, "Domain").endswith("by Support team")
        admin.edit(tenant, "sip", sip_domain="")
        assert more(admin.get(tenant_url(tenant)), "Domain") == ""

    def test_says_what_is_missing(self, admin, tenant):
        said = "Missing before it can be switched on: "
        assert more(admin.get(tenant_url(tenant)), "SIP calling") == (
            f"{said}domain, username, password"
        )
        admin.edit(tenant, "sip", sip_domain="a.example", sip_username="user")
        assert more(admin.get(tenant_url(tenant)), "SIP calling") == f"{said}password"
        form = admin.get(tenant_url(tenant, "sip", "edit"))
        assert "Not stored yet: password." in form.words_of("sip-sip_enabled-hint")
        admin.edit(tenant, "sip", sip_password="hunter2 hunter2")
        assert more(admin.get(tenant_url(tenant)), "SIP calling") == ""
