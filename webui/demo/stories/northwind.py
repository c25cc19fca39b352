"""Northwind Dental Group: the tenant with a long history, used in tests and tours."""

from collections.abc import Sequence
from typing import Any

from webui.core.limits import Service, Status
from webui.demo.stories import edits, profiles
from webui.demo.stories.lives import Sections, onboard
from webui.demo.stories.staff_fields import noted
from webui.demo.stories.story import Scene, Step, Story
from webui.demo.stories.usage import Month, Stop, months_until
from webui.demo.vocabulary.names import Organisation
from webui.demo.vocabulary.people import Person
from webui.history.record.actions import Action

ENTRIES = 300
NORTHWIND = Organisation("Northwind Dental Group", "northwind-dental.example", "dana.ilic")
BEGAN = 0.25
"""The share of the time line at which it signs up."""

_SUSPENDED, _RAISED = 0.998, 0.99999
_USAGE = (
    *((41_208, 98_211, 391_140), (38_977, 91_020, 364_808), (36_412, 84_330, 337_320)),
    *((37_105, 86_505, 347_664), (33_890, 79_031, 317_537), (31_746, 74_053, 297_445)),
    *((28_010, 65_365, 262_435), (30_122, 70_303, 282_222), (27_654, 64_569, 259_093)),
    *((24_980, 58_356, 234_035), (22_417, 52_401, 210_017), (23_050, 53_893, 215_945)),
)
_EDITS: dict[edits.Edit, int] = {
    edits.raise_limit: 18,
    edits.lower_limit: 12,
    edits.change_plan: 6,
    edits.replace_sip_password: 12,
    edits.move_sip: 10,
    edits.change_feature: 14,
    edits.change_format: 5,
    edits.change_compliance: 5,
    edits.change_webhook: 5,
    edits.rotate_webhook_secret: 5,
    edits.change_staff_field: 10,
    edits.rename_tenant: 3,
    edits.suspend: 5,
    edits.reactivate: 6,
}

_SIP = {"sip_enabled": True, "sip_username": "nwdental-trunk1"}
# The final values of each section; the last two changes follow after them.
_LAST: Sections = [
    (Action.TENANT_STATUS, "active", {"status": "active", "blocked_services": []}),
    (
        Action.TENANT_ORGANISATION,
        "metadata",
        {
            "name": NORTHWIND.name,
            **noted(
                {
                    "crm": "HS-20931",
                    "segment": "mid-market",
                    "notes": {"text": "Twelve practices, one trunk", "by": "sam.ortiz"},
                }
            ),
        },
    ),
    (
        Action.TENANT_BILLING,
        "plan",
        {"billing_plan": "business", "max_concurrent_calls": 80, "monthly_call_limit": 40_000},
    ),
    (Action.TENANT_SIP, "sip", {**_SIP, "sip_domain": "sip.northwind-dental.example:5061"}),
    (
        Action.TENANT_FEATURES,
        "features",
        {
            "recording_enabled": True,
            "recording_format": "mp4",
            "retention_days": 90,
            "analytics_enabled": False,
        },
    ),
    (
        Action.TENANT_COMPLIANCE,
        "compliance",
        {"hipaa_enabled": False, "pci_enabled": False, "data_encryption_enabled": False},
    ),
    (
        Action.TENANT_WEBHOOK,
        "webhook",
        {
            "webhook_url": "https://hooks.northwind-dental.example/calls?source=tenant-console",
            "webhook_timeout_seconds": 20,
        },
    ),
]


def northwind_life(scene: Scene) -> list[Step]:
    """Returns the steps: a sign-up, years of changes, and an end that is the same in every run."""
    story = Story(scene, NORTHWIND, BEGAN)
    story.sign_up()
    onboard(story, _first_sections(story))
    while story.version < ENTRIES - len(_LAST) - 2:
        _edit(story, scene.rng.choices(list(_EDITS), list(_EDITS.values()))[0])
    for action, topic, values in _LAST:
        _step_on(story)
        story.change(story.colleague(), action, values, topic)
    # A final edit changes nothing when its section has the final values already.
    while story.version < ENTRIES - 2:
        _edit(story, edits.replace_sip_password)
    _be_suspended(story)
    return story.finish(_months(scene, story.stops))


def _edit(story: Story, edit: edits.Edit) -> None:
    _step_on(story)
    edit(story)


def _step_on(story: Story) -> None:
    """Moves part of the way to the end, so that the changes are spread over the years."""
    way = (_SUSPENDED - story.share) / (ENTRIES - story.version)
    story.wait_until(story.share + way * story.rng.uniform(0.1, 1.9))


def _be_suspended(story: Story) -> None:
    stopped = {
        "status": Status.SUSPENDED.value,
        "blocked_services": [Service.CALLS.value, Service.SIP.value],
    }
    sam, ines = story.scene.staff[0], story.scene.staff[1]
    story.wait_until(_SUSPENDED)
    _say(story, ines, Action.TENANT_STATUS, stopped, "Payment 60 days overdue, ticket 88213")
    story.wait_until(_RAISED)
    raised = {"monthly_call_limit": 50_000}
    _say(story, sam, Action.TENANT_BILLING, raised, "Upgrade agreed, ticket 88240")


def _say(story: Story, who: Person, action: Action, values: dict[str, Any], reason: str) -> None:
    story.change(who, action, values, "", reason=reason)


def _first_sections(story: Story) -> Sections:
    rng = story.rng
    sip = {**_SIP, "sip_domain": "sip.nwd.example", "sip_password": profiles.secret()}
    return [
        (Action.TENANT_BILLING, "plan", profiles.billing(rng, "business")),
        (Action.TENANT_SIP, "sip", sip),
        (Action.TENANT_WEBHOOK, "webhook", profiles.webhook(rng, NORTHWIND.domain)),
    ]


def _months(scene: Scene, stops: Sequence[Stop]) -> tuple[Month, ...]:
    """Returns the usage until the last stop, without the months of earlier ones."""
    over = [stop for stop in stops if stop.end]
    shown, months = months_until(scene.clock.end), months_until(scene.clock.at(_SUSPENDED))
    return tuple(
        Month(month, cents, calls, minutes)
        for month, (calls, minutes, cents) in zip(months, _USAGE, strict=True)
        if month in shown and not any(stop.silences(month, scene.clock.end) for stop in over)
    )
