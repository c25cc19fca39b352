"""A number that was pasted in groups is refused, with the number that was meant as one press."""

import pytest

from tests.factories import make_tenant
from tests.raw import unchanged
from tests.web import dom
from tests.web.pages import REASON, edit_url
from tests.web.saved import fresh

NUMBERS = [
    *(("billing", "monthly_call_limit", typed, "70000") for typed in ("70,000", "70\u00a0000")),
    ("billing", "max_concurrent_calls", "1’000", "1000"),
    ("features", "retention_days", "3 650", "3650"),
    ("webhook", "webhook_timeout_seconds", "２０", "20"),
]


@pytest.fixture
def tenant(app):
    return make_tenant(name="Northwind", billing_plan="enterprise", webhook_timeout_seconds=5)


def buttons(answer):
    return [b for b in answer.form().iter() if b.tag == "button"]


def offer(answer):
    [button] = [b for b in buttons(answer) if b.get("name") == "meant"]
    return button


@pytest.mark.parametrize("htmx", [False, True])
@pytest.mark.parametrize(("section", "name", "typed", "meant"), NUMBERS)
def test_is_filled_in_by_one_press_and_nothing_is_lost(
    admin, tenant, section, name, typed, meant, htmx
):
    with unchanged():
        refused = admin.edit(tenant, section, 422, htmx=htmx, **{name: typed})
        button = offer(refused)
        assert dom.words(button) == f"Use {meant}"
        assert refused.errors[name].endswith(f"Use {meant}")
        assert (button.get("data-take"), button.get("data-value")) == (f"{section}-{name}", meant)
        pressed = {button.get("name"): button.get("value")}
        filled = admin.submit(refused, 200, htmx=htmx, **pressed)
    assert (filled.field(name), filled.field("reason"), filled.errors) == (meant, REASON, {})
    assert filled.form().get("data-changed") is not None
    [focused] = [e for e in filled.form().iter() if e.get("autofocus") is not None]
    assert focused.get("name") == name
    admin.submit(filled, 200 if htmx else 303, htmx=htmx)
    assert getattr(fresh(tenant), name) == int(meant)


def test_is_filled_in_by_the_wizard_too(sign_in, tenant):
    owner = sign_in("owner", tenant)
    owner.post_form("/onboarding/organisation", 303, go="next")
    typed = {"monthly_call_limit": "70.000", "max_concurrent_calls": "7"}
    refused = owner.post_form("/onboarding/billing", 422, go="next", **typed)
    with unchanged():
        filled = owner.submit(refused, 200, meant=offer(refused).get("value"))
    assert (filled.field("monthly_call_limit"), filled.field("max_concurrent_calls")) == (
        *("70000", "7"),
    )
    focused = [e for e in filled.by_id("wizard").iter() if e.get("autofocus") is not None]
    assert focused == [filled.control("monthly_call_limit")]
    owner.submit(filled, 303, go="next")
    assert fresh(tenant).monthly_call_limit == 70_000


class TestPress:
    def test_is_not_what_enter_does(self, admin, tenant):
        refused = admin.edit(tenant, "billing", 422, monthly_call_limit="70,000")
        assert buttons(refused)[0].get("name") is None
        assert buttons(admin.get(edit_url(tenant, "billing")))[0].get("class") == "btn btn-primary"

    def test_after_a_correction_saves(self, admin, tenant):
        refused = admin.edit(tenant, "billing", 422, monthly_call_limit="70,000")
        admin.submit(refused, 303, meant="monthly_call_limit", monthly_call_limit="60000")
        assert fresh(tenant).monthly_call_limit == 60_000

    @pytest.mark.parametrize("name", ["max_concurrent_calls", "reason", "csrf_token", "absent", ""])
    def test_of_another_field_is_none(self, admin, tenant, name):
        admin.edit(tenant, "billing", 422, monthly_call_limit="70,000", meant=name)

    def test_is_not_offered_where_it_would_be_refused(self, admin, tenant):
        refused = admin.edit(tenant, "billing", 422, max_concurrent_calls="70,000")
        assert [b.get("name") for b in buttons(refused)] == [None]
