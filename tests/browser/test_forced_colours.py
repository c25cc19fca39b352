"""In the forced colours of a contrast theme, whatever differs by colour still differs."""

import pytest
from playwright.sync_api import expect

from tests.browser import axe
from tests.browser.keyboard import Keyboard
from tests.browser.pages import StatusPage, TenantPage
from tests.browser.server import NORTHWIND
from webui.tenants.core.sections import SECTIONS

SCHEMES = ("light", "dark")


@pytest.fixture
def northwind(server):
    return server.tenant_named(NORTHWIND)


def look(locator):
    """What is drawn, to the last pixel."""
    return locator.screenshot(animations="disabled", caret="hide")


def pseudo(locator, *names):
    """Properties of what is drawn before an element's words."""
    return locator.evaluate(
        "(element, names) => names.map((name) => getComputedStyle(element, '::before')[name])",
        list(names),
    )


class TestForcedColours:
    @pytest.fixture(params=SCHEMES)
    def page(self, open_page, request):
        return open_page("support", forced_colors="active", color_scheme=request.param)

    def test_chosen_ticked_and_switched_on_are_told_apart(self, page, northwind):
        status = StatusPage(page, northwind).open()
        self.turn(status.service("Analytics"))
        self.turn(page.locator("input[value=inactive]"))
        shown = TenantPage(page, northwind).open()
        self.turn(shown.edit("features").field("recording_enabled"))

    @staticmethod
    def turn(box):
        """Chooses, ticks or switches, which is seen without the focus that comes with it."""
        assert box.evaluate("box => getComputedStyle(box).appearance") == "auto"
        before = look(box)
        box.press("Space")
        box.evaluate("box => box.blur()")
        assert look(box) != before

    def test_meters_states_and_the_current_page_are_told_apart(self, page, northwind):
        shown = TenantPage(page, northwind).open()
        meter = shown.now.locator("progress")
        # At the beginning of a month nothing is used.
        meter.evaluate("meter => { meter.value = meter.max; }")
        full = look(meter)
        meter.evaluate("meter => { meter.value = 0; }")
        assert look(meter) != full
        badge = shown.header.locator(".state-badge").first
        shapes = set()
        for tone in ("good", "warn", "bad", ""):
            badge.evaluate("(badge, tone) => { badge.className = `state-badge ${tone}`; }", tone)
            shape = pseudo(badge, "backgroundColor", "borderRadius", "clipPath")
            assert shape[0] != "rgba(0, 0, 0, 0)"
            shapes.add(tuple(shape))
        assert len(shapes) == 4
        page.goto("/tenants")
        below = "link => getComputedStyle(link).borderBottomColor"
        colours = [link.evaluate(below) for link in page.locator(".bar-nav a").all()]
        assert colours[0] not in colours[1:]
        assert len(set(colours[1:])) == 1
        assert colours[1] == page.evaluate("getComputedStyle(document.body).backgroundColor")

    def test_what_is_new_chosen_or_pressed_has_an_outline(self, page, tenant):
        shown = TenantPage(page, tenant).open()
        shown.save("billing", monthly_call_limit=900)
        outline = "element => getComputedStyle(element).outlineStyle"
        assert [row.evaluate(outline) for row in shown.rows.all()[:2]] == ["solid", "none"]
        page.locator("details.menu summary").click()
        pressed = page.locator(".menu-themes button")
        assert sorted(button.evaluate(outline) for button in pressed.all()) == [
            "none",
            "none",
            "solid",
        ]
        page.goto(f"{shown.path}/status")
        choices = page.locator(".choice")
        assert [choice.evaluate(outline) for choice in choices.all()].count("solid") == 1


class TestKeyboardAndAxe:
    def test_see_nothing_wrong_with_every_form_open(self, open_page, tenant):
        page = open_page("support", forced_colors="active")
        shown = TenantPage(page, tenant).open()
        for section in SECTIONS:
            shown.edit(section)
        axe.check(page)
        assert len(Keyboard(page).walk()) > 40
        page.goto("/audit")
        expect(page.get_by_role("heading", level=1)).to_have_text("History")
        axe.check(page)
