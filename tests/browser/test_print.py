"""On paper: exact times, and who printed them when."""

import re

from playwright.sync_api import expect

from tests.browser.pages import TenantPage, sign_in
from tests.browser.server import Account
from tests.factories import an_actor, make_user
from webui.accounts.self_service.own_account import change_preferences

SECONDS = r"\d{1,2} [A-Z][a-z]{2} 20\d\d \d\d:\d\d:\d\d"
# What is drawn in place of the words of a time, and how large those words still are.
_DRAWN = """time => [getComputedStyle(time, "::after").content, getComputedStyle(time).fontSize]"""


class TestPaper:
    def test_has_exact_times_and_who_printed_it_when(self, open_page, server, tenant):
        password = "a printed battery horse"
        with server.inside():
            user = make_user("auditor", password=password)
            change_preferences(user.id, an_actor(user), time_zone="Asia/Kolkata")
        page = open_page()
        sign_in(page, Account(user.username, password))
        shown = TenantPage(page, tenant).open()
        [on_screen, foot] = [shown.rows.first.locator("time"), page.locator("footer")]
        expect(foot.locator(".on-paper")).to_be_hidden()
        assert on_screen.evaluate(_DRAWN)[0] == "none"
        page.evaluate("document.querySelector('[data-printed]').textContent = 'not yet'")
        page.pdf()
        page.emulate_media(media="print")
        drawn, size = on_screen.evaluate(_DRAWN)
        assert re.fullmatch(rf'"{SECONDS} IST \(.+ UTC\)"', drawn)
        assert size == "0px"
        expect(foot).to_contain_text("Times are in Asia/Kolkata (IST, UTC+05:30).")
        expect(foot.locator(".on-paper")).to_have_text(
            re.compile(rf"Printed by {user.username} \(auditor\), {SECONDS}\.")
        )
        expect(foot.get_by_role("link", name="Change")).to_be_hidden()
        page.goto(f"{shown.path}/audit")
        # Below the day's name, the time of day is exact already.
        of_day = page.locator("tr[id^=audit-] time").first
        assert of_day.evaluate(_DRAWN)[0] == "none"
        expect(of_day).to_have_text(re.compile(r"\d\d:\d\d:\d\d"))
