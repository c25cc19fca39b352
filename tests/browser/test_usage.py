"""Usage that one can see: the chart with its table, notices, and the warning beside the limit."""

import pytest
from playwright.sync_api import expect

from tests.browser.axe import check
from tests.browser.pages import TenantPage
from tests.factories import an_actor, make_tenant
from webui.core.field_types import MAX_SAFE_INTEGER
from webui.models.columns import now
from webui.models.tenant.usage import month_of
from webui.usage.figures import Figures
from webui.usage.operations import store_usage


@pytest.fixture
def tenant(server):
    """The id of one at 85% of its limit."""
    with server.inside():
        made = make_tenant(name="Nearly There", monthly_call_limit=1_000).id
        rows = [Figures(made, month, 12_345, 850, 2_100) for month in ("2026-01", month_of(now()))]
        assert all(judged.accepted for judged in store_usage(rows, an_actor(), None))
        return made


def test_is_drawn_and_said(open_page, tenant):
    page = open_page("support")
    TenantPage(page, tenant).open()
    card = page.locator("#tenant-now")
    chart = card.get_by_role("img", name="Calls a month since")
    expect(chart).to_be_visible()
    bars = chart.locator("g rect")
    assert bars.count() == 12
    box, last = chart.bounding_box(), bars.last.bounding_box()
    # The style sheet counts: the bar has its height, and the colour of this month.
    assert last["height"] > box["height"] / 2
    colours = bars.evaluate_all("bars => bars.map((bar) => getComputedStyle(bar).fill)")
    assert len(set(colours)) == 2 and colours[-1] not in colours[:-1]
    expect(card.get_by_text("80% of the limit is reached.")).to_be_visible()
    table = card.get_by_role("table", name="Usage by month")
    expect(table).to_be_hidden()
    card.locator("summary").focus()
    page.keyboard.press("Enter")
    expect(table.get_by_role("row").nth(1)).to_contain_text("850")
    check(page)
    page.emulate_media(media="print")
    card.locator("summary").click()
    expect(table).to_be_visible()


def test_warns_below_what_is_used_and_follows_the_limit(open_page, tenant):
    page = open_page("support")
    form = TenantPage(page, tenant).open().edit("billing")
    warning = form.root.get_by_text("Less than what is used this month")
    expect(form.root.get_by_text("850 calls used this month.")).to_be_visible()
    for typed, warned in (
        ("850", False),
        ("849", True),
        ("8490", False),
        ("x", False),
        ("500", True),
    ):
        form.field("monthly_call_limit").fill(typed)
        expect(warning).to_be_visible(visible=warned)
    check(page)
    form.fill(monthly_call_limit="500").save()
    expect(page.locator("#tenant-now")).to_contain_text("The limit is reached.")
    expect(page).to_have_title("Nearly There · Tenant Console")
    page.goto("/tenants?usage=100&q=nearly")
    expect(page.get_by_role("row", name="Nearly There")).to_contain_text("Limit reached")


def test_of_the_largest_numbers_covers_nothing(open_page, server, tenant):
    most = [MAX_SAFE_INTEGER] * 3
    with server.inside():
        store_usage([Figures(tenant, month_of(now()), *most)], an_actor(), None)
    page = open_page("support")
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto("/tenants?usage=100&q=nearly")
    cell = page.locator("tr", has_text="9,007,199").locator(".list-usage").first
    assert cell.evaluate("cell => cell.scrollWidth <= cell.clientWidth")
    TenantPage(page, tenant).open()
    months = page.locator(".usage-months")
    months.locator("summary").click()
    # Wider than the card: it scrolls in itself, the page does not.
    assert months.evaluate("box => { box.scrollLeft = 999; return box.scrollLeft > 0 }")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
