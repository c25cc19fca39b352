"""Speed and memory of the history's proof: `python -m tests.bench.proof [--entries N]`.

On SQLite and on PostgreSQL, with 1,000,000 entries of the demo's tenants, whose creations,
sealed values, words and rows are those of a console in use: entries a second and most memory of
`audit verify` with its replay (two processes) and of both exports, and which share of a save's
server time `audit.record` takes with its flushes.
"""

import argparse
import multiprocessing
import os
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any
from unittest.mock import patch

from flask import current_app
from sqlalchemy import select

from config import Config
from tests import databases
from tests.apps import inside
from tests.bench.responses import HTMX, prepare
from tests.bench.usage import Usage
from tests.client import Client
from tests.factories import an_actor, make_user
from tests.web.pages import PASSWORD, REASON, Browser, edit_url
from webui import create_app
from webui.core.extensions import db
from webui.crypto import signing
from webui.demo import run as demo
from webui.history.checkpoints import checkpoints
from webui.history.proof import export
from webui.history.query.filters import Filters
from webui.history.verification import verifier
from webui.models import Tenant
from webui.tenants.core import operations
from webui.web.posted import action_rates

TENANTS, ENTRIES, SAVES = 250, 1_000_000, 200
ENTRIES_OF_A_TENANT = 5.7
"""Of the demo's, with its owner."""
SEED = 2


def main() -> None:
    """Fills and measures each kind of database."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--entries", type=int, default=ENTRIES)
    parser.add_argument("--only", choices=["sqlite", "postgresql"])
    options = parser.parse_args()
    for kind in ("sqlite", "postgresql"):
        if options.only in (None, kind):
            with _database(kind) as url:
                measure(kind, url, options.entries)


@contextmanager
def _database(kind: str) -> Iterator[str | None]:
    """The URL of an empty database; None for the file in the instance folder."""
    if kind == "sqlite":
        yield None
        return
    with databases.postgresql_server() as server, tempfile.TemporaryDirectory() as name:
        postgresql = databases.Postgresql(server, Path(name))
        with postgresql.empty() as url:
            yield url
        postgresql.close()


def measure(kind: str, url: str | None, entries: int) -> None:
    """Prints every number of one kind of database."""
    print(kind, flush=True)
    with tempfile.TemporaryDirectory() as folder:
        environment, _ = prepare(TENANTS, Path(folder), url)
        with patch.dict(os.environ, environment):
            for one in (f"_fill {entries}", "_verify", "_jsonl", "_csv", "_saves"):
                print(f"  {_alone(one)}", flush=True)


def _alone(measure: str) -> str:
    """The measurement in a process of its own, whose memory is nobody else's."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(_in_app, measure.split())


def _in_app(name: str, *arguments: str) -> str:
    # A pool's processes may have no children of their own unless they are told so.
    multiprocessing.current_process()._config["daemon"] = False  # type: ignore[attr-defined]
    app = create_app(Config.from_environment())
    with inside(app):
        return str(globals()[name](*arguments))


def _fill(entries: str) -> str:
    before = checkpoints.make().seq
    with Usage() as usage:
        demo.load(round(int(entries) / ENTRIES_OF_A_TENANT), SEED, lambda done: None)
    return usage.told("made", checkpoints.make().seq - before)


def _verify() -> str:
    config = _config()
    url = db.engine.url.render_as_string(hide_password=False)
    with Usage() as usage:
        verdict = verifier.verify_history(
            url, signing.public_key(config.audit_key), config.checkpoints
        )
    assert verdict.holds, verdict.problems[:3]
    return usage.told("audit verify", verdict.entries)


def _config() -> Config:
    config = current_app.extensions["webui_config"]
    assert isinstance(config, Config)
    return config


def _jsonl() -> str:
    return _exported("jsonl", export.as_jsonl)


def _csv() -> str:
    return _exported("csv", export.as_csv)


def _exported(kind: str, write: Callable[[export.Export], Any]) -> str:
    begun = export.begin_export(Filters(), kind, an_actor())
    with Usage() as usage:
        size = sum(len(piece) for piece in write(begun))
    return f"{usage.told(f'export {kind}', begun.seq)}; the file has {size / 1e6:,.0f} MB"


def _saves() -> str:
    """Which part of a save's time the recording takes, flushes and the chain's lock included."""
    app: Any = current_app
    # One account saves more in a minute here than anybody does by hand.
    action_rates.WINDOW = timedelta(0)
    tenants = list(db.session.scalars(select(Tenant.id).limit(SAVES)))
    app.test_client_class = Client
    browser = Browser(app.test_client(), set())
    browser.sign_in(make_user("admin", password=PASSWORD).username)
    recording: list[float] = []
    real = operations.record

    def timed(*args: Any, **kwargs: Any) -> Any:
        start = time.perf_counter()
        entry = real(*args, **kwargs)
        recording.append(time.perf_counter() - start)
        return entry

    told = []
    for kind, headers in (("in place", HTMX), ("without JavaScript", {})):
        recording.clear()
        with patch.object(operations, "record", timed):
            saving = [_save(browser, tenant_id, headers) for tenant_id in tenants]
        shares = [part / whole for part, whole in zip(recording, saving, strict=True)]
        share, took = 100 * statistics.median(shares), 1_000 * statistics.median(saving)
        told.append(f"{share:.0f} % of the {took:.1f} ms of a save {kind}")
    return f"audit.record: {', '.join(told)} ({SAVES} saves each)"


def _save(browser: Browser, tenant_id: Any, headers: dict[str, str]) -> float:
    """Saves a change of a tenant; gives the seconds that it took."""
    form = browser.get(edit_url(tenant_id, "features"))
    days = int(form.fields["retention_days"][0]) % 3_650 + 1
    sent = form.fields | {"retention_days": [str(days)], "reason": [REASON]}
    start = time.perf_counter()
    answer = browser.client.post(form.form().get("action"), data=sent, headers=headers)
    took = time.perf_counter() - start
    assert answer.status_code == (200 if headers else 303)
    return took


if __name__ == "__main__":
    main()
