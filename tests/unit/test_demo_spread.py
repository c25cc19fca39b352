"""Demo data of many tenants: plans, states and unfinished sign-ups, spread as in life."""

import json
from collections import Counter
from datetime import UTC, datetime

import pytest
from sqlalchemy import select

from webui.core.extensions import db
from webui.core.limits import PLANS, Status
from webui.demo import load
from webui.demo.stories.northwind import NORTHWIND
from webui.history.record.actions import Action
from webui.models import AuditEntry, Onboarding, Tenant, TenantUsage
from webui.models.tenant.onboarding import STEPS, Passed
from webui.models.tenant.usage import month_of

COUNT = 600
STOPPING = ("status", "blocked_services")


@pytest.fixture
def databases(sqlite):
    """One is enough: what is made depends on the seed alone."""
    return sqlite


def test_are_spread_as_in_life(app):
    """One run for all questions: to load so many takes longer than to ask."""
    load(COUNT, 7, lambda _count: None)
    tenants = db.session.scalars(select(Tenant)).all()
    assert_plans_and_states_are_spread_as_in_life(tenants)
    assert_limits_and_features_are_spread_as_in_life(tenants)
    assert_owners_stopped_at_every_step({t.id for t in tenants if t.onboarded_at is None})
    assert_nobody_calls_while_calls_are_stopped()


def assert_plans_and_states_are_spread_as_in_life(tenants):
    plans = Counter(tenant.billing_plan for tenant in tenants)
    states = Counter(tenant.status for tenant in tenants)
    assert 0.5 < plans["starter"] / COUNT < 0.7
    assert 0.22 < plans["business"] / COUNT < 0.38
    assert 0.85 < states["active"] / COUNT < 0.95
    assert set(states) == set(Status)


def assert_limits_and_features_are_spread_as_in_life(tenants):
    assert 0.3 < sum(t.sip_enabled for t in tenants) / COUNT < 0.5
    assert 0.25 < sum(t.is_set("webhook_url") for t in tenants) / COUNT < 0.45
    caps = {name: plan.monthly_call_limit or 2**53 for name, plan in PLANS.items()}
    assert 0 < sum(t.monthly_call_limit > caps[t.billing_plan] for t in tenants) < COUNT / 10


def assert_owners_stopped_at_every_step(unfinished):
    assert 0.07 < len(unfinished) / COUNT < 0.18
    rows = db.session.scalars(select(Onboarding)).all()
    assert {row.step for row in rows} == set(STEPS[1:])
    assert all(row.first_open == row.step for row in rows)
    assert {row.tenant_id for row in rows} < unfinished
    assert {how for row in rows for how in row.passed.values()} == set(Passed)
    finished = select(AuditEntry.tenant_id).where(AuditEntry.action == Action.TENANT_ONBOARDED)
    assert not unfinished & set(db.session.scalars(finished))


def assert_nobody_calls_while_calls_are_stopped():
    """By the histories: in months after a stop, and in this month, there are no calls."""
    stops = stops_of_calls()
    assert sum(spans[-1][1] is None for spans in stops.values()) > COUNT / 20
    current = month_of(datetime.now(UTC))
    northwind = db.session.scalars(select(Tenant.id).filter_by(name=NORTHWIND.name)).one()
    rows = db.session.scalars(select(TenantUsage).where(TenantUsage.calls > 0)).all()
    seen = 0
    for row in rows:
        for start, end in stops.get(row.tenant_id, []):
            assert not start < row.month < (end or "9999-12"), row.tenant_id
            # Northwind's stop is the story of the tour; it says since when.
            if row.tenant_id != northwind:
                assert (row.month, end) != (current, None), row.tenant_id
            seen += row.month <= start
    assert seen > 10, "those before the stop stay"


def stops_of_calls():
    """Tenant -> (first, last) month of each stop of calls; last is None for an open one."""
    stops, state = {}, {}
    for entry in db.session.scalars(select(AuditEntry).order_by(AuditEntry.seq)):
        changes = json.loads(entry.body)["changes"]
        if entry.tenant_id is None or not {"status", "blocked_services"} & changes.keys():
            continue
        now = state.setdefault(entry.tenant_id, {})
        now.update({name: sides[1] for name, sides in changes.items() if name in STOPPING})
        stopped = now["status"] in ("inactive", "blocked") or "calls" in now["blocked_services"]
        spans = stops.setdefault(entry.tenant_id, []) if stopped else stops.get(entry.tenant_id, [])
        if spans and spans[-1][1] is None:
            if not stopped:
                spans[-1] = (spans[-1][0], month_of(entry.at))
        elif stopped:
            spans.append((month_of(entry.at), None))
    return stops
