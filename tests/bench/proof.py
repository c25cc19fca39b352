"""Speed and memory of the history's proof: `python -m tests.bench.proof [--tenants N]`.

165,000 demo tenants have about 1,000,000 entries. Prints entries per second of `audit verify`
(two processes) and of both exports with the most memory that an export took, and which share
of a save's server time `audit.record` takes with its flushes. ``--instance`` measures a folder
that is there already.
"""

import argparse
import multiprocessing
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest.mock import patch

from flask import current_app
from sqlalchemy import select

from config import ROOT, Config
from tests.apps import inside
from tests.client import Client
from tests.factories import an_actor, make_user
from tests.web.pages import PASSWORD, REASON, Browser, edit_url
from webui import create_app
from webui.audit import export, verify
from webui.audit.filters import Filters
from webui.crypto import signing
from webui.extensions import db
from webui.models import Tenant
from webui.tenants import operations

FLASK = Path(sys.executable).parent / "flask"
SAVES = 300
TENANTS = 165_000
MEGABYTE = 1_024


def main() -> None:
    """Makes the data unless they are there, and measures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tenants", type=int, default=TENANTS)
    parser.add_argument("--instance", type=Path)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        instance = arguments.instance or Path(folder)
        os.environ.update(WEBUI_INSTANCE=str(instance), WEBUI_ENV="development")
        if arguments.instance is None:
            _flask("setup")
            _flask("demo", "load", "--tenants", str(arguments.tenants))
        for measure in (_verify, _jsonl, _csv, _saves):
            print(_alone(measure), flush=True)


def _flask(*arguments: str) -> None:
    subprocess.run([FLASK, "--app", "wsgi", *arguments], cwd=ROOT, check=True)


def _alone(measure: Callable[[], str]) -> str:
    """The measurement in a process of its own, whose memory is nobody else's."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(_in_app, (measure.__name__,))


def _in_app(name: str) -> str:
    # A pool's processes may have no children of their own unless they are told so.
    multiprocessing.current_process()._config["daemon"] = False  # type: ignore[attr-defined]
    app = create_app(Config.from_environment())
    with inside(app):
        return str(globals()[name]())


def _verify() -> str:
    config = _config()
    url = db.engine.url.render_as_string(hide_password=False)
    start = time.perf_counter()
    verdict = verify.verify(url, signing.public_key(config.audit_key), config.checkpoints)
    took = time.perf_counter() - start
    assert verdict.holds, verdict.problems[:3]
    return _rate("audit verify", verdict.entries, took)


def _config() -> Any:

    return current_app.extensions["webui_config"]


def _jsonl() -> str:
    return _exported("jsonl", export.as_jsonl)


def _csv() -> str:
    return _exported("csv", export.as_csv)


def _exported(kind: str, write: Callable[[export.Export], Any]) -> str:
    begun = export.begin(Filters(), kind, an_actor())
    start = time.perf_counter()
    size = sum(len(piece) for piece in write(begun))
    took = time.perf_counter() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / MEGABYTE
    said = _rate(f"export {kind}", begun.seq, took)
    return f"{said}, {size / 1e6:,.0f} MB, at most {peak:.0f} MB of memory"


def _saves() -> str:
    """Which part of a save's time the recording takes, flushes and the chain's lock included."""
    app: Any = current_app
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

    shares = []
    with patch.object(operations, "record", timed):
        for number, tenant_id in enumerate(tenants):
            form = browser.get(edit_url(tenant_id, "features"))
            sent = form.fields | {"retention_days": [str(number + 2)], "reason": [REASON]}
            start = time.perf_counter()
            answer = browser.client.post(form.form().get("action"), data=sent)
            took = time.perf_counter() - start
            assert answer.status_code == 303
            shares.append(recording.pop() / took if recording else 0.0)
    share = 100 * statistics.median(shares)
    return f"audit.record takes {share:.0f} % of the server time of a save ({len(shares)} saves)"


def _rate(what: str, count: int, took: float) -> str:
    return f"{what}: {count:,} entries in {took:.1f} s, {count / took:,.0f} a second"


if __name__ == "__main__":
    main()
