"""A story: the steps of one tenant, in the order of time.

Steps contain shares of the run's activity (see :class:`webui.demo.stories.clock.WorkClock`) and
plain values; :mod:`webui.demo.writing` converts them to database rows.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import count
from random import Random
from types import MappingProxyType
from typing import Any, NamedTuple
from uuid import UUID

from webui.core.limits import Service
from webui.core.permissions import Role
from webui.demo.stories.clock import WorkClock
from webui.demo.stories.usage import Month, Stop
from webui.demo.vocabulary.names import Organisation
from webui.demo.vocabulary.people import Person, Usernames, email_address
from webui.demo.vocabulary.people import owner as owner_person
from webui.demo.vocabulary.reasons import believable_reason
from webui.history.record.actions import Action, Source
from webui.models.columns import Audited
from webui.models.tenant.services import stopped_services
from webui.models.tenant.tenant import AUDIT_KINDS, DEFAULTS

Changes = Mapping[str, tuple[Any, Any]]
# About a minute of office hours, as a share of three years.
_MINUTE = 1.6e-6
_FIELDS = [name for name, kind in AUDIT_KINDS.items() if kind is not Audited.DERIVED]


class Account(NamedTuple):
    """An account that a step creates; ``tenant`` is None for staff."""

    id: UUID
    username: str
    email: str
    role: str
    tenant: UUID | None


class Place(NamedTuple):
    """The wizard step where an owner stopped, and how each earlier step was left."""

    tenant_id: UUID
    step: str
    passed: dict[str, str]


class Step(NamedTuple):
    """A step that becomes one entry. Steps sort by time, then by the order of their creation.

    ``who`` is None for the command itself. ``version`` is the tenant's new version; None when the
    step changes no tenant. ``usage`` is set only in a tenant's last step, and ``place`` is set
    there when the wizard was begun and not finished.
    """

    share: float
    serial: int
    id: UUID
    action: Action
    source: Source
    who: Person | None
    request: UUID | None = None
    tenant: UUID | None = None
    name: str | None = None
    version: int | None = None
    changes: Changes = MappingProxyType({})
    reason: str | None = None
    account: Account | None = None
    usage: tuple[Month, ...] | None = None
    place: Place | None = None


@dataclass
class Scene:
    """State shared by all stories of a run. ``rng`` makes the content, ``ids`` the UUIDs."""

    rng: Random
    ids: Random
    clock: WorkClock
    usernames: Usernames
    staff: list[Person] = field(default_factory=list)
    serials: Iterator[int] = field(default_factory=count)

    def uuid(self) -> UUID:
        """Returns the next UUID of the run."""
        return UUID(int=self.ids.getrandbits(128), version=4)


class Story:
    """Builds one tenant's story: each method adds a step at the present ``share``."""

    def __init__(self, scene: Scene, organisation: Organisation, share: float) -> None:
        self.scene = scene
        self.rng = scene.rng
        self.organisation = organisation
        self.share = self.began = share
        self.id = scene.uuid()
        self.owner: Person | None = None
        self.state: dict[str, Any] = {**dict.fromkeys(_FIELDS), **DEFAULTS}
        self.state["name"] = organisation.name
        self.version = 0
        self.place: Place | None = None
        self.stops: list[Stop] = []
        self.steps: list[Step] = []

    def wait(self, minutes: float) -> None:
        """Lets a few minutes pass; less when little time is left."""
        left = 1 - self.share
        self.share += min(minutes * _MINUTE, left / 20)

    def wait_until(self, share: float) -> None:
        """Moves on to a later share; an earlier one changes nothing."""
        self.share = max(self.share, min(share, 1.0))

    def colleague(self) -> Person:
        """Returns a random member of the staff."""
        return self.rng.choice(self.scene.staff)

    def someone(self) -> Person:
        """Returns the owner in most cases, if there is one, else a colleague."""
        if self.owner and self.rng.random() < 0.55:
            return self.owner
        return self.colleague()

    def sign_up(self) -> None:
        """The owner signs up: the tenant has the owner's id (DESIGN 2.1)."""
        self.owner = self._new_owner(self.id)
        request = self.scene.uuid()
        self._create(self.owner, Source.WIZARD, request=request)
        self._open_account(self.owner, Source.WIZARD, request=request)

    def set_up(self, values: Mapping[str, Any]) -> None:
        """Staff create the tenant with some values, for a contract."""
        self.state.update(values)
        self._create(self.colleague(), Source.UI, reason=self._reason("created"))

    def give_owner(self) -> None:
        """Staff create the owner's account."""
        self.owner = self._new_owner(self.scene.uuid())
        self._open_account(self.colleague(), Source.UI, reason=self._reason("owner"))

    def change(
        self,
        who: Person,
        action: Action,
        values: Mapping[str, Any],
        topic: str,
        *,
        source: Source = Source.UI,
        reason: str | None = None,
    ) -> bool:
        """Changes fields; returns False when all of them have these values already.

        ``topic`` selects the reasons that staff may give; owners give none.
        """
        changes = {
            name: (self.state[name], new) for name, new in values.items() if self.state[name] != new
        }
        if not changes:
            return False
        self.state.update(values)
        self._note_stop()
        if who.role != Role.OWNER and reason is None:
            reason = self._reason(topic)
        self._revise(who, action, source, changes, reason=reason)
        return True

    def _note_stop(self) -> None:
        """Notes when the status begins or ends to stop calls."""
        stopped = Service.CALLS in stopped_services(
            self.state["status"], self.state["blocked_services"]
        )
        open_stop = self.stops[-1] if self.stops and self.stops[-1].end is None else None
        if stopped and not open_stop:
            self.stops.append(Stop(self.scene.clock.at(self.share), None))
        elif open_stop and not stopped:
            self.stops[-1] = open_stop._replace(end=self.scene.clock.at(self.share))

    def finish(self, usage: tuple[Month, ...]) -> list[Step]:
        """Returns the steps; the last one contains the usage."""
        self.steps[-1] = self.steps[-1]._replace(usage=usage, place=self.place)
        return self.steps

    def _new_owner(self, user_id: UUID) -> Person:
        username = self.scene.usernames.claim(self.organisation.person)
        return owner_person(self.rng, user_id, username)

    def _reason(self, topic: str) -> str:
        return believable_reason(self.rng, topic, self.share)

    def _create(self, who: Person, source: Source, **rest: Any) -> None:
        """Records every plain field, and the other fields that are set (as Tenant.creation)."""
        changes = {
            name: (None, value)
            for name, value in self.state.items()
            if AUDIT_KINDS[name] is Audited.PLAIN or value is not None
        }
        self._revise(who, Action.TENANT_CREATED, source, changes, **rest)

    def _revise(
        self, who: Person, action: Action, source: Source, changes: Changes, **rest: Any
    ) -> None:
        self.version += 1
        self._add(
            who,
            action,
            source,
            tenant=self.id,
            name=self.state["name"],
            version=self.version,
            changes=changes,
            **rest,
        )

    def _open_account(self, who: Person, source: Source, **rest: Any) -> None:
        assert self.owner
        username = self.owner.username
        email = email_address(username, self.organisation.domain)
        account = Account(self.owner.id, username, email, self.owner.role, self.id)
        self._add(who, Action.USER_CREATED, source, account=account, **rest)

    def _add(self, who: Person, action: Action, source: Source, **rest: Any) -> None:
        rest.setdefault("request", self.scene.uuid())
        scene = self.scene
        self.steps.append(
            Step(self.share, next(scene.serials), scene.uuid(), action, source, who, **rest)
        )
