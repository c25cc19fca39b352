"""The webhook panel: what is missing, tests as they happen, the log, sending again."""

import json
from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import update

from tests import raw
from tests.factories import an_actor, make_tenant, revise
from tests.history import assert_audited, assert_history_holds, count_entries
from tests.outbox import URL, deliveries, make_due, make_hooked, queue
from tests.web import dom
from tests.web.pages import tenant_url
from webui import outbox
from webui.core.extensions import db, write_transaction
from webui.history.record.actions import Action
from webui.jobs import leases
from webui.models import Delivery, WebhookStop
from webui.models.columns import now
from webui.outbox import Event
from webui.webhooks.delivery import sending
from webui.webhooks.delivery.client import Answer, Problem
from webui.webhooks.panel import panel
from webui.webhooks.panel.operations import MANUAL_LIMIT

SECRETIVE = [Problem.BLOCKED, Problem.NOT_FOUND, Problem.REFUSED, Problem.TIMED_OUT]


@pytest.fixture
def support(sign_in):
    return sign_in("support")


@pytest.fixture
def hooked(app):
    return make_hooked()


@pytest.fixture
def worker(app):
    """A worker that lives."""
    leases.beat(uuid4())


def url(tenant, *parts):
    return tenant_url(tenant, "webhook", *parts)


def panel_of(person, tenant):
    return person.get(tenant_url(tenant)).words_of("webhook-panel")


def post(person, tenant, *parts, mark=None, status=None, htmx=False):
    data = {"csrf_token": person.token(), "submission": mark or uuid4().hex}
    return person.post(url(tenant, *parts), data, status, htmx=htmx)


def attempt(answer):
    """The worker's part, with this for the receiver's."""
    for claimed in sending.claim_deliveries(10):
        sending.record_result(claimed, answer)


def line(answer, row):
    """A row of the log: column -> text."""
    cells = answer.by_id(f"delivery-{row.id}").findall("td")
    return {cell.get("class").split()[0]: dom.words(cell) for cell in cells}


class TestWhatIsMissing:
    def test_is_said(self, support, tenant):
        words = panel_of(support, tenant)
        assert "there is no URL and there is no signing secret" in words
        assert "Send test" not in words

    @pytest.mark.parametrize(
        ("values", "words"),
        [
            ({"webhook_secret": None}, "there is no signing secret"),
            ({"webhook_url": None}, "there is no URL"),
            ({"status": "blocked"}, "the organisation is closed or blocked"),
        ],
    )
    def test_one_by_one(self, support, values, words):
        assert f"Nothing is delivered: {words}." in panel_of(support, make_hooked(**values))

    def test_nothing_is_when_all_is_there(self, support, hooked, worker):
        words = panel_of(support, hooked)
        assert "Nothing is delivered" not in words
        assert "Send test" in words
        assert "worker" not in words

    def test_a_dead_worker_is_said_to_staff_and_hinted_at_to_owners(self, support, hooked, sign_in):
        assert "No worker is running" in panel_of(support, hooked)
        assert "Deliveries are delayed" in panel_of(sign_in("owner", hooked), hooked)


class TestSendTest:
    @pytest.mark.parametrize("htmx", [False, True])
    def test_has_a_form_of_its_own(self, support, hooked, htmx):
        form = support.get(url(hooked, "test"), htmx=htmx)
        assert ("<html" in form.text) is not htmx
        with raw.unchanged():
            support.get(url(hooked, "test"))
        assert support.submit(form, 303).location == f"{tenant_url(hooked)}#section-webhook"
        support.submit(form, 303)
        assert [row.event for row in deliveries(hooked)] == ["webhook.test"]

    @pytest.mark.parametrize("name", ["csrf_token", "submission"])
    def test_with_a_hidden_part_twice_is_refused(self, support, hooked, name):
        form = support.get(url(hooked, "test"))
        with raw.unchanged():
            support.submit(form, 422, **{name: [form.field(name)] * 2})

    def test_form_says_why_there_is_nothing_to_send(self, support, tenant):
        form = support.get(url(tenant, "test"))
        assert "there is no URL and there is no signing secret" in form.words
        assert "Send test" not in form.words

    def test_is_queued_shown_and_recorded(self, support, hooked, worker):
        form = support.get(tenant_url(hooked))
        [button] = [b for b in dom.elements(form.tree, "form") if "test" in b.get("action", "")]
        answer = support.post(button.get("action"), dom.fields(button), 303)
        assert answer.location == f"{tenant_url(hooked)}#section-webhook"
        [row] = deliveries(hooked)
        assert (row.event, row.manual) == ("webhook.test", True)
        assert json.loads(row.body)["data"] == {"tenant_id": str(hooked.id)}
        body = assert_audited(Action.WEBHOOK_TESTED, hooked, changes={}, reason=None)
        assert body["tenant"]["version"] is None
        page = support.get(tenant_url(hooked))
        assert line(page, row)["result"] == "waiting"
        assert line(page, row)["by"] == support.user.username
        assert "Sent a test event" in page.words_of("history")

    def test_is_watched_until_something_came_of_it(self, support, hooked, worker):
        answer = post(support, hooked, "test", htmx=True, status=200)
        assert set(answer.parts) >= {"#webhook-panel", "#history-card"}
        [row] = deliveries(hooked)
        watching = answer.by_id("webhook-log")
        assert watching.get("hx-trigger") == "every 1s"
        again = support.get(watching.get("hx-get"), htmx=True)
        assert again.by_id("webhook-log").get("hx-trigger") == "every 1s"
        assert "#live" not in again.parts
        attempt(Answer(123, 200, tls="TLSv1.3"))
        done = support.get(watching.get("hx-get"), htmx=True)
        assert done.by_id("webhook-log").get("hx-trigger") is None
        assert dom.words(done.parts["#live"]) == "webhook.test: 200, 123 ms."
        assert line(done, row) | {"again": "", "when": ""} == {
            "when": "",
            "event": "webhook.test",
            "result": "200",
            "took": "123 ms, TLS 1.3",
            "attempt": "attempt 1 of 1",
            "by": support.user.username,
            "again": "",
        }

    def test_is_not_watched_when_no_worker_lives(self, support, hooked):
        answer = post(support, hooked, "test", htmx=True)
        assert answer.by_id("webhook-log").get("hx-trigger") is None

    def test_a_second_click_sends_no_other(self, support, hooked):
        for _ in range(2):
            post(support, hooked, "test", mark="a" * 20, status=303)
        assert len(deliveries(hooked)) == 1

    def test_so_many_a_minute(self, support, hooked, sign_in):
        for _ in range(MANUAL_LIMIT):
            post(support, hooked, "test", status=303)
        before = count_entries()
        answer = post(sign_in("owner", hooked), hooked, "test", status=429)
        assert "Wait a minute" in answer.words
        assert count_entries() == before + 1, "only the owner's account is new"
        with write_transaction():
            earlier = now() - timedelta(seconds=61)
            db.session.execute(update(Delivery).values(created_at=earlier))
        post(support, hooked, "test", status=303)

    @pytest.mark.parametrize(
        ("values", "words"),
        [({"webhook_secret": None}, "no signing secret"), ({"status": "blocked"}, "closed")],
    )
    def test_says_why_not(self, support, values, words):
        tenant = make_hooked(**values)
        before = count_entries()
        assert words in post(support, tenant, "test", status=422).words
        assert (deliveries(tenant), count_entries()) == ([], before)

    def test_an_owner_of_a_closed_organisation_sends_none(self, sign_in):
        tenant = make_hooked()
        owner = sign_in("owner", tenant)
        revise(tenant, Action.TENANT_STATUS, status="inactive")
        post(owner, tenant, "test", status=403)
        assert "Send test" not in panel_of(owner, tenant)

    def test_an_auditor_looks_on(self, sign_in, hooked):
        queue(hooked)
        auditor = sign_in("auditor")
        words = panel_of(auditor, hooked)
        assert "tenant.updated" in words
        assert "Send test" not in words and "Send again" not in words
        post(auditor, hooked, "test", status=403)

    @pytest.mark.parametrize("mark", ["", "short", "x" * 65])
    def test_needs_its_mark(self, support, hooked, mark):
        data = {"csrf_token": support.token(), "submission": mark}
        support.post(url(hooked, "test"), data, 400)
        assert deliveries(hooked) == []


class TestLog:
    def test_shows_a_few_on_the_page_and_the_latest_50_on_its_own(self, support, hooked):
        for _ in range(panel.LOG_SIZE + 2):
            queue(hooked)
        card = support.get(tenant_url(hooked))
        assert card.text.count('id="delivery-') == panel.FEW
        assert "All deliveries" in card.words
        whole = support.get(url(hooked, "deliveries"))
        assert whole.text.count('id="delivery-') == panel.LOG_SIZE

    def test_an_empty_one_says_what_comes(self, support, hooked):
        assert "No deliveries yet" in support.get(url(hooked, "deliveries")).words

    def test_says_when_it_is_tried_again(self, support, hooked):
        row = queue(hooked)
        attempt(Answer(40, 503, tls="TLSv1.2"))
        shown = line(support.get(tenant_url(hooked)), row)
        assert shown["result"] == "503 again in 1 min"
        assert shown["attempt"] == "attempt 1 of 8"
        assert shown["again"] == "Try now tenant.updated"

    def test_shows_every_attempt_under_its_delivery(self, support, hooked, sign_in):
        row = queue(hooked)
        attempt(Answer(40, 503, tls="TLSv1.2"))
        make_due()
        attempt(Answer(1_200, problem=Problem.REFUSED))
        make_due()
        attempt(Answer(50, 500, tls="TLSv1.2"))
        page = support.get(tenant_url(hooked))
        assert line(page, row)["attempt"] == "attempt 3 of 8"
        for person, second in (
            (support, "broke off, 1.2 s"),
            (sign_in("owner", hooked), "reached"),
        ):
            log = person.get(url(hooked, "deliveries"))
            [earlier] = [e for e in dom.elements(log.tree, "tr") if e.get("class") == "earlier"]
            tries = [dom.words(item) for item in dom.elements(earlier, "li")]
            assert len(tries) == 2
            assert tries[0].startswith("Attempt 2, ")
            assert tries[0].endswith(second)
            assert tries[1].endswith(": 503, 40 ms")

    def test_says_that_redirects_are_not_followed(self, support, hooked):
        row = queue(hooked, Event.TEST)
        attempt(Answer(40, 302, tls="TLSv1.2"))
        shown = line(support.get(tenant_url(hooked)), row)
        assert shown["result"] == "302, redirects are not followed"

    def test_staff_see_each_problem(self, support, hooked):
        seen = set()
        for problem in Problem:
            row = queue(hooked, Event.TEST)
            attempt(Answer(40, problem=problem))
            seen.add(line(support.get(tenant_url(hooked)), row)["result"])
        assert len(seen) == len(Problem)

    def test_owners_see_one_message_for_what_would_tell_of_our_network(self, sign_in, hooked):
        owner = sign_in("owner", hooked)
        seen = set()
        for number, problem in enumerate(SECRETIVE):
            row = queue(hooked, Event.TEST)
            attempt(Answer(40 + number, problem=problem, tls="TLSv1.3" if number % 2 else None))
            shown = line(owner.get(tenant_url(hooked)), row)
            seen.add((shown["result"], shown["took"]))
        assert seen == {("could not be reached", "")}
        row = queue(hooked, Event.TEST)
        attempt(Answer(40, problem=Problem.CERTIFICATE))
        assert "certificate" in line(owner.get(tenant_url(hooked)), row)["result"]

    def test_owners_see_the_support_team(self, sign_in, hooked):
        owner = sign_in("owner", hooked)
        with write_transaction():
            staff = sending.system_actor(), an_actor(name="ines.weber", role="support")
            ids = [outbox.queue(hooked, Event.UPDATED, {}, actor) for actor in staff]
            rows = [db.session.get_one(Delivery, id) for id in ids]
        page = owner.get(tenant_url(hooked))
        assert {line(page, row)["by"] for row in rows} == {"Support team"}
        assert "ines.weber" not in page.text

    def test_of_another_tenant_is_not_there(self, sign_in, hooked):
        other = make_hooked()
        owner = sign_in("owner", other)
        owner.get(url(hooked, "deliveries"), 404)
        row = queue(hooked)
        watched = owner.get(f"{url(other, 'deliveries')}?watch={row.id}", htmx=True)
        assert "#live" not in watched.parts
        for nonsense in ("", "x", uuid4()):
            owner.get(f"{url(other, 'deliveries')}?watch={nonsense}", htmx=True)

    def test_a_page_without_webhook_asks_for_no_log(self, support, tenant, queries):
        with queries() as seen:
            support.get(tenant_url(tenant))
        assert [statement for statement in seen if "webhook_deliveries" in statement] == []

    def test_holds_no_secret_and_no_address(self, support, hooked, sign_in):
        queue(hooked, Event.TEST)
        attempt(Answer(40, 200, tls="TLSv1.3"))
        text = sign_in("auditor").get(url(hooked, "deliveries")).text
        assert hooked.webhook_secret not in text
        assert URL not in text


class TestSendAgain:
    def test_sends_the_same_event_once_more(self, support, hooked):
        old = queue(hooked, version=3)
        attempt(Answer(40, 400, tls="TLSv1.3"))
        with write_transaction():
            db.session.execute(update(Delivery).values(state="failed"))
        page = support.get(tenant_url(hooked))
        button = page.by_id(f"again-{old.id}")
        assert button.get("hx-post") == button.get("formaction")
        data = {"csrf_token": support.token(), "submission": button.get("value")}
        for _ in range(2):
            support.post(button.get("formaction"), data, 303)
        again, first = sorted(deliveries(hooked), key=lambda row: row.manual, reverse=True)
        assert (first.id, again.manual) == (old.id, True)
        assert (again.message, again.body, again.event) == (first.message, first.body, first.event)
        assert again.actor_name == support.user.username
        assert_audited(Action.WEBHOOK_RESENT, hooked)
        assert_history_holds()

    def test_of_another_tenant_or_none_is_not_there(self, sign_in, hooked):
        own = make_hooked()
        row = queue(hooked)
        owner = sign_in("owner", own)
        post(owner, own, "deliveries", str(row.id), "resend", status=404)
        post(owner, own, "deliveries", str(uuid4()), "resend", status=404)
        post(owner, hooked, "deliveries", str(row.id), "resend", status=404)
        assert len(deliveries()) == 1

    def test_waiting_ones_have_no_button(self, support, hooked):
        row = queue(hooked)
        assert not support.get(tenant_url(hooked)).has(f"again-{row.id}")


class TestGone:
    @pytest.fixture
    def gone(self, hooked):
        with write_transaction():
            db.session.add(WebhookStop(tenant_id=hooked.id, stopped_at=now()))
        return hooked

    def test_is_said_and_ended_by_resuming(self, support, gone):
        words = panel_of(support, gone)
        assert "answered 410 Gone" in words and "Resume deliveries" in words
        post(support, gone, "test", status=422)
        post(support, gone, "resume", status=303)
        assert_audited(Action.WEBHOOK_RESUMED, gone)
        assert "Send test" in panel_of(support, gone)
        before = count_entries()
        post(support, gone, "resume", status=303)
        assert count_entries() == before

    def test_is_ended_by_another_url(self, support, gone):
        support.edit(gone, "webhook", webhook_url="https://other.example.com/")
        assert "410" not in panel_of(support, gone)
        assert [row.event for row in deliveries(gone)] == ["tenant.updated"]


class TestEdits:
    def test_by_the_form_become_events(self, support, hooked):
        support.edit(hooked, "billing", max_concurrent_calls=7)
        [row] = deliveries(hooked)
        assert json.loads(row.body)["data"]["changed"] == ["max_concurrent_calls"]
        assert line(support.get(tenant_url(hooked)), row)["event"] == "tenant.updated"

    def test_that_are_refused_become_none(self, support, hooked):
        support.edit(hooked, "billing", 422, max_concurrent_calls=0)
        assert deliveries(hooked) == []

    def test_of_a_tenant_without_webhook_become_none(self, support):
        tenant = make_tenant()
        support.edit(tenant, "billing", max_concurrent_calls=7)
        assert deliveries(tenant) == []
