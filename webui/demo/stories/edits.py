"""Edits of tenants: each function adds one change to a story.

An edit that does not fit the tenant's present state changes nothing and returns False.
"""

from collections.abc import Callable

from webui.core.catalogue import whole
from webui.core.limits import CEILING_FIELDS, PLANS, RECORDING_FORMATS, Service, Status
from webui.demo.stories import profiles, staff_fields
from webui.demo.stories.story import Story
from webui.demo.vocabulary.names import NAME
from webui.history.record.actions import Action, section_action

Edit = Callable[[Story], bool]
_BLOCKED = (
    [Service.CALLS],
    [Service.CALLS, Service.SIP],
    [Service.AGENTS, Service.CALLS],
    [Service.RECORDINGS],
    list(Service),
)


def raise_limit(story: Story) -> bool:
    """Raises a limit; an owner stays below the plan's ceiling, staff may exceed it."""
    field = story.rng.choice(CEILING_FIELDS)
    old = story.state[field]
    if old >= _most(field):
        return False
    new = min(_rounded(int(old * story.rng.choice((1.25, 1.5, 2))) + 1), _most(field))
    ceiling = PLANS[story.state["billing_plan"]].ceiling(field)
    beyond = ceiling is not None and new > ceiling
    who = story.colleague() if beyond else story.someone()
    return story.change(who, Action.TENANT_BILLING, {field: new}, "raise")


def _most(field: str) -> int:
    # A larger limit means "no limit", which is chosen directly and not reached step by step.
    return min(whole(field).maximum, 5_000_000)


def _rounded(number: int) -> int:
    """Rounds as people choose limits: at most two digits that are not zero."""
    unit = 10 ** max(0, len(str(number)) - 2)
    return number // unit * unit


def lower_limit(story: Story) -> bool:
    """Lowers a limit, but not below what a business needs to be reachable."""
    field = story.rng.choice(CEILING_FIELDS)
    old = min(story.state[field], _most(field))
    new = max(_rounded(int(old * story.rng.choice((0.5, 0.75, 0.8)))), 2)
    return story.change(story.someone(), Action.TENANT_BILLING, {field: new}, "lower")


def change_plan(story: Story) -> bool:
    """Changes to another plan, with limits that fit it."""
    other = story.rng.choice([name for name in PLANS if name != story.state["billing_plan"]])
    return upgrade_plan(story, other)


def upgrade_plan(story: Story, plan: str) -> bool:
    """Changes to a plan, with limits that fit it."""
    values = profiles.billing(story.rng, plan)
    return story.change(story.someone(), Action.TENANT_BILLING, values, "plan")


def exceed_plan(story: Story) -> bool:
    """Staff raise the call limit above the plan's ceiling."""
    ceiling = PLANS[story.state["billing_plan"]].monthly_call_limit
    if ceiling is None:
        return False
    new = int(ceiling * story.rng.choice((1.2, 1.5, 2)))
    values = {"monthly_call_limit": new}
    return story.change(story.colleague(), Action.TENANT_BILLING, values, "raise")


def replace_sip_password(story: Story) -> bool:
    """Sets a new SIP password."""
    if not story.state["sip_enabled"]:
        return False
    values = {"sip_password": profiles.secret()}
    return story.change(story.someone(), Action.TENANT_SIP, values, "sip_password")


def move_sip(story: Story) -> bool:
    """Changes SIP domain, username or both; switches SIP on when it was off."""
    values = profiles.sip(story.rng, story.organisation.domain)
    if story.state["sip_enabled"]:
        kept = story.rng.choice(("sip_domain", "sip_username", "sip_password"))
        del values[kept]
    return story.change(story.someone(), Action.TENANT_SIP, values, "sip")


def change_feature(story: Story) -> bool:
    """Changes one of the recording and analytics settings."""
    values = profiles.features(story.rng)
    name = story.rng.choice(list(values))
    return story.change(story.someone(), Action.TENANT_FEATURES, {name: values[name]}, name)


def change_format(story: Story) -> bool:
    """Changes the recording format."""
    formats = [name for name in RECORDING_FORMATS if name != story.state["recording_format"]]
    values = {"recording_format": story.rng.choice(formats)}
    return story.change(story.someone(), Action.TENANT_FEATURES, values, "recording_format")


def change_compliance(story: Story) -> bool:
    """Changes HIPAA, PCI or encryption; on smaller plans only staff do."""
    plan = PLANS[story.state["billing_plan"]]
    values = profiles.compliance(story.rng, "enterprise")
    who = story.someone() if plan.allows_compliance else story.colleague()
    return story.change(who, Action.TENANT_COMPLIANCE, values, "compliance")


def change_webhook(story: Story) -> bool:
    """Changes webhook URL or timeout; the first URL comes with a secret."""
    values = profiles.webhook(story.rng, story.organisation.domain)
    if story.state["webhook_secret"]:
        del values["webhook_secret"]
    return story.change(story.someone(), Action.TENANT_WEBHOOK, values, "webhook")


def rotate_webhook_secret(story: Story) -> bool:
    """Sets a new signing secret."""
    if not story.state["webhook_url"]:
        return False
    values = {"webhook_secret": profiles.webhook_secret()}
    return story.change(story.someone(), Action.TENANT_WEBHOOK, values, "webhook")


def change_staff_field(story: Story) -> bool:
    """What staff know about the customer."""
    field = story.rng.choice(staff_fields.STAFF_FIELDS)
    values = {field.name: staff_fields.change_of(story.rng, field, story.state[field.name])}
    action = section_action(str(field.use.section))
    return story.change(story.colleague(), action, values, "metadata")


def rename_tenant(story: Story) -> bool:
    """Changes the name slightly, or back."""
    name, first = story.state["name"], story.organisation.name
    suffix = story.rng.choice((" Group", " International", " (formerly Ltd)"))
    new = first if name != first else name + suffix
    if len(new) > NAME.maximum:
        return False
    return story.change(story.someone(), Action.TENANT_ORGANISATION, {"name": new}, "name")


def suspend(story: Story) -> bool:
    """Staff stop some services."""
    services = sorted(story.rng.choice(_BLOCKED))
    values = {"status": Status.SUSPENDED.value, "blocked_services": [s.value for s in services]}
    return story.change(story.colleague(), Action.TENANT_STATUS, values, "suspended")


def reactivate(story: Story) -> bool:
    """Sets the status to active."""
    return _set_status(story, Status.ACTIVE)


def close(story: Story) -> bool:
    """Closes the tenant: the customer leaves."""
    return _set_status(story, Status.INACTIVE)


def block(story: Story) -> bool:
    """Blocks the tenant: staff lock the customer out."""
    return _set_status(story, Status.BLOCKED)


def _set_status(story: Story, status: Status) -> bool:
    values: profiles.Values = {"status": status.value, "blocked_services": []}
    return story.change(story.colleague(), Action.TENANT_STATUS, values, status.value)
