"""Time to store reported usage: 10,000 rows in one call, in a database of demo tenants.

``python -m tests.bench.usage_reports --instance FOLDER [--database URL]`` prints the seconds of
reports with more calls, the same again, and so many that every tenant reaches its limit. What it
reports stays: use a copy.
"""

import argparse
import time
from pathlib import Path
from random import Random

from sqlalchemy import select

from config import Config
from tests.factories import an_actor
from webui import create_app
from webui.core.extensions import db
from webui.models import Tenant, TenantUsage, UsageThreshold
from webui.models.columns import now
from webui.models.tenant.usage import month_of
from webui.usage.figures import Figures
from webui.usage.operations import store_usage

ROWS = 10_000


def measure() -> None:
    """Reports the usage of many tenants, several times."""
    ids = list(db.session.scalars(select(Tenant.id).order_by(Tenant.id).limit(ROWS)))
    month = month_of(now())
    query = select(TenantUsage.tenant_id, TenantUsage.calls).where(TenantUsage.month == month)
    stored = dict(map(tuple, db.session.execute(query)))
    calls = {i: stored.get(i, 0) for i in ids}
    limits = dict(map(tuple, db.session.execute(select(Tenant.id, Tenant.monthly_call_limit))))
    db.session.rollback()
    rng = Random(1)
    for name, more in (
        ("some calls more", lambda _i: rng.randrange(1, 50)),
        ("the same again", lambda _i: 0),
        ("a tenth of the limit more", lambda i: min(limits[i], 10**6) // 10 + 1),
        ("the whole limit more: every threshold", lambda i: min(limits[i], 10**6) + 1),
    ):
        calls = {i: number + more(i) for i, number in calls.items()}
        rows = [Figures(i, month, 10**9 + c, c, 10**9 + c) for i, c in calls.items()]
        started = time.perf_counter()
        verdicts = store_usage(rows, an_actor(), None)
        seconds = time.perf_counter() - started
        kinds = sorted({v.verdict.value for v in verdicts})
        print(f"{len(rows):,} rows, {name}: {seconds:.2f} s {kinds}")
    print(f"{db.session.query(UsageThreshold).count():,} thresholds")


def main() -> None:
    """Measures in the instance that is named."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--instance", type=Path, required=True)
    parser.add_argument("--database", help="a PostgreSQL database instead of the folder's file")
    options = parser.parse_args()
    settings = {"WEBUI_INSTANCE": str(options.instance), "WEBUI_ENV": "development"}
    if options.database:
        settings["DATABASE_URL"] = options.database
    app = create_app(Config.from_environment(settings))
    with app.app_context():
        measure()


if __name__ == "__main__":
    main()
