"""Open pages stay true: relative times renew themselves, and a tab that is shown again asks."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from playwright.sync_api import Page, expect

from tests.browser.pages import TenantPage
from tests.factories import an_actor, revise
from webui.core.extensions import db
from webui.history.record.actions import Action
from webui.models import Tenant
from webui.web import template_filters

NOW = datetime(2026, 3, 29, 13, 30, 20, tzinfo=UTC)
_SHOW = "document.dispatchEvent(new Event('visibilitychange'))"
# Around every limit of the words, over a change of the clocks and the new year.
AGES = [
    *(timedelta(seconds=n) for n in (-30, 0, 59, 60, 61, 119, 120, 3_599, 3_600, 7_199, 7_200)),
    *(timedelta(hours=n, seconds=s) for n in range(11, 42) for s in (-1, 0)),
    *(timedelta(days=n) for n in (2, 30, 87, 88, 89, 200, 400)),
]
_ADD = """(moments) => moments.map((at) => {
  const words = ["ago", "clock"].map((kind) => {
    const time = document.createElement("time");
    time.dateTime = at;
    time.dataset.words = kind;
    time.className = "planted";
    document.getElementById("main").append(time);
  });
})"""


def planted(page: Page) -> list[str]:
    return page.locator("time.planted").all_inner_texts()


class TestRelativeTimes:
    def test_have_the_words_of_the_server(self, open_page):
        for zone in ("UTC", "Europe/Berlin", "America/St_Johns", "Asia/Kathmandu"):
            page = open_page()
            page.clock.install(time=NOW)
            page.route("**/login", self._in_zone(zone))
            page.goto("/login")
            moments = [NOW - age for age in AGES]
            page.evaluate(_ADD, [at.isoformat() for at in moments])
            page.evaluate(_SHOW)
            here = [at.astimezone(ZoneInfo(zone)) for at in moments]
            expected = []
            for at in here:
                expected.append(template_filters._relative(at, NOW))
                expected.append(template_filters._moment(at, NOW))
            assert planted(page) == expected, zone

    @staticmethod
    def _in_zone(zone):
        """Serves the page as to somebody in a zone, at NOW."""

        def answer(route):
            response = route.fetch()
            start, _, rest = response.text().partition('data-zone="')
            rest = rest.partition('"')[2].partition('data-now="')[2].partition('"')[2]
            text = f'{start}data-zone="{zone}" data-now="{NOW.isoformat()}"{rest}'
            route.fulfill(response=response, body=text)

        return answer

    def test_are_renewed_each_minute_and_when_the_tab_is_shown(self, open_page, tenant):
        page = open_page("support")
        page.clock.install(time=datetime.now(UTC))
        shown = TenantPage(page, tenant).open()
        changed = shown.header.locator("time").last
        expect(changed).to_have_text("just now")
        page.clock.run_for(5 * 60 * 1_000)
        expect(changed).to_have_text("5 minutes ago")
        # Timers of a hidden tab rest.
        page.clock.set_system_time(datetime.now(UTC) + timedelta(hours=3))
        page.evaluate(_SHOW)
        expect(changed).to_have_text("3 hours ago")


class TestTabShownAgain:
    def test_says_who_changed_the_tenant_and_keeps_what_was_typed(self, open_page, server, tenant):
        page = open_page("support")
        shown = TenantPage(page, tenant).open()
        form = shown.edit("features").fill(retention_days="17")
        news = page.locator("#tenant-news")
        with page.expect_response("**/news?*") as answer:
            page.evaluate(_SHOW)
        assert answer.value.status == 204
        with server.inside():
            ines = an_actor(name="ines.weber", role="support")
            row = db.session.get_one(Tenant, tenant)
            revise(row, Action.TENANT_BILLING, actor=ines, max_concurrent_calls=7)
        page.evaluate(_SHOW)
        expect(news).to_have_text("ines.weber changed this just now. Reload")
        expect(form.field("retention_days")).to_have_value("17")
        form.field("retention_days").fill("90")
        form.root.get_by_role("link", name="Cancel").click()
        news.get_by_role("link", name="Reload").click()
        expect(shown.fact("Concurrent calls")).to_contain_text("7")
        expect(news).to_be_empty()

    def test_is_silent_when_there_is_no_answer(self, open_page, tenant, watches):
        page = open_page("support")
        TenantPage(page, tenant).open()
        for status in (None, 401, 503):
            page.route("**/news?*", self._answering(status))
            event = "requestfinished" if status else "requestfailed"
            with page.expect_event(event, lambda request: "/news?" in request.url):
                page.evaluate(_SHOW)
            expect(page.locator("#messages .bad")).to_have_count(0)
            expect(page.locator("#tenant-news")).to_be_empty()
            page.unroute("**/news?*")
        watches[-1].forgive("ERR_FAILED|Failed to fetch|503|401")

    @staticmethod
    def _answering(status):
        """No answer, or one with this status, as of a proxy."""
        if status is None:
            return lambda route: route.abort()
        return lambda route: route.fulfill(status=status, body="<p>Other")
