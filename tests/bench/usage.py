"""What a piece of work takes: time by the clock, of the processors, and memory at its peak."""

import multiprocessing
import os
import re
import threading
import time
from pathlib import Path
from types import TracebackType
from typing import Self

_EVERY = 0.25
"""Seconds between two looks at the memory."""
_PROPORTIONAL = re.compile(r"^Pss:\s+(\d+) kB", re.MULTILINE)


class Usage:
    """Measures its block, with the processes that it starts by multiprocessing.

    ``wall`` and ``cpu`` are in seconds (a database server's are not in ``cpu``), ``peak`` in
    megabytes: memory that several processes share is counted once.
    """

    def __init__(self) -> None:
        self.wall = self.cpu = self.peak = 0.0
        self._ended = threading.Event()
        self._watch = threading.Thread(target=self._look, daemon=True)

    def __enter__(self) -> Self:
        self._watch.start()
        self._cpu, self._start = _processor_time(), time.perf_counter()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.wall = time.perf_counter() - self._start
        self.cpu = _processor_time() - self._cpu
        self._ended.set()
        self._watch.join()

    def _look(self) -> None:
        while not self._ended.wait(_EVERY):
            children = [child.pid for child in multiprocessing.active_children()]
            self.peak = max(self.peak, sum(map(_memory, [os.getpid(), *children])))

    def told(self, what: str, entries: int) -> str:
        """The measurement in a line."""
        rate = f"{entries / self.wall:,.0f} a second, {entries / self.cpu:,.0f} by processor time"
        return f"{what}: {entries:,} entries in {self.wall:.1f} s, {rate}, {self.peak:.0f} MB"


def _processor_time() -> float:
    """Of this process and of those that it started and that have ended."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


def _memory(pid: int | None) -> float:
    """The proportional share of a process in megabytes; 0 once it is gone."""
    try:
        found = _PROPORTIONAL.search(Path(f"/proc/{pid}/smaps_rollup").read_text())
    except OSError:
        return 0.0
    return int(found.group(1)) / 1_024 if found else 0.0
