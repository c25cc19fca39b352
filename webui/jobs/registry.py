"""The registry of jobs: name, interval and function."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID, uuid4


@dataclass
class Run:
    """One run of a job; its id identifies the lease."""

    id: UUID = field(default_factory=uuid4)
    lost: bool = False
    shutdown: threading.Event = field(default_factory=threading.Event)

    @property
    def stopping(self) -> bool:
        """Whether the work should end early: shutdown, or the lease is lost."""
        return self.lost or self.shutdown.is_set()


Work = Callable[[Run], bool | None]


@dataclass(frozen=True)
class Job:
    """A registered job."""

    name: str
    every: timedelta
    work: Work
    pending: Callable[[], bool]


JOBS: dict[str, Job] = {}


def job(
    name: str, *, every: timedelta, pending: Callable[[], bool] = lambda: True
) -> Callable[[Work], Work]:
    """Registers a function as a job (see the package's docstring); names are unique."""

    def register(work: Work) -> Work:
        if name in JOBS:
            raise ValueError(f"there is a job {name} already")
        JOBS[name] = Job(name, every, work, pending)
        return work

    return register
