"""Usage by program: whole months, judged row by row."""

from uuid import uuid4

import pytest

from tests.api.conftest import path_of, places
from tests.factories import make_tenant
from tests.history import count_entries
from tests.rates import did
from webui.core.extensions import db
from webui.history.record.actions import Action
from webui.models import TenantUsage
from webui.models.columns import now
from webui.models.tenant.usage import month_of
from webui.web.posted import action_rates

pytestmark = pytest.mark.both_databases
FIGURES = {"usage_cents": 500, "calls": 60, "minutes": 90}
REPORT = "/api/v1/usage"


@pytest.fixture
def month():
    return month_of(now())


def stored(tenant):
    db.session.rollback()
    rows = db.session.query(TenantUsage).filter_by(tenant_id=tenant.id)
    return {row.month: (row.usage_cents, row.calls, row.minutes) for row in rows}


class TestMonth:
    def test_is_stored_and_shown_as_this_month_s_cost(self, program, tenant, month):
        path = f"{path_of(tenant)}/usage/{month}"
        assert program.put(path, FIGURES) == {"verdict": "stored", "message": None}
        assert program.put(path, FIGURES)["verdict"] == "unchanged"
        assert program.get(path_of(tenant))["monthly_usage_cents"] == 500
        assert stored(tenant) == {month: (500, 60, 90)}

    def test_only_grows_unless_corrected_with_a_reason(self, program, tenant, month):
        path = f"{path_of(tenant)}/usage/{month}"
        program.put(path, FIGURES)
        less = {**FIGURES, "calls": 59}
        assert "body.calls" in places(program.put(path, less, 409))
        before = count_entries()
        assert places(program.put(path, {**less, "correction": True}, 422)) == {
            "body.reason": "bad_reason"
        }
        assert count_entries() == before
        done = program.put(path, {**less, "correction": True, "reason": "Counted twice"})
        assert done["verdict"] == "corrected"
        assert count_entries() == before + 1
        assert stored(tenant)[month] == (500, 59, 90)

    @pytest.mark.parametrize("month", ["2026-13", "1999-12", "2999-01", "november", "2026-1"])
    def test_that_cannot_be_is_refused(self, program, tenant, month):
        answer = program.put(f"{path_of(tenant)}/usage/{month}", FIGURES, 422)
        assert places(answer) == {"path.month": "bad_month"}
        assert stored(tenant) == {}

    @pytest.mark.parametrize("wrong", [-1, 1.5, True, "5", None, 2**53])
    def test_of_wrong_figures_is_refused(self, program, tenant, month, wrong):
        answer = program.put(f"{path_of(tenant)}/usage/{month}", {**FIGURES, "minutes": wrong}, 422)
        assert list(places(answer)) == ["body.minutes"]
        answer = program.put(f"{path_of(tenant)}/usage/{month}", {"calls": 1}, 422)
        assert set(places(answer)) == {"body.usage_cents", "body.minutes"}


class TestRate:
    def test_of_changes_does_not_stop_metering(self, program, tenant, month):
        did(program.user, Action.TENANT_BILLING, action_rates.SAVES.most)
        row = {"tenant_id": str(tenant.id), "month": month, **FIGURES}
        assert program.post(REPORT, {"rows": [row]}, 200)["verdicts"][0]["verdict"] == "stored"
        did(program.user, Action.USAGE_CORRECTED, action_rates.CORRECTIONS.most)
        response = program.send("POST", REPORT, 429, json={"rows": [row]})
        assert places(response.json) == {"request": "too_many_requests"}
        assert int(response.headers["Retry-After"]) > 0
        program.put(f"{path_of(tenant)}/usage/{month}", FIGURES, 429)


class TestReport:
    def test_gets_a_verdict_for_each_row(self, program, tenant, month):
        other = make_tenant()

        def row(tenant_id, **more):
            return {"tenant_id": str(tenant_id), "month": month, **FIGURES, **more}

        rows = [
            row(tenant.id.hex),
            row(uuid4()),
            row(other.id, month="2999-01"),
            row(tenant.id, calls=1),
            row(tenant.id, minutes=-1),
            row(tenant.id, calls=2**53),
            row(tenant.id, month="2026-13"),
            row("x"),
            row(f"urn:uuid:{tenant.id}"),
            row(tenant.id, calls=1, correction=True),
            row(tenant.id, calls=1, correction=True, reason="x"),
            row(other.id),
        ]
        found = program.post(REPORT, {"rows": rows}, 200)["verdicts"]
        assert [one["verdict"] for one in found] == [
            *("stored", "no_tenant", "bad_month", "shrinks", "bad_figure", "bad_figure"),
            *("bad_month", "no_tenant", "no_tenant", "bad_reason", "bad_reason", "stored"),
        ]
        assert all(bool(one["message"]) is (one["verdict"] != "stored") for one in found)
        assert stored(tenant) == stored(other) == {month: (500, 60, 90)}

    def test_of_a_wrong_form_is_refused_as_a_whole(self, program, tenant, month):
        good = {"tenant_id": str(tenant.id), "month": month, **FIGURES}
        for rows, place in (
            ([], "body.rows"),
            ([good] * 10_001, "body.rows"),
            ([good, {**good, "calls": "6"}], "body.rows.1.calls"),
            ([good, {**good, "calls": 6.0}], "body.rows.1.calls"),
            ([good, {**good, "calls": True}], "body.rows.1.calls"),
            ([good, {**good, "tenant_id": 5}], "body.rows.1.tenant_id"),
            ([good, {**good, "colour": 1}], "body.rows.1.colour"),
        ):
            assert list(places(program.post(REPORT, {"rows": rows}, 422))) == [place]
        assert stored(tenant) == {}
