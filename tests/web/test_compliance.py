"""The compliance findings of DESIGN 4, in every state."""

import pytest

from tests.factories import make_tenant
from tests.web import dom
from tests.web.pages import tenant_url

HIPAA, PCI = "HIPAA", "PCI DSS 4.0.1"
SIP = {"sip_domain": "sip.example.com", "sip_username": "u", "sip_password": "long enough"}


def cards(page):
    """Title -> (what the head says, finding's source -> its state and words)."""
    found, more = {}, page.by_id("tenant-more")
    on = [card for card in dom.elements(more, "section") if not dom.elements(card, "details")]
    for card in [*on, *dom.elements(more, "details")]:
        title = dom.words(dom.elements(card, "h2")[0])
        lines = []
        for item in dom.elements(card, "li"):
            state, words = item.findall("span")
            lines.append((dom.words(state), dom.words(words)))
        if lines:
            found[title] = (dom.words(dom.elements(card, class_="quiet")[0]), lines)
    return found


def findings(browser, tenant):
    """(standard, paragraph) -> states, in the table's order."""
    result = {}
    for title, (_head, lines) in cards(browser.get(tenant_url(tenant))).items():
        for state, words in lines:
            result.setdefault((title, words.split(" ")[-1]), []).append(state)
    return result


# 164.312(a)(2)(iv), 164.312(e)(1), 164.312(b), 164.504(e), 164.316(b)(2)(i)
AS_MADE = {
    (HIPAA, "164.312(a)(2)(iv)"): ["Met"],
    (HIPAA, "164.312(e)(1)"): ["Met"],
    (HIPAA, "164.312(b)"): ["Met"],
    (HIPAA, "164.504(e)"): ["Check manually"],
    (HIPAA, "164.316(b)(2)(i)"): ["Check manually"],
    (PCI, "3.3.1"): ["Check manually"],
    (PCI, "3.5.1"): ["Met"],
    (PCI, "3.2.1"): ["Check manually"],
    (PCI, "4.2.1"): ["Met", "N/A"],
}
UNENCRYPTED = {(HIPAA, "164.312(a)(2)(iv)"): ["Not met"], (PCI, "3.5.1"): ["Not met"]}
UNRECORDED = {
    (HIPAA, "164.316(b)(2)(i)"): ["N/A"],
    (PCI, "3.3.1"): ["Met"],
    (PCI, "3.2.1"): ["N/A"],
}


class TestFindings:
    @pytest.mark.parametrize(
        ("values", "differs"),
        [
            ({}, {}),
            ({"data_encryption_enabled": False}, UNENCRYPTED),
            ({"recording_enabled": False}, UNRECORDED),
            ({**SIP, "sip_enabled": True}, {(PCI, "4.2.1"): ["Met", "Check manually"]}),
            (SIP, {}),
            ({"webhook_url": "https://hooks.example.com/"}, {}),
            ({"hipaa_enabled": True, "pci_enabled": True}, {}),
        ],
    )
    def test_stand_as_the_settings_say(self, admin, values, differs):
        assert findings(admin, make_tenant(**values)) == AS_MADE | differs

    def test_are_shown_whether_the_switch_is_on_or_off(self, admin):
        off = cards(admin.get(tenant_url(make_tenant())))
        on = cards(admin.get(tenant_url(make_tenant(hipaa_enabled=True, pci_enabled=True))))
        assert [off[name][0] for name in (HIPAA, PCI)] == ["off · 2 to check"] * 2
        assert [on[name][0] for name in (HIPAA, PCI)] == ["on · 2 to check"] * 2
        assert off[HIPAA][1] == on[HIPAA][1]

    def test_of_a_standard_that_is_off_are_one_line_below_the_others(self, admin):
        page = admin.get(tenant_url(make_tenant(pci_enabled=True)))
        more = page.by_id("tenant-more")
        titles = [dom.words(h2) for h2 in dom.elements(more, "h2")]
        assert titles == ["Owners", "Onboarding", PCI, HIPAA]
        [folded] = dom.elements(more, "details")
        assert folded.get("open") is None
        assert dom.words(dom.elements(folded, "summary")[0]) == "HIPAA off · 2 to check"

    def test_count_what_is_missing(self, admin):
        tenant = make_tenant(data_encryption_enabled=False, recording_enabled=False)
        found = cards(admin.get(tenant_url(tenant)))
        assert found[HIPAA][0] == "off · 1 not met, 1 to check"
        assert found[PCI][0] == "off · 1 not met"

    def test_name_how_long_recordings_are_kept(self, admin):
        words = admin.get(tenant_url(make_tenant(retention_days=2_190))).words_of("tenant-more")
        assert words.count("Recordings are kept 2,190 days.") == 2

    def test_never_say_compliant(self, admin, sign_in):
        tenant = make_tenant(hipaa_enabled=True, pci_enabled=True)
        for browser in (admin, sign_in("auditor"), sign_in("owner", tenant)):
            page = browser.get(tenant_url(tenant))
            assert "compliant" not in page.text.lower()
            assert len(cards(page)) == 2

    def test_follow_a_change_at_once(self, admin, tenant):
        answer = admin.edit(tenant, "compliance", htmx=True, data_encryption_enabled=False)
        assert cards(answer)[HIPAA][0] == "off · 1 not met, 2 to check"
