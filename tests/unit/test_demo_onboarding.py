"""The demo's owners who never finished the wizard."""

from sqlalchemy import select

from webui.audit.actions import Action
from webui.demo import load
from webui.extensions import db
from webui.models import AuditEntry, Onboarding, Tenant
from webui.models.onboarding import STEPS, Passed


def test_stopped_at_every_step(app):
    load(600, 7, lambda _count: None)
    rows = db.session.scalars(select(Onboarding)).all()
    assert {row.step for row in rows} == set(STEPS[1:])
    assert all(row.first_open == row.step for row in rows)
    unfinished = set(db.session.scalars(select(Tenant.id).where(Tenant.onboarded_at.is_(None))))
    assert {row.tenant_id for row in rows} < unfinished
    assert {how for row in rows for how in row.passed.values()} == set(Passed)
    finished = select(AuditEntry.tenant_id).where(AuditEntry.action == Action.TENANT_ONBOARDED)
    assert not unfinished & set(db.session.scalars(finished))
