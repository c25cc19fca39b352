"""A failing webhook is told on the page and in the list; what can be done about it."""

from datetime import timedelta

import pytest
from sqlalchemy import update

from tests.factories import make_tenant, revise
from tests.history import assert_audited, assert_history_holds, count_entries
from tests.outbox import deliveries, make_due, make_hooked, queue
from tests.web import dom
from tests.web.pages import tenant_url
from tests.web.tenant_list import names
from tests.web.test_webhook_panel import attempt, post
from webui.core.extensions import db, write_transaction
from webui.history.record.actions import Action
from webui.models import Delivery, WebhookTurn
from webui.models.columns import now
from webui.outbox import Event
from webui.tenants.search import search_terms
from webui.webhooks.delivery import schedule, sending
from webui.webhooks.delivery.client import Answer, Problem
from webui.webhooks.panel import trouble
from webui.webhooks.panel.operations import MANUAL_LIMIT

BROKEN, FINE = Answer(40, 503, tls="TLSv1.3"), Answer(40, 200, tls="TLSv1.3")


@pytest.fixture
def support(sign_in):
    return sign_in("support")


@pytest.fixture
def hooked(app):
    return make_hooked(name="Hooked")


@pytest.fixture
def failing(hooked):
    """Two events wait after a failure of the first."""
    queue(hooked)
    attempt(BROKEN)
    queue(hooked)
    return hooked


def since(tenant):
    return db.session.get_one(WebhookTurn, tenant.id).failing_since


def give_up(tenant):
    """Lets every waiting event fail for the last time."""
    for _ in range(schedule.ATTEMPTS * len(deliveries(tenant))):
        make_due()
        attempt(BROKEN)


def found(person, query):
    return names(person.get(f"/tenants?{query}"))


class TestTold:
    def test_in_header_side_column_and_card(self, support, failing):
        at = f"{since(failing):%H:%M}"
        page = support.get(tenant_url(failing))
        assert f"Webhook failing since {at}" in page.words_of("tenant-header")
        side = page.words_of("tenant-now")
        assert f"Failing since {at}, 2 events waiting" in side
        assert "Last attempt: 503." in side
        assert f"Deliveries have been failing since {at}." in page.words_of("webhook-panel")
        assert f"Webhook failing since {at}" in support.get("/tenants").words

    def test_not_while_all_arrives(self, support, hooked):
        queue(hooked)
        for page in (support.get(tenant_url(hooked)), support.get("/tenants")):
            assert "ailing since" not in page.words
            assert not dom.elements(page.tree, class_="trouble")

    def test_from_the_first_failure_until_something_arrives(self, support, failing):
        first = since(failing)
        make_due()
        attempt(BROKEN)
        assert since(failing) == first
        make_due()
        attempt(FINE)
        assert since(failing) is None
        assert "ailing since" not in support.get(tenant_url(failing)).words

    def test_not_of_another_url(self, support, failing):
        support.edit(failing, "webhook", webhook_url="https://other.example.com/")
        assert since(failing) is None
        assert found(support, "webhook=failing") == []

    def test_hides_from_owners_what_would_tell_of_our_network(self, sign_in, support, hooked):
        queue(hooked)
        attempt(Answer(1_000, problem=Problem.REFUSED))
        words = sign_in("owner", hooked).get(tenant_url(hooked)).words_of("tenant-now")
        assert "Last attempt: could not be reached." in words
        assert "broke off" in support.get(tenant_url(hooked)).words_of("tenant-now")

    def test_with_a_count_that_has_an_end(self, support, failing, monkeypatch):
        monkeypatch.setattr(trouble, "MOST_COUNTED", 1)
        words = support.get(tenant_url(failing)).words_of("tenant-now")
        assert "more than 1 events waiting" in words

    def test_after_the_last_attempt_with_nothing_waiting(self, support, failing):
        give_up(failing)
        words = support.get(tenant_url(failing)).words_of("tenant-now")
        assert "nothing waiting" in words
        assert "2 events did not arrive and will not be tried again." in words
        assert "Try now" not in words


@pytest.mark.both_databases
class TestFilter:
    @pytest.mark.parametrize("few", [0, 5_000])
    def test_finds_the_failing_ones(self, support, failing, monkeypatch, few):
        """Few are read from their index, many are tested one by one."""
        monkeypatch.setattr(search_terms.Failing, "few", few)
        make_tenant(name="Silent")
        fine = make_hooked(name="Hooked and fine")
        queue(fine)
        attempt(FINE)
        make_due()
        attempt(BROKEN)
        expected = {
            "webhook=failing": ["Hooked"],
            "webhook=failing&status=active&sort=-updated": ["Hooked"],
            "webhook=failing&q=hooked": ["Hooked"],
            "webhook=failing&q=fine": [],
            "webhook=failing&status=blocked": [],
            "webhook=": ["Hooked", "Hooked and fine", "Silent"],
        }
        assert {query: found(support, query) for query in expected} == expected
        page = support.get("/tenants?webhook=failing&q=hooked")
        chips = [dom.words(chip) for chip in dom.elements(page.tree, class_="chip")]
        assert chips == ["“hooked” ×", "Webhook: Failing ×"]
        assert page.words_of("filter-count") == "(1)"

    def test_with_an_owner_and_a_name(self, support, failing, sign_in):
        owner = sign_in("owner", failing)
        query = f"webhook=failing&q=hook&owner={owner.user.username}"
        assert found(support, query) == ["Hooked"]
        assert found(support, "webhook=failing&q=hook&owner=nobody") == []


class TestTryNow:
    def button(self, person, tenant):
        [button] = [
            form
            for form in dom.elements(person.get(tenant_url(tenant)).by_id("tenant-now"), "form")
            if form.get("action").endswith("/try")
        ]
        return button.get("action"), dom.fields(button)

    def test_lets_a_waiting_event_be_sent_next(self, support, hooked):
        queue(hooked)
        attempt(BROKEN)
        assert sending.claim_deliveries(1) == []
        url, fields = self.button(support, hooked)
        for _ in range(2):
            assert support.post(url, fields, 303).location.endswith("#section-webhook")
        body = assert_audited(Action.WEBHOOK_HURRIED, hooked, changes={}, reason=None)
        assert body["tenant"]["version"] is None
        page = support.get(tenant_url(hooked))
        assert "Let a waiting event be tried now" in page.words_of("history")
        attempt(FINE)
        [row] = deliveries(hooked)
        assert (row.state, row.attempts, row.manual) == ("delivered", 2, False)
        assert_history_holds()

    def test_is_shown_as_it_happens(self, support, hooked):
        queue(hooked)
        attempt(BROKEN)
        url, fields = self.button(support, hooked)
        answer = support.post(url, fields, 200, htmx=True)
        targets = {"#webhook-panel", "#tenant-header", "#tenant-now", "#history-card"}
        assert set(answer.parts) >= targets
        assert "Next one now." in answer.words_of("tenant-now")

    def test_of_one_that_has_its_result_says_so(self, support, hooked):
        row = queue(hooked)
        attempt(FINE)
        before = count_entries()
        page = post(support, hooked, "deliveries", str(row.id), "try", status=422)
        assert "It is not waiting any more." in page.words
        assert count_entries() == before

    def test_counts_towards_the_limit_of_a_minute(self, support, hooked):
        row = queue(hooked)
        attempt(BROKEN)
        for number in range(MANUAL_LIMIT + 1):
            with write_transaction():
                later = now() + timedelta(hours=1)
                db.session.execute(update(Delivery).values(due_at=later))
            status = 303 if number < MANUAL_LIMIT else 429
            post(support, hooked, "deliveries", str(row.id), "try", status=status)
        post(support, hooked, "test", status=429)

    def test_is_not_for_others(self, sign_in, hooked):
        row = queue(hooked)
        attempt(BROKEN)
        post(sign_in("auditor"), hooked, "deliveries", str(row.id), "try", status=403)
        own = make_hooked()
        for tenant in (own, hooked):
            post(sign_in("owner", own), tenant, "deliveries", str(row.id), "try", status=404)
        assert "Try now" not in sign_in("auditor").get(tenant_url(hooked)).words


@pytest.mark.both_databases
class TestSendAllAgain:
    def test_queues_each_event_once_in_its_order(self, support, failing):
        queue(failing, Event.TEST)
        give_up(failing)
        lost = [row.message for row in deliveries(failing) if row.event != Event.TEST.value]
        page = support.get(tenant_url(failing))
        [form] = [
            form
            for form in dom.elements(page.by_id("tenant-now"), "form")
            if form.get("action").endswith("/resend")
        ]
        for _ in range(2):
            support.post(form.get("action"), dom.fields(form), 303)
        assert "2 events sent again, one after the other." in support.get("/tenants").words
        new = deliveries(failing)[3:]
        assert [row.message for row in new] == lost
        assert {(row.manual, row.state, row.attempts) for row in new} == {(False, "queued", 0)}
        assert_audited(Action.WEBHOOK_ALL_RESENT, failing, changes={"events": [None, 2]})
        page = support.get(tenant_url(failing))
        assert "Sent 2 events again" in page.words_of("history")
        assert "did not arrive" not in page.words_of("tenant-now")
        assert_history_holds()

    def test_is_offered_after_the_receiver_has_recovered(self, support, failing):
        give_up(failing)
        post(support, failing, "test", status=303)
        attempt(FINE)
        words = support.get(tenant_url(failing)).words_of("tenant-now")
        assert "Failing" not in words
        assert "2 events did not arrive" in words and "Send all again" in words

    def test_without_any_does_nothing(self, support, hooked):
        before = count_entries()
        post(support, hooked, "deliveries", "resend", status=303)
        assert "Nothing was sent." in support.get(tenant_url(hooked)).words
        assert count_entries() == before

    def test_is_bounded(self, support, failing, monkeypatch):
        monkeypatch.setattr(trouble, "MOST_AT_ONCE", 1)
        give_up(failing)
        post(support, failing, "deliveries", "resend", status=303)
        assert len([row for row in deliveries(failing) if row.state == "queued"]) == 1
        assert "1 event did not arrive" in support.get(tenant_url(failing)).words

    def test_is_refused_where_nothing_can_be_sent(self, support, failing, sign_in):
        give_up(failing)
        revise(failing, Action.TENANT_STATUS, status="blocked")
        before = len(deliveries(failing))
        post(support, failing, "deliveries", "resend", status=422)
        post(sign_in("auditor"), failing, "deliveries", "resend", status=403)
        assert len(deliveries(failing)) == before
        assert "Send all again" not in support.get(tenant_url(failing)).words

    @pytest.mark.parametrize("mark", ["", "x" * 65])
    def test_needs_its_mark(self, support, failing, mark):
        data = {"csrf_token": support.token(), "submission": mark}
        before = len(deliveries(failing))
        support.post(tenant_url(failing, "webhook", "deliveries", "resend"), data, 400)
        assert len(deliveries(failing)) == before
