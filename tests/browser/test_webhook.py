"""The webhook panel in a real browser: the secret, shown once, and tests as they happen."""

from datetime import timedelta
from uuid import uuid4

import pytest
from flask import current_app
from playwright.sync_api import Page, expect
from sqlalchemy import select, update

from tests.browser import axe
from tests.browser.pages import REASON, TenantPage
from tests.outbox import make_hooked, queue
from tests.receivers import Authority, receiving
from webui.core.extensions import db, write_transaction
from webui.jobs import Run, leases
from webui.models import Delivery, Tenant
from webui.models.columns import now
from webui.outbox import Event
from webui.webhooks.delivery import sending
from webui.webhooks.delivery.client import Answer, Problem, Transport


@pytest.fixture
def hooked(server):
    """A tenant whose events are delivered, and a worker that lives."""
    with server.inside():
        leases.beat(uuid4())
        return make_hooked(name="Hooked").id


@pytest.fixture
def work(server):
    """Does what the worker would, against a receiver."""

    def work(outside: Transport) -> None:
        with server.inside():
            current_app.extensions[sending.EXTENSION] = outside
            sending.deliver(Run())

    return work


def make_secret(page: Page, link: str, button: str) -> str:
    """Makes a secret by the card and returns what is shown."""
    page.get_by_role("link", name=link).click()
    page.locator("#secret-reason").fill(REASON)
    page.get_by_role("button", name=button).click()
    return page.locator("#new-secret").inner_text()


class TestSecret:
    def test_is_shown_once_and_can_be_copied(self, open_page, server, tenant):
        page = open_page("support", permissions=["clipboard-read", "clipboard-write"])
        shown = TenantPage(page, tenant).open()
        made = make_secret(page, "Create a secret", "Create secret")
        with server.inside():
            assert db.session.get_one(Tenant, tenant).webhook_secret == made
        copy = page.get_by_role("button", name="Copy secret")
        expect(copy).to_be_focused()
        copy.press("Enter")
        expect(shown.live).to_have_text("Copied.")
        assert page.evaluate("navigator.clipboard.readText()") == made
        axe.check(page)
        shown.expect_saved("Created a webhook secret")
        page.get_by_role("link", name="Done").click()
        expect(shown.card("webhook")).to_contain_text("Nothing is delivered: there is no URL.")
        page.reload()
        assert made not in page.content()

    def test_is_replaced_and_the_old_one_ended(self, open_page, hooked):
        page = open_page("support")
        shown = TenantPage(page, hooked).open()
        make_secret(page, "Replace the secret", "Replace secret")
        page.get_by_role("link", name="Done").click()
        expect(shown.fact("Signing secret")).to_contain_text("for 24 h more")
        page.get_by_role("link", name="End it now").click()
        page.locator("#secret-reason").fill(REASON)
        axe.check(page)
        page.get_by_role("button", name="End the old secret").click()
        expect(page.get_by_role("link", name="Replace the secret")).to_be_visible()
        shown.expect_saved("Ended the old webhook secret")

    def test_without_javascript(self, open_page, tenant):
        page = open_page("support", java_script_enabled=False)
        TenantPage(page, tenant).open()
        made = make_secret(page, "Create a secret", "Create secret")
        assert made.startswith("whsec_")
        expect(page.get_by_role("button", name="Copy secret")).to_be_hidden()
        page.get_by_role("link", name="Done").click()
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        assert made not in page.content()


class TestPanel:
    def test_shows_a_test_as_it_happens(self, open_page, hooked, work, tmp_path):
        page = open_page("support")
        shown = TenantPage(page, hooked).open()
        page.get_by_role("button", name="Send test").press("Enter")
        line = page.locator("#webhook-log tbody tr").first
        expect(line).to_be_focused()
        expect(line).to_contain_text("waiting")
        log = page.locator("#webhook-log")
        expect(log).to_have_attribute("hx-trigger", "every 1s")
        with receiving(Authority(tmp_path)) as receiver:
            work(receiver.outside)
        expect(line).to_contain_text("200")
        expect(line).to_contain_text("TLS 1.3")
        expect(line).to_be_focused()
        expect(log).not_to_have_attribute("hx-trigger", "every 1s")
        expect(shown.live).to_contain_text("webhook.test: 200")
        shown.expect_saved("Sent a test event", reason="")
        assert len(receiver.requests) == 1

    def test_sends_again_by_keyboard_and_once(self, open_page, server, hooked):
        with server.inside():
            row = queue_failed(db.session.get_one(Tenant, hooked))
        page = open_page("support")
        TenantPage(page, hooked).open()
        button = page.locator(f"#again-{row}")
        button.focus()
        button.press("Enter")
        expect(page.locator("#webhook-log tbody tr")).to_have_count(2)
        expect(page.locator("#webhook-log tbody tr").first).to_be_focused()
        with server.inside():
            query = select(Delivery.message).where(Delivery.tenant_id == hooked)
            assert len(set(db.session.scalars(query))) == 1
        axe.check(page)

    def test_without_javascript(self, open_page, hooked):
        page = open_page("support", java_script_enabled=False)
        TenantPage(page, hooked).open()
        page.get_by_role("button", name="Send test").click()
        expect(page.get_by_text("On its way. The result appears")).to_be_visible()
        expect(page.locator("#webhook-log tbody tr")).to_have_count(1)

    def test_a_failing_one_is_told_and_tried_now_by_keyboard(
        self, open_page, server, hooked, work, tmp_path
    ):
        with server.inside():
            queue(db.session.get_one(Tenant, hooked))
            for claimed in sending.claim_deliveries(10):
                if claimed.tenant_id == hooked:
                    sending.record_result(claimed, Answer(1_000, problem=Problem.TIMED_OUT))
            with write_transaction():
                # Its turn does not come by itself during the test.
                later = update(Delivery).where(Delivery.tenant_id == hooked)
                db.session.execute(later.values(due_at=now() + timedelta(hours=1)))
        page = open_page("support")
        shown = TenantPage(page, hooked).open()
        expect(shown.header).to_contain_text("Webhook failing since")
        expect(shown.now).to_contain_text("1 event waiting")
        axe.check(page)
        button = shown.now.get_by_role("button", name="Try now")
        button.focus()
        button.press("Enter")
        expect(shown.now).to_contain_text("Next one now.")
        shown.expect_saved("Let a waiting event be tried now", reason="")
        with receiving(Authority(tmp_path)) as receiver:
            work(receiver.outside)
        expect(shown.live).to_contain_text("tenant.updated: 200")
        expect(shown.header).not_to_contain_text("failing")
        expect(shown.now.get_by_role("heading", name="Webhook deliveries")).to_have_count(0)
        page.goto("/tenants?webhook=failing")
        expect(page.locator(f"a[href='/tenants/{hooked}']")).to_have_count(0)

    def test_the_log_on_a_page_of_its_own(self, open_page, server, hooked):
        with server.inside():
            for problem in Problem:
                queue_failed(db.session.get_one(Tenant, hooked), problem)
        page = open_page("support")
        TenantPage(page, hooked).open()
        page.locator("#webhook-log").get_by_role("link", name="All deliveries").click()
        expect(page.locator("#webhook-log tbody tr")).to_have_count(len(Problem))
        axe.check(page)


def queue_failed(tenant: Tenant, problem: Problem = Problem.TIMED_OUT):
    """A test that failed; returns its id."""
    row = queue(tenant, Event.TEST)
    for claimed in sending.claim_deliveries(1):
        sending.record_result(claimed, Answer(1_000, problem=problem))
    return row.id
