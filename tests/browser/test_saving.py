"""While a form is being saved it is locked and says so; afterwards it is as it was."""

import re

from playwright.sync_api import Page, Route, expect

from tests.browser.dialogs import Questions
from tests.browser.pages import StatusPage
from webui.core.extensions import write_transaction


class Held:
    """Holds the POST requests of an address until the test lets them go."""

    def __init__(self, page: Page, url: str) -> None:
        self._routes: list[Route] = []
        page.route(url, self._hold)

    def _hold(self, route: Route) -> None:
        self._routes.append(route) if route.request.method == "POST" else route.continue_()

    def let_go(self) -> None:
        self._routes.pop().continue_()

    def break_off(self) -> None:
        self._routes.pop().abort()


class TestInPlace:
    def test_locks_its_fields_and_leaves_the_others(self, tenant_page, watches):
        page = tenant_page.page
        other = tenant_page.edit("features")
        form = tenant_page.edit("billing").fill(monthly_call_limit=900)
        root = form.root.locator("form")
        held = Held(page, "**/billing")
        form.save()
        expect(root).to_have_attribute("aria-busy", "true")
        expect(root.get_by_role("button", name="Saving…")).to_be_visible()
        for name in ("monthly_call_limit", "reason"):
            expect(form.field(name)).not_to_be_editable()
        plan = form.field("billing_plan")
        plan.focus()
        page.keyboard.press("ArrowDown")
        expect(plan).to_have_value("starter")
        # A broken connection: everything is as before, and can be sent again.
        held.break_off()
        expect(page.get_by_role("alert")).to_contain_text("Nothing is lost")
        expect(root).not_to_have_attribute("aria-busy", re.compile(".*"))
        expect(form.save_button).to_have_text("Save billing")
        form.field("monthly_call_limit").fill("901")
        form.save()
        other.field("reason").press_sequentially("typed mean")
        held.let_go()
        tenant_page.expect_saved("from 1,000 to 901")
        # Neither the text nor the focus is taken away.
        page.keyboard.type("while")
        expect(other.field("reason")).to_have_value("typed meanwhile")
        watches[-1].forgive("ERR_FAILED|Failed to fetch")

    def test_whose_answer_leads_elsewhere_is_unlocked_when_the_person_stays(self, tenant_page):
        page, questions = tenant_page.page, Questions(tenant_page.page)
        tenant_page.edit("features").field("reason").press_sequentially("half a word")
        form = tenant_page.edit("billing").fill(monthly_call_limit=902)
        elsewhere = {"HX-Redirect": "/tenants", "X-Request-ID": "any"}
        page.route("**/billing", lambda route: route.fulfill(headers=elsewhere))
        form.save()
        expect(form.save_button).to_be_enabled()
        expect(form.field("reason")).to_be_editable()
        assert questions.asked() == 1
        page.unroute("**/billing")
        form.save()
        tenant_page.expect_saved("from 1,000 to 902")


# What the form tells right after it was sent, and after a click on another choice: the browser
# answers no questions until the next page is there.
_WATCH = """() => {
  const form = document.querySelector("#status-form form");
  const { reason, status } = form.elements;
  window.told = () => {
    const chosen = status.value;
    document.querySelector("input[value=active]").click();
    const button = form.querySelector(".btn-primary").textContent;
    return [form.ariaBusy, reason.readOnly, button, status.value === chosen];
  };
  form.addEventListener("submit", () => setTimeout(() => { window.sent = window.told(); }));
}"""


class TestWholePage:
    def test_locks_its_fields_until_the_loading_is_stopped(self, open_page, server, tenant):
        page = open_page("support")
        status = StatusPage(page, tenant).open()
        status.choose("suspended")
        status.service("Calls").check()
        status.form.fill()
        page.evaluate(_WATCH)
        devtools = page.context.new_cdp_session(page)
        click = "document.querySelector('#status-form .btn-primary').click()"
        # The save waits until this transaction ends.
        with server.inside(), write_transaction():
            devtools.send("Runtime.evaluate", {"expression": click, "userGesture": True})
            devtools.send("Page.stopLoading")
            page.wait_for_function("window.sent")
            expect(status.form.field("reason")).to_be_editable()
        assert page.evaluate("window.sent") == ["true", True, "Saving…", True]
        assert page.evaluate("window.told()") == [None, False, "Change status", False]
        status.choose("suspended")
        status.form.save()
        expect(page.get_by_role("status").filter(has_text="Saved:")).to_be_visible()
