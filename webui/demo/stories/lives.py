"""The story of an ordinary tenant: its creation, its changes, its end."""

from collections.abc import Mapping
from typing import Any

from webui.demo.stories import edits, profiles, staff_fields
from webui.demo.stories.story import Place, Scene, Story
from webui.demo.stories.story import Step as StoryStep
from webui.demo.stories.usage import usage
from webui.demo.vocabulary.names import organisation
from webui.history.record.actions import Action, Source
from webui.models.tenant.onboarding import SKIPPABLE, STEPS, Passed, Step

_SIGNS_UP = 0.8
_GETS_OWNER = 0.85
_FINISHES = 0.89
_HAS_SIP, _HAS_WEBHOOK, _HAS_NOTES = 0.41, 0.36, 0.2
_CHANGES_FEATURES = 0.4
_STARTS_SMALLER = 0.2
_EXCEEDS = 0.04

_EDIT_COUNTS = (0, 0, 0, 0, 0, 0, 1, 1, 2, 4)
_EDITS: dict[edits.Edit, int] = {
    edits.raise_limit: 20,
    edits.lower_limit: 6,
    edits.replace_sip_password: 12,
    edits.move_sip: 6,
    edits.change_feature: 22,
    edits.change_compliance: 3,
    edits.change_webhook: 5,
    edits.rotate_webhook_secret: 8,
    edits.change_staff_field: 14,
    edits.rename_tenant: 5,
}
# Sequences of status changes, and their share of tenants in percent.
_FATES: dict[tuple[edits.Edit, ...], float] = {
    (): 86.5,
    (edits.suspend, edits.reactivate): 2.5,
    (edits.suspend,): 4.5,
    (edits.close,): 4,
    (edits.suspend, edits.close): 0.5,
    (edits.block,): 2,
}

Sections = list[tuple[Action, str, dict[str, Any]]]


def ordinary_life(scene: Scene, number: int, share: float) -> list[StoryStep]:
    """Returns the steps of tenant ``number``, created at ``share`` of the time line."""
    story = Story(scene, organisation(scene.rng, number), share)
    if scene.rng.random() < _SIGNS_UP:
        _sign_up(story)
    else:
        _be_set_up(story)
    if story.state["onboarded_at"]:
        _live_on(story)
        _come_to_an_end(story)
    began, now = scene.clock.at(story.began), scene.clock.end
    return story.finish(usage(scene.rng, story.state, story.stops, began, now))


def onboard(story: Story, parts: Sections) -> None:
    """The owner completes the wizard."""
    for action, topic, values in parts:
        if values:
            story.wait(story.rng.uniform(0.5, 4))
            _by_wizard(story, action, topic, values)
    story.wait(story.rng.uniform(0.5, 2))
    finished = {"onboarded_at": story.scene.clock.at(story.share)}
    _by_wizard(story, Action.TENANT_ONBOARDED, "name", finished)


def sections(story: Story, plan: str) -> Sections:
    """Returns the values that the tenant will have, in the wizard's order."""
    rng, domain = story.rng, story.organisation.domain
    sip = profiles.sip(rng, domain) if rng.random() < _HAS_SIP else {}
    webhook = profiles.webhook(rng, domain) if rng.random() < _HAS_WEBHOOK else {}
    features = profiles.features(rng) if rng.random() < _CHANGES_FEATURES else {}
    return [
        (Action.TENANT_BILLING, "plan", profiles.billing(rng, plan)),
        (Action.TENANT_SIP, "sip", sip),
        (Action.TENANT_FEATURES, "features", features),
        (Action.TENANT_COMPLIANCE, "compliance", profiles.compliance(rng, plan)),
        (Action.TENANT_WEBHOOK, "webhook", webhook),
    ]


def _by_wizard(story: Story, action: Action, topic: str, values: Mapping[str, Any]) -> None:
    assert story.owner
    story.change(story.owner, action, values, topic, source=Source.WIZARD)


def _sign_up(story: Story) -> None:
    """The owner signs up; some never finish the wizard, and some begin with a smaller plan."""
    rng = story.rng
    plan = profiles.believable_plan(rng)
    smaller = rng.random() < _STARTS_SMALLER
    story.sign_up()
    parts = sections(story, profiles.cheaper_plan(plan) if smaller else plan)
    if rng.random() >= _FINISHES:
        _stop(story, parts)
        return
    onboard(story, parts)
    if smaller:
        story.wait_until(rng.uniform(story.share, 1))
        edits.upgrade_plan(story, plan)


def _stop(story: Story, parts: Sections) -> None:
    """The owner begins the wizard and stops at one of its steps; some never begin."""
    rng = story.rng
    begun = rng.randrange(len(STEPS))
    if not begun:
        return
    passed = {Step.ORGANISATION.value: Passed.DONE.value}
    for step, (action, topic, values) in zip(STEPS[1:begun], parts, strict=False):
        story.wait(rng.uniform(0.5, 4))
        _by_wizard(story, action, topic, values)
        skipped = step in SKIPPABLE and not values
        passed[step.value] = (Passed.SKIPPED if skipped else Passed.DONE).value
    story.place = Place(story.id, STEPS[begun].value, passed)


def _be_set_up(story: Story) -> None:
    """Staff create the tenant from a contract and, usually, the owner's account."""
    rng = story.rng
    billing, *others = sections(story, profiles.believable_plan(rng))
    story.set_up({**billing[2], **staff_fields.staff_values(rng)})
    if rng.random() < _GETS_OWNER:
        story.wait(rng.uniform(1, 4))
        story.give_owner()
        story.wait_until(story.share + rng.uniform(0, 0.004))
        onboard(story, others)


def _live_on(story: Story) -> None:
    rng = story.rng
    if rng.random() < _HAS_NOTES:
        story.wait(rng.uniform(10, 300))
        edits.change_staff_field(story)
    count = rng.choice(_EDIT_COUNTS)
    for share in sorted(rng.uniform(story.share, 1) for _ in range(count)):
        story.wait_until(share)
        rng.choices(list(_EDITS), list(_EDITS.values()))[0](story)
    if rng.random() < _EXCEEDS:
        story.wait_until(rng.uniform(story.share, 1))
        edits.exceed_plan(story)


def _come_to_an_end(story: Story) -> None:
    """Most tenants stay active; some are suspended, for a while or for good, some are closed."""
    for edit in story.rng.choices(list(_FATES), list(_FATES.values()))[0]:
        story.wait_until(story.rng.uniform(story.share, 1))
        edit(story)
