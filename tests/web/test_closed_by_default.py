"""What is not declared open is shown to no owner: fields, names in entries, actions, routes.

Fields of several kinds are made staff-only for a test, with a label and words that stand
nowhere else; those that are for staff anyway are attacked like them. What is read is read once
for all of them; what is posted is posted once for each section. The database has no part in it:
`make check` runs this on SQLite alone.
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


def mark_of(name):
    """What the words and the value of one closed field contain, and nothing else; has MARK."""
    return f"{MARK}{CLOSED.index(name)}x"


def closed(field):
    """The field as if it had been declared for staff only, but announced all the same."""
    mark = mark_of(field.name)
    use = replace(field.use, audience=Audience.STAFF, event="tenant.updated", noun=mark)
    field = replace(field, label=f"{mark.capitalize()} of staff", help=mark, declared=use)
    if isinstance(field, Choice):
        words = tuple((word, f"{mark} {word}") for word, _ in field.choices)
        return replace(field, choices=words, details=())
    return field


@pytest.fixture
def fields(monkeypatch):
    """All closed fields, at once: what is looked for in a page is looked for of each of them."""
    for name in CLOSED:
        monkeypatch.setitem(FIELDS, name, closed(FIELDS[name]))
    return [FIELDS[name] for name in CLOSED]


@pytest.fixture(params=BESIDE)
def section(request, fields):
    """A section, and its closed fields with values that stand nowhere else."""
    return request.param, values_of(fields, request.param)


def value_of(field):
    """A value that stands nowhere else."""
    if isinstance(field, Whole):
        return 47
    if isinstance(field, Sealed):
        return f"{mark_of(field.name)}-trunk"
    return (
        {"planted": mark_of(field.name)}
        if isinstance(field.use.default, dict)
        else other_value(field)
    )


def values_of(fields, section):
    return {field.name: value_of(field) for field in fields if field.use.section == section}


def change_all(tenant, fields):
    """Staff change every closed field, one section after the other."""
    for section in BESIDE:
        revise(tenant, section_action(section), **values_of(fields, section))


@pytest.fixture
def changed_by_staff(fields, tenant):
    change_all(tenant, fields)
    return tenant


def gives_away(answer, *more):
    """Which of the words that nobody may see an answer has."""
    text = answer.text.lower()
    return [word for word in (MARK, "47 second", *more) if word.lower() in text]


def names(fields):
    """The fields' names as JSON and attributes have them."""
    return [f'"{field.name}"' for field in fields]


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


class TestStaffFields:
    def test_are_on_the_pages_of_staff(self, admin, fields, changed_by_staff):
        texts = [page.text.lower() for page in looked_at(admin, changed_by_staff)]
        for name in CLOSED:
            assert sum(mark_of(name) in text for text in texts) >= 5, name

    def test_are_on_no_page_of_an_owner(self, owner, fields, changed_by_staff):
        for page in looked_at(owner, changed_by_staff):
            assert gives_away(page, *names(fields)) == [], page.response.request.path

    def test_are_not_in_the_creation_for_an_owner(self, sign_in, fields):
        tenant = make_tenant(**{field.name: value_of(field) for field in fields})
        for page in looked_at(sign_in("owner", tenant), tenant):
            assert gives_away(page) == [], page.response.request.path

    def test_are_in_no_step_of_the_wizard(self, owner, fields, changed_by_staff):
        for step in STEPS:
            page = owner.get(f"/onboarding/{step}")
            assert gives_away(page, *names(fields)) == [], step
            if step is not Step.REVIEW:
                go(owner, step)

    def test_changed_meanwhile_stop_no_review(self, owner, tenant, fields):
        for step in STEPS[:-1]:
            go(owner, step)
        review = owner.get("/onboarding/review")
        change_all(tenant, fields)
        assert owner.submit(review, 303, go="next").location == "/onboarding/done"

    def test_are_no_filters_of_an_owner(self, owner, fields, changed_by_staff):
        url = tenant_url(changed_by_staff, "audit")
        page = owner.get(url)
        for field in fields:
            owner.get(f"{url}?field={field.name}", 400)
            assert f'value="{field.name}"' not in page.text

    def test_posted_by_an_owner_are_not_stored(self, owner, section, changed_by_staff):
        section, values = section
        name, _, mine = BESIDE[section]
        posted = {name: typed(FIELDS[name].use.default) or "y" for name in values}
        owner.edit(changed_by_staff, section, **{name: mine, **posted})
        assert stored(changed_by_staff, values) == values

    def test_are_in_no_conflict_of_an_owner(self, owner, tenant, section):
        section, values = section
        name, theirs, mine = BESIDE[section]
        form = owner.get(edit_url(tenant, section))
        revise(tenant, section_action(section), **{**values, name: theirs})
        answer = owner.submit(form, 409, **{name: mine})
        assert gives_away(answer, *(f'"{name}"' for name in values)) == []

    def test_changed_alone_are_no_conflict(self, owner, tenant, section):
        section, values = section
        name, _, mine = BESIDE[section]
        form = owner.get(edit_url(tenant, section))
        revise(tenant, section_action(section), **values)
        owner.submit(form, 303, **{name: not mine if mine is True else mine})
        assert stored(tenant, values) == values

    def test_come_back_from_no_draft(self, owner, section, changed_by_staff):
        section, values = section
        name, _, mine = BESIDE[section]
        form = owner.get(edit_url(changed_by_staff, section))
        expire(owner)
        posted = dict.fromkeys(values, f"{MARK}-typed")
        answer = owner.submit(form, 303, **{name: mine, **posted})
        page = owner.get(sign_in_again(owner, answer))
        assert values.keys() & page.fields.keys() == set()
        assert gives_away(page) == []
        owner.submit(page, 303)
        assert stored(changed_by_staff, values) == values

    def test_are_named_to_no_receiver(self, app, section):
        section, values = section
        tenant, (name, theirs, _) = make_hooked(), BESIDE[section]
        action = section_action(section)
        before = len(deliveries(tenant))
        revise(tenant, action, **values)
        assert len(deliveries(tenant)) == before
        revise(tenant, action, **{n: FIELDS[n].use.default for n in values}, **{name: theirs})
        [delivery] = deliveries(tenant)[before:]
        assert f'"changed":["{name}"]' in delivery.body

    def test_are_no_news_since_the_last_sign_in(self, owner, tenant, fields):
        action, (name, theirs, _) = section_action("sip"), BESIDE["sip"]
        signed_in_anew(owner)
        change_all(tenant, fields)
        signed_in_anew(owner)
        assert "Since your last visit" not in owner.get(tenant_url(tenant)).words
        revise(tenant, action, **{name: theirs})
        signed_in_anew(owner)
        assert "Since your last visit" in owner.get(tenant_url(tenant)).words

    def test_are_not_exported_to_an_owner(self, owner, fields, changed_by_staff):
        for kind in ("csv", "jsonl"):
            for field in fields:
                url = f"/audit/export.{kind}?{urlencode({'field': field.name})}"
                assert owner.client.get(url).status_code == 403


def stored(tenant, names):
    """The stored values of some fields."""
    row = fresh(tenant)
    return {name: getattr(row, name) for name in names}


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
