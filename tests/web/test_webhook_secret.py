"""The webhook secret: made on demand, shown once, replaced with a day's overlap."""

import base64
from datetime import timedelta

import pytest

from tests import raw
from tests.factories import make_tenant, revise
from tests.history import assert_audited, assert_history_holds, count_entries
from tests.web.pages import REASON, tenant_url
from tests.web.saved import actions, bodies, fresh
from tests.web.test_conflicts_at_once import at_once
from tests.web.test_drafts import expire, sign_in_again
from webui.history.record.actions import Action
from webui.jobs import Run
from webui.models.columns import now
from webui.webhooks import signing_secret

OLD = signing_secret.new_signing_secret()


def url(tenant, *parts):
    return tenant_url(tenant, "webhook", "secret", *parts)


@pytest.fixture
def support(sign_in):
    return sign_in("support")


@pytest.fixture
def with_secret(app):
    return make_tenant(webhook_url="https://hooks.example.com/", webhook_secret=OLD)


def rotate(person, tenant, status=200, **options):
    """Replaces the secret by its form; returns the answer."""
    form = person.get(url(tenant))
    changes = {"reason": REASON} if "reason" in form.fields else {}
    return person.submit(form, status, **changes, **options)


def move_end(tenant, delta):
    """Lets the old secret's day end at another time, as if the rotation had been then."""
    until = now() + delta
    revise(tenant, Action.TENANT_WEBHOOK, webhook_secret_previous_until=until)


class TestMaking:
    def test_shows_it_once_and_keeps_it_sealed(self, support, tenant):
        answer = rotate(support, tenant)
        assert answer.headers["Cache-Control"] == "no-store"
        shown = answer.words_of("new-secret")
        assert len(base64.b64decode(shown.removeprefix("whsec_"), validate=True)) == 32
        [button] = answer.tree.findall(".//button[@data-copy]")
        assert button.get("data-copy") == "new-secret"
        saved = fresh(tenant)
        assert (saved.webhook_secret, saved.version) == (shown, 2)
        assert (saved.webhook_secret_previous, saved.webhook_secret_previous_until) == (None, None)
        assert_audited(
            Action.WEBHOOK_SECRET_ROTATED,
            tenant,
            changes={"webhook_secret": [None, "set"]},
            reason=REASON,
        )
        assert shown not in repr(raw.everything())
        for page in (tenant_url(tenant), url(tenant), tenant_url(tenant, "webhook", "edit")):
            assert shown not in support.get(page).text
        page = support.get(tenant_url(tenant))
        assert "Created a webhook secret" in page.words_of("history")
        assert page.fact("Signing secret", "webhook").startswith("Set on ")

    def test_a_second_click_neither_makes_nor_shows_one(self, support, tenant):
        form = support.get(url(tenant))
        first = support.submit(form, 200, reason=REASON)
        again = support.submit(form, 200, reason=REASON)
        assert not again.has("new-secret")
        assert "already shown" in again.words
        assert first.words_of("new-secret") not in again.text
        assert fresh(tenant).version == 2

    def test_by_htmx_it_takes_the_place_of_the_card(self, support, tenant):
        form = support.get(url(tenant), htmx=True)
        answer = support.submit(form, 200, htmx=True, reason=REASON)
        assert answer.words_of("new-secret") == fresh(tenant).webhook_secret
        assert set(answer.parts) >= {"#section-webhook", "#tenant-header", "#history-card"}

    def test_owners_make_their_own_without_a_reason(self, owner, tenant):
        answer = rotate(owner, tenant)
        assert answer.words_of("new-secret") == fresh(tenant).webhook_secret
        assert_audited(Action.WEBHOOK_SECRET_ROTATED, tenant, reason=None)

    def test_staff_give_a_reason(self, support, tenant):
        answer = support.post_form(url(tenant), 422, reason="x")
        assert list(answer.errors) == ["reason"]
        assert fresh(tenant).version == 1

    def test_the_owner_of_a_closed_organisation_makes_none(self, sign_in):
        tenant = make_tenant()
        owner = sign_in("owner", tenant)
        form = owner.get(url(tenant))
        revise(tenant, Action.TENANT_STATUS, status="inactive")
        owner.submit(form, 403)
        owner.get(url(tenant), 403)
        assert fresh(tenant).webhook_secret is None

    @pytest.mark.parametrize("name", ["version", "submission", "csrf_token"])
    def test_nothing_is_made_without_the_form_s_marks(self, support, tenant, name):
        form = support.get(url(tenant))
        before = count_entries()
        for value, status in ((None, 400), ("", 400), ([form.field(name)] * 2, 422)):
            support.submit(form, status, **{"reason": REASON, name: value})
        assert count_entries() == before

    def test_a_read_makes_none(self, support, tenant):
        support.get(url(tenant))
        support.get(url(tenant), htmx=True)
        support.client.head(url(tenant))
        assert fresh(tenant).version == 1


class TestReplacing:
    def test_keeps_the_old_one_valid_for_a_day(self, support, with_secret):
        before = now()
        shown = rotate(support, with_secret).words_of("new-secret")
        saved = fresh(with_secret)
        assert (saved.webhook_secret, saved.webhook_secret_previous) == (shown, OLD)
        valid = signing_secret.old_until(saved)
        assert timedelta(0) <= valid - before - timedelta(hours=24) < timedelta(minutes=5)
        body = assert_audited(Action.WEBHOOK_SECRET_ROTATED, with_secret)
        assert body["changes"]["webhook_secret"] == ["set", "replaced"]
        assert body["changes"]["webhook_secret_previous"] == [None, "set"]
        page = support.get(tenant_url(with_secret))
        assert "for 24 h more" in page.fact("Signing secret", "webhook")
        assert "the old one signs as well until" in page.words_of("history")
        assert OLD not in repr(raw.everything()) + page.text
        assert_history_holds()

    def test_a_second_time_is_refused_until_then(self, support, with_secret):
        form = support.get(url(with_secret))
        rotate(support, with_secret)
        version = fresh(with_secret).version
        changes = {"version": version, "reason": REASON, "submission": "a" * 20}
        answer = support.submit(form, 422, **changes)
        assert "still valid" in answer.words
        assert fresh(with_secret).version == version
        move_end(with_secret, timedelta(seconds=-1))
        assert rotate(support, with_secret).has("new-secret")

    def test_somebody_else_s_rotation_is_a_conflict(self, support, sign_in, with_secret):
        form = support.get(url(with_secret))
        admin = sign_in("admin")
        rotate(admin, with_secret)
        saved = fresh(with_secret)
        answer = support.submit(form, 409, reason=REASON)
        assert admin.user.username in answer.words
        assert answer.field("reason") == REASON
        assert fresh(with_secret).webhook_secret == saved.webhook_secret

    def test_somebody_else_s_other_edit_is_none(self, support, with_secret):
        form = support.get(url(with_secret))
        revise(with_secret, Action.TENANT_BILLING, max_concurrent_calls=7)
        assert support.submit(form, 200, reason=REASON).has("new-secret")

    def test_two_at_once_make_one(self, sign_in, with_secret):
        people = [sign_in("support"), sign_in("admin")]
        forms = [person.get(url(with_secret)) for person in people]
        answers = at_once(
            *(lambda n=n: people[n].submit(forms[n], None, reason=REASON) for n in range(2))
        )
        assert sorted(answer.status for answer in answers) == [200, 409]
        [made] = [answer for answer in answers if answer.status == 200]
        saved = fresh(with_secret)
        assert (saved.webhook_secret, saved.version) == (made.words_of("new-secret"), 2)
        assert saved.webhook_secret_previous == OLD
        assert_history_holds()

    def test_two_clicks_at_once_make_one(self, support, with_secret):
        form = support.get(url(with_secret))
        answers = at_once(*[lambda: support.submit(form, 200, reason=REASON)] * 2)
        assert sorted(answer.has("new-secret") for answer in answers) == [False, True]
        assert fresh(with_secret).version == 2

    def test_an_unreadable_one_can_be_replaced(self, support, with_secret):
        foreign = make_tenant(name="Foreign", webhook_secret=OLD).webhook_secret_sealed
        raw.past_the_guards(
            f"UPDATE tenants SET webhook_secret = '{foreign}' WHERE name <> 'Foreign'"
        )
        assert rotate(support, with_secret).has("new-secret")
        saved = fresh(with_secret)
        assert saved.webhook_secret.startswith("whsec_")
        assert saved.webhook_secret_previous is None


class TestEnding:
    def test_before_its_time(self, support, with_secret):
        new = rotate(support, with_secret).words_of("new-secret")
        form = support.get(url(with_secret))
        assert "End the old secret" in form.words
        support.submit(form, 303, reason="It was in a log, ticket 99")
        saved = fresh(with_secret)
        assert (saved.webhook_secret, saved.webhook_secret_previous) == (new, None)
        assert saved.webhook_secret_previous_until is None
        assert_audited(
            Action.WEBHOOK_SECRET_ENDED, with_secret, reason="It was in a log, ticket 99"
        )
        assert rotate(support, with_secret).has("new-secret")

    def test_twice_changes_nothing_more(self, support, with_secret):
        rotate(support, with_secret)
        form = support.get(url(with_secret), htmx=True)
        support.submit(form, 200, htmx=True, reason=REASON)
        before = count_entries()
        support.submit(form, 200, htmx=True, reason=REASON)
        assert count_entries() == before

    def test_of_another_rotation_is_a_conflict(self, support, sign_in, with_secret):
        rotate(support, with_secret)
        form = support.get(url(with_secret))
        move_end(with_secret, timedelta(seconds=-1))
        rotate(sign_in("admin"), with_secret)
        support.submit(form, 409, reason=REASON)
        assert fresh(with_secret).webhook_secret_previous is not None

    def test_by_time(self, support, with_secret):
        rotate(support, with_secret)
        move_end(with_secret, timedelta(seconds=-1))
        assert signing_secret.old_until(fresh(with_secret)) is None
        page = support.get(tenant_url(with_secret))
        assert "old one" not in page.fact("Signing secret", "webhook")

    def test_the_worker_removes_it_and_says_so(self, support, with_secret):
        waiting = make_tenant(webhook_secret=OLD)
        rotate(support, with_secret)
        rotate(support, waiting)
        move_end(with_secret, timedelta(seconds=-1))
        signing_secret.remove_expired(Run())
        saved = fresh(with_secret)
        assert (saved.webhook_secret_previous, saved.webhook_secret_previous_until) == (None, None)
        assert fresh(waiting).webhook_secret_previous == OLD
        body = assert_audited(Action.WEBHOOK_SECRET_EXPIRED, with_secret)
        assert body["actor"]["type"] == "system"
        count = count_entries()
        signing_secret.remove_expired(Run())
        assert count_entries() == count
        assert "whose time was over" in support.get(tenant_url(with_secret)).words_of("history")
        assert_history_holds()


class TestDrafts:
    def test_the_reason_outlives_the_session(self, support, tenant):
        form = support.get(url(tenant))
        expire(support)
        answer = support.submit(form, 303, reason="kept words")
        back = support.get(sign_in_again(support, answer))
        assert back.field("reason") == "kept words"
        assert support.submit(back, 200).has("new-secret")
        assert actions().count(Action.WEBHOOK_SECRET_ROTATED) == 1
        assert len(bodies(tenant)) == 2
