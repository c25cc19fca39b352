"""Rotation under fire: writers at work, and the rotating process killed again and again."""

import base64
import os
import random
import secrets
import signal
import threading
import time
from bisect import bisect_left
from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

from flask import Flask
from sqlalchemy import select

from tests import processes
from tests.apps import built_assets
from tests.factories import an_actor
from webui.core.extensions import db, keyring, write_transaction
from webui.crypto import fields
from webui.history.record.actions import Action
from webui.history.record.log import record
from webui.models import Tenant
from webui.models.columns import row_id
from webui.models.seals.sealed_columns import SealedColumn, key_of, sealed_columns

# Seconds between two saves of a writer.
PAUSE = 0.03
Place = tuple[str, str, str]


def plaintexts() -> dict[Place, str]:
    """Every sealed value of the database by place; raises when one cannot be read."""
    found = {}
    for place in sealed_columns():
        query = select(*place.key, place.column).where(place.column.is_not(None))
        for *key, token in db.session.execute(query):
            where = (place.table.name, place.attribute.name, row_id(key))
            found[where] = fields.unseal(keyring(), token, *where)
    db.session.rollback()
    return found


@dataclass
class Writer:
    """Changes SIP users and passwords of its own tenants until it is told to stop."""

    app: Flask
    tenants: list[UUID]
    expected: dict[Place, str] = field(default_factory=dict)
    longest: float = 0
    saves: int = 0
    failure: BaseException | None = None

    def __post_init__(self) -> None:
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def stop(self) -> None:
        """Waits for the last save; raises what went wrong."""
        self._stop.set()
        self._thread.join()
        if self.failure:
            raise self.failure

    def _run(self) -> None:
        try:
            with self.app.app_context():
                while not self._stop.is_set():
                    self._save(self.tenants[self.saves % len(self.tenants)])
                    self._stop.wait(PAUSE)
                db.session.remove()
                db.engine.dispose()
        except BaseException as failure:
            self.failure = failure

    def _save(self, tenant_id: UUID) -> None:
        values = {"sip_username": secrets.token_hex(6), "sip_password": secrets.token_hex(9)}
        started = time.monotonic()
        with write_transaction():
            tenant = db.session.get_one(Tenant, tenant_id, with_for_update=True)
            changes = tenant.revise(values)
            db.session.flush()
            record(Action.TENANT_SIP, an_actor(), tenant=tenant, changes=changes, reason="test")
        self.longest = max(self.longest, time.monotonic() - started)
        self.saves += 1
        for name, value in values.items():
            self.expected["tenants", name, str(tenant_id)] = value


def environment(folder: Path, database_url: str, keyring_path: Path) -> dict[str, str]:
    """The settings of a process beside the test's own."""
    folder.mkdir(parents=True)
    (folder / "static").symlink_to(built_assets())
    return {
        **os.environ,
        "WEBUI_ENV": "development",
        "WEBUI_INSTANCE": str(folder),
        "WEBUI_KEYRING": str(keyring_path),
        "WEBUI_SECRET_KEY": secrets.token_hex(32),
        "WEBUI_AUDIT_KEY": base64.b64encode(secrets.token_bytes(32)).decode(),
        "DATABASE_URL": database_url,
    }


class Untouched:
    """The values that no writer touches, in the order in which rotation takes them.

    How far rotation has come is the first of them that still stands under the old key: one look
    at one row, however many values there are.
    """

    def __init__(self, kid: str, written: Collection[UUID]) -> None:
        self._kid = kid
        self._values: list[tuple[SealedColumn, tuple[Any, ...]]] = []
        for place in sealed_columns():
            query = select(*place.key).where(key_of(place.column) == kid).order_by(*place.key)
            keys = [tuple(key) for key in db.session.execute(query)]
            self._values += [(place, key) for key in keys if key[0] not in written]
        db.session.rollback()

    def __len__(self) -> int:
        return len(self._values)

    def moved(self) -> int:
        """How many stand under another key now: all of them from the front."""
        return bisect_left(range(len(self)), True, key=lambda number: not self.is_moved(number))

    def is_moved(self, number: int) -> bool:
        """Whether the value with this number, and so every one before it, was moved."""
        place, key = self._values[number]
        same = [column == part for column, part in zip(place.key, key, strict=True)]
        kid = db.session.scalar(select(key_of(place.column)).where(*same))
        db.session.rollback()
        return kid != self._kid


def kill_while_rotating(
    settings: dict[str, str], untouched: Untouched, times: int, dice: random.Random
) -> int:
    """Kills a rotation that has moved something and has something left, so many times.

    Each is killed once it has moved a random number of values; those left are shared out, so
    that the last one finds enough. Returns how often one was started: more than ``times`` when
    some came to their end first.
    """
    hits = starts = 0
    while hits < times:
        before = untouched.moved()
        share = (len(untouched) - before) // (2 * (times - hits))
        goal = before + dice.randint(0, share)
        process = processes.flask(settings, "keys", "rotate")
        starts += 1
        while not untouched.is_moved(goal) and not process.ends_within(0.005):
            pass
        process.kill()
        status, said = process.end()
        moved = untouched.moved()
        assert before < moved < len(untouched), f"{moved - before} values were moved\n{said}"
        hits += status == -signal.SIGKILL
    return starts
