"""Demo data of many tenants: plans, states and unfinished sign-ups, spread as in life."""

from collections import Counter

import pytest
from sqlalchemy import select

from webui.core.extensions import db
from webui.core.limits import PLANS, Status
from webui.demo import load
from webui.history.record.actions import Action
from webui.models import AuditEntry, Onboarding, Tenant
from webui.models.tenant.onboarding import STEPS, Passed

COUNT = 600


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
