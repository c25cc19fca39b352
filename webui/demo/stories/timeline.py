"""All stories of a run as one stream of steps in the order of time.

A story is created when its tenant begins, and only future steps are in memory, so a run needs
little more memory than the future steps of its tenants.
"""

from collections.abc import Iterator
from heapq import heappop, heappush

from webui.demo.stories import lives, northwind
from webui.demo.stories.story import Account, Scene, Step
from webui.demo.vocabulary.people import STAFF, STAFF_DOMAIN, colleague, existing_staff
from webui.history.record.actions import Action, Source

# With fewer tenants, one that differs so much from the others would not fit.
_NORTHWIND_FROM = 10
# The last tenants still have time for a step or two.
_LAST_START = 0.9999


def slices(steps: Iterator[Step], size: int) -> Iterator[list[Step]]:
    """Yields lists of about ``size`` steps; steps of the same time stay together."""
    part: list[Step] = []
    for step in steps:
        if len(part) >= size and step.share != part[-1].share:
            yield part
            part = []
        part.append(step)
    if part:
        yield part


def timeline(scene: Scene, count: int) -> Iterator[Step]:
    """Yields the steps of the missing staff, then those of ``count`` tenants."""
    yield from _hire(scene)
    to_come: list[Step] = []
    for story in _stories(scene, count):
        while to_come and to_come[0] < story[0]:
            yield heappop(to_come)
        for step in story:
            heappush(to_come, step)
    while to_come:
        yield heappop(to_come)


def _stories(scene: Scene, count: int) -> Iterator[list[Step]]:
    """Yields each tenant's steps, ordered by the first one."""
    starts = sorted(scene.rng.uniform(0, _LAST_START) for _ in range(count))
    if count >= _NORTHWIND_FROM:
        starts[_nearest(starts)] = northwind.BEGAN
    for number, start in enumerate(starts):
        if start == northwind.BEGAN:
            yield northwind.northwind_life(scene)
        else:
            yield lives.ordinary_life(scene, number, start)


def _nearest(starts: list[float]) -> int:
    return min(range(len(starts)), key=lambda n: abs(starts[n] - northwind.BEGAN))


def _hire(scene: Scene) -> Iterator[Step]:
    """Adds the staff of the run: accounts of an earlier run, and new accounts for the others."""
    known = existing_staff()
    for number, (name, role) in enumerate(STAFF):
        if name in known:
            scene.staff.append(colleague(number, known[name].id, name, known[name].role))
            continue
        username = scene.usernames.claim(name)
        user_id = scene.uuid()
        email = f"{username}@{STAFF_DOMAIN}"
        scene.staff.append(colleague(number, user_id, username, role.value))
        account = Account(user_id, username, email, role.value, None)
        # A share before all others; the same one for all keeps them in one slice.
        yield Step(
            0.0,
            next(scene.serials),
            scene.uuid(),
            Action.USER_CREATED,
            Source.CLI,
            None,
            reason="Demo data",
            account=account,
        )
