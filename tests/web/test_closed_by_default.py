"""What is not declared open is shown to no owner: fields, names in entries, actions, routes.

Fields of several kinds are made staff-only for a test, with a label and words that stand
nowhere else; those that are for staff anyway are attacked like them.
"""

from dataclasses import replace
from urllib.parse import urlencode

import pytest

from tests.factories import an_actor, make_tenant, make_user, revise
from tests.outbox import deliveries, make_hooked
from tests.samples import STAFF_FIELDS, other_value, typed
from tests.web.pages import PASSWORD, Browser, edit_url, tenant_url
from tests.web.saved import fresh
from tests.web.test_drafts import expire, sign_in_again
from tests.web.test_wizard import go
from webui.core.catalogue import FIELDS
from webui.core.extensions import db, write_transaction
from webui.core.field_types import Audience, Choice, Sealed, Whole
from webui.core.permissions import Role
from webui.history.query.labels import CHOICES
from webui.history.record.actions import Action, section_action
from webui.history.record.log import record
from webui.models import AuditEntry
from webui.models.columns import Audited
from webui.models.tenant.onboarding import STEPS, Step
from webui.models.tenant.tenant import Change
from webui.tenants.core.sections import SECTIONS

pytestmark = pytest.mark.both_databases

MARK = "zebra"
CLOSED = [
    *STAFF_FIELDS,
    *("recording_enabled", "recording_format", "sip_username", "webhook_timeout_seconds"),
]
# Another field of the same section, and what two people make of it.
BESIDE = {
    "organisation": ("name", "Theirs", "Mine"),
    "features": ("analytics_enabled", False, True),
    "sip": ("sip_domain", "theirs.example", "mine.example"),
    "webhook": ("webhook_url", "https://theirs.example/", "https://mine.example/"),
}
STAFF_ACTIONS = [action for action in Action if action.audience is Audience.STAFF]


def closed(field):
    """The field as if it had been declared for staff only, but announced all the same."""
    use = replace(field.use, audience=Audience.STAFF, event="tenant.updated", noun=MARK)
    field = replace(field, label=f"{MARK.capitalize()} of staff", help=MARK, declared=use)
    if isinstance(field, Choice):
        words = tuple((word, f"{MARK} {word}") for word, _ in field.choices)
        return replace(field, choices=words, details=())
    return field


@pytest.fixture(params=CLOSED)
def field(request, monkeypatch):
    monkeypatch.setitem(FIELDS, request.param, closed(FIELDS[request.param]))
    return FIELDS[request.param]


def value_of(field):
    """A value that stands nowhere else."""
    if isinstance(field, Whole):
        return 47
    if isinstance(field, Sealed):
        return f"{MARK}-trunk"
    return {"planted": MARK} if isinstance(field.use.default, dict) else other_value(field)


@pytest.fixture
def changed_by_staff(field, tenant):
    revise(tenant, section_action(field.use.section), **{field.name: value_of(field)})
    return tenant


def gives_away(answer, *more):
    """Which of the words that nobody may see an answer has."""
    text = answer.text.lower()
    return [word for word in (MARK, "47 second", *more) if word.lower() in text]


def looked_at(browser, tenant):
    """Every page on which an owner reads about the own tenant."""
    yield browser.get(tenant_url(tenant))
    yield browser.get(tenant_url(tenant, "audit"))
    yield browser.get(tenant_url(tenant, "audit"), htmx=True)
    for name in SECTIONS:
        yield browser.get(edit_url(tenant, name))
        yield browser.get(tenant_url(tenant, name), htmx=True)
    for entry in db.session.query(AuditEntry).filter_by(tenant_id=tenant.id).all():
        yield browser.get(f"/audit/{entry.id}", None)


def signed_in_anew(browser):
    browser.client.delete_cookie("session")
    browser.sign_in(browser.user.username)


class TestStaffField:
    def test_is_on_the_pages_of_staff(self, admin, field, changed_by_staff):
        found = [gives_away(page) for page in looked_at(admin, changed_by_staff)]
        assert len([words for words in found if words]) >= 5

    def test_is_on_no_page_of_an_owner(self, owner, field, changed_by_staff):
        for page in looked_at(owner, changed_by_staff):
            assert gives_away(page, f'"{field.name}"') == [], page.response.request.path

    def test_is_not_in_the_creation_for_an_owner(self, sign_in, field):
        tenant = make_tenant(**{field.name: value_of(field)})
        for page in looked_at(sign_in("owner", tenant), tenant):
            assert gives_away(page) == [], page.response.request.path

    def test_is_in_no_step_of_the_wizard(self, owner, field, changed_by_staff):
        for step in STEPS:
            page = owner.get(f"/onboarding/{step}")
            assert gives_away(page, f'"{field.name}"') == [], step
            if step is not Step.REVIEW:
                go(owner, step)

    def test_changed_meanwhile_stops_no_review(self, owner, tenant, field):
        for step in STEPS[:-1]:
            go(owner, step)
        review = owner.get("/onboarding/review")
        revise(tenant, section_action(field.use.section), **{field.name: value_of(field)})
        assert owner.submit(review, 303, go="next").location == "/onboarding/done"

    def test_is_no_filter_of_an_owner(self, owner, field, changed_by_staff):
        url = tenant_url(changed_by_staff, "audit")
        owner.get(f"{url}?field={field.name}", 400)
        assert f'value="{field.name}"' not in owner.get(url).text

    def test_posted_by_an_owner_is_not_stored(self, owner, field, changed_by_staff):
        name, _, mine = BESIDE[field.use.section]
        posted = typed(field.use.default) or "y"
        owner.edit(changed_by_staff, field.use.section, **{name: mine, field.name: posted})
        assert getattr(fresh(changed_by_staff), field.name) == value_of(field)

    def test_is_in_no_conflict_of_an_owner(self, owner, tenant, field):
        name, theirs, mine = BESIDE[field.use.section]
        form = owner.get(edit_url(tenant, field.use.section))
        values = {field.name: value_of(field), name: theirs}
        revise(tenant, section_action(field.use.section), **values)
        answer = owner.submit(form, 409, **{name: mine})
        assert gives_away(answer, f'"{field.name}"') == []

    def test_changed_alone_is_no_conflict(self, owner, tenant, field):
        name, _, mine = BESIDE[field.use.section]
        form = owner.get(edit_url(tenant, field.use.section))
        revise(tenant, section_action(field.use.section), **{field.name: value_of(field)})
        owner.submit(form, 303, **{name: not mine if mine is True else mine})
        assert getattr(fresh(tenant), field.name) == value_of(field)

    def test_comes_back_from_no_draft(self, owner, field, changed_by_staff):
        name, _, mine = BESIDE[field.use.section]
        form = owner.get(edit_url(changed_by_staff, field.use.section))
        expire(owner)
        answer = owner.submit(form, 303, **{name: mine, field.name: f"{MARK}-typed"})
        page = owner.get(sign_in_again(owner, answer))
        assert field.name not in page.fields
        assert gives_away(page) == []
        owner.submit(page, 303)
        assert getattr(fresh(changed_by_staff), field.name) == value_of(field)

    def test_is_named_to_no_receiver(self, app, field):
        tenant, (name, theirs, _) = make_hooked(), BESIDE[field.use.section]
        action = section_action(field.use.section)
        before = len(deliveries(tenant))
        revise(tenant, action, **{field.name: value_of(field)})
        assert len(deliveries(tenant)) == before
        flipped = {field.name: field.use.default, name: theirs}
        revise(tenant, action, **flipped)
        [delivery] = deliveries(tenant)[before:]
        assert f'"changed":["{name}"]' in delivery.body

    def test_is_no_news_since_the_last_sign_in(self, owner, tenant, field):
        action, (name, theirs, _) = section_action(field.use.section), BESIDE[field.use.section]
        signed_in_anew(owner)
        revise(tenant, action, **{field.name: value_of(field)})
        signed_in_anew(owner)
        assert "Since your last visit" not in owner.get(tenant_url(tenant)).words
        revise(tenant, action, **{name: theirs})
        signed_in_anew(owner)
        assert "Since your last visit" in owner.get(tenant_url(tenant)).words

    def test_is_not_exported_to_an_owner(self, owner, field, changed_by_staff):
        for kind in ("csv", "jsonl"):
            answer = owner.client.get(f"/audit/export.{kind}?{urlencode({'field': field.name})}")
            assert answer.status_code == 403


def write(tenant, action, *changes):
    """An entry of staff about a tenant."""
    with write_transaction():
        row = db.session.merge(tenant)
        record(action, an_actor(), tenant=row, changes=changes, reason=f"{MARK} reason")


class TestUndeclaredName:
    @pytest.fixture
    def written(self, tenant):
        name = Change("name", Audited.PLAIN, tenant.name, tenant.name)
        write(tenant, Action.WEBHOOK_TESTED, name, Change("x_ray", Audited.PLAIN, None, MARK))
        return tenant

    def test_is_on_the_entry_s_page_for_staff(self, admin, written):
        assert [page for page in looked_at(admin, written) if gives_away(page, "x_ray")]

    def test_is_on_no_page_of_an_owner(self, owner, written):
        for page in looked_at(owner, written):
            assert gives_away(page, "x_ray", "x ray") == [], page.response.request.path

    def test_is_no_filter_of_an_owner(self, owner, written):
        owner.get(f"{tenant_url(written, 'audit')}?field=x_ray", 400)


class TestStaffAction:
    @pytest.fixture
    def written(self, tenant):
        for action in STAFF_ACTIONS:
            write(tenant, action, Change("name", Audited.PLAIN, None, f"{MARK} {action}"))
        return tenant

    def test_has_no_entry_for_an_owner(self, owner, written):
        of_staff = db.session.query(AuditEntry).filter(AuditEntry.action.in_(STAFF_ACTIONS))
        ids = [str(entry.id) for entry in of_staff.filter_by(tenant_id=written.id).all()]
        assert len(ids) == len(STAFF_ACTIONS)
        for page in looked_at(owner, written):
            if page.status != 404:
                assert gives_away(page, *ids, *STAFF_ACTIONS) == [], page.response.request.path
        for entry_id in ids:
            owner.get(f"/audit/{entry_id}", 404)

    def test_is_offered_to_no_owner(self, owner, written):
        page = owner.get(tenant_url(written, "audit"))
        for action in STAFF_ACTIONS:
            assert CHOICES["action"][action] not in page.words
            owner.get(f"{tenant_url(written, 'audit')}?action={action}", 400)

    def test_of_a_tenant_is_not_offered_either(self, owner, tenant, monkeypatch):
        monkeypatch.setattr(Action.TENANT_STATUS, "audience", Audience.STAFF)
        url = tenant_url(tenant, "audit")
        assert f'value="{Action.TENANT_STATUS}"' not in owner.get(url).text
        owner.get(f"{url}?action={Action.TENANT_STATUS}", 400)


@pytest.mark.parametrize("role", list(Role))
def test_an_undeclared_route_answers_nobody(make_app, role):
    app = make_app()
    app.add_url_rule("/forgotten", "forgotten", lambda: MARK)
    user = make_user(role.value, password=PASSWORD)
    browser = Browser(app.test_client(), {MARK})
    browser.sign_in(user.username)
    browser.get("/forgotten", 403)
    browser.get("/forgotten", 403, htmx=True)
