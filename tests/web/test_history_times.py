"""The history by time: presets, exact ranges, days, and the zone of the account."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from tests.web import dom
from tests.web.test_history_filters import chips, entry
from webui.audit import view

pytestmark = pytest.mark.both_databases


def shown(browser, query):
    """Where the page of a range leads once the form is sent as it stands."""
    page = browser.get(f"/audit?{query}")
    [form] = dom.elements(page.tree, "form", id="filters")
    pairs = [(name, value) for name, values in dom.fields(form).items() for value in values]
    sent = browser.client.get("/audit", query_string=pairs)
    assert sent.status_code == 303
    return sent.headers["Location"]


class TestRange:
    @pytest.mark.parametrize("day", ["%Y-%m-%d", "%Y%m%d", "%G-W%V-%u"])
    def test_of_a_day_is_all_of_it(self, admin, tenant, day):
        today = datetime.now(UTC).date()
        assert admin.get(f"/audit?from={today:{day}}&to={today:{day}}").history
        assert not admin.get(f"/audit?to={today - timedelta(days=1):{day}}").history

    @pytest.mark.parametrize(
        "query",
        [
            "from=2026-01-02T03:04:00Z&to=2026-01-02T03:04:00Z",
            "from=2026-01-02T03:04:05.000001Z&to=2026-01-02T03:04:05.000001Z",
            "from=2026-10-25T01:30:00Z&to=2026-10-25T01:45:00Z",
        ],
    )
    def test_stays_exact_when_the_form_is_sent_as_it_stands(self, sign_in, query):
        browser = sign_in("admin", time_zone="Europe/Berlin")
        assert shown(browser, query) == f"/audit?{query}"

    def test_goes_when_its_field_is_emptied_and_changes_when_it_is_typed_over(self, admin):
        kept = "from=2026-01-02T03:04:05Z&to=2026-01-03T00:00:00Z"
        assert admin.get(f"/audit?{kept}&since=&until=", 303).location == "/audit"
        typed = "since=2026-01-02T03:05&until=2026-01-03T00:00"
        assert admin.get(f"/audit?{kept}&{typed}", 303).location == (
            "/audit?from=2026-01-02T03:05:00Z&to=2026-01-03T00:00:00Z"
        )


class TestClockChange:
    """Berlin: 2:00 to 3:00 comes twice on 25 October 2026 and never on 29 March."""

    @pytest.mark.parametrize(
        ("typed", "expected"),
        [
            (
                "since=2026-10-25T02:00&until=2026-10-25T02:59",
                "from=2026-10-25T00:00:00Z&to=2026-10-25T01:59:59.999999Z",
            ),
            (
                "since=2026-03-29T02:30&until=2026-03-29T02:30",
                "from=2026-03-29T00:30:00Z&to=2026-03-29T01:30:59.999999Z",
            ),
            (
                "since=2026-10-25T00:00&until=2026-10-25T23:59",
                "from=2026-10-24T22:00:00Z&to=2026-10-25T22:59:59.999999Z",
            ),
        ],
    )
    def test_a_range_holds_all_that_a_clock_could_mean(self, sign_in, typed, expected):
        browser = sign_in("admin", time_zone="Europe/Berlin")
        assert browser.get(f"/audit?{typed}", 303).location == f"/audit?{expected}"

    @pytest.mark.parametrize(
        ("at", "zone", "since"),
        [
            ("2026-10-26T12:00", "Europe/Berlin", "2026-10-18T22:00:00Z"),
            ("2026-04-01T12:00", "Europe/Berlin", "2026-03-24T23:00:00Z"),
            # Midnight is skipped there.
            ("2026-09-13T12:00", "America/Santiago", "2026-09-06T04:00:00Z"),
        ],
    )
    def test_presets_begin_at_a_midnight(self, sign_in, monkeypatch, at, zone, since):
        monkeypatch.setattr(view, "now", lambda: datetime.fromisoformat(at).replace(tzinfo=UTC))
        page = sign_in("admin", time_zone=zone).get("/audit")
        assert page.by_id("last-2").get("href") == f"/audit?from={since}"
        again = sign_in("admin", time_zone=zone).get(f"/audit?from={since}")
        assert again.by_id("last-2").get("aria-current") == "true"

    @pytest.mark.parametrize(
        ("query", "name"),
        [
            ("from=2026-07-01", "CEST"),
            ("to=2026-12-01", "CET"),
            ("from=2026-07-01&to=2026-12-01", "CEST and CET"),
        ],
    )
    def test_the_zone_is_called_what_it_was_then(self, sign_in, query, name):
        page = sign_in("admin", time_zone="Europe/Berlin").get(f"/audit?{query}")
        assert page.words_of("zone") == f"Times are in {name}."


class TestTimeZone:
    def test_of_the_account_rules_what_is_typed_and_shown(self, sign_in, app):
        browser = sign_in("admin", time_zone="Asia/Tokyo")
        typed = "since=2026-01-02T03:04&until=2026-01-02T03:05"
        page = browser.get(f"/audit?{typed}", 303)
        assert page.location == "/audit?from=2026-01-01T18:04:00Z&to=2026-01-01T18:05:59.999999Z"
        page = browser.get(page.location)
        assert chips(page) == ["Since 2 Jan 2026 03:04", "Until 2 Jan 2026 03:05"]
        assert page.by_id("since").get("value") == "2026-01-02T03:04"
        assert "Times are in JST." in page.words

    def test_makes_the_days(self, sign_in, app):
        entry(reason="now")
        for zone in ("Pacific/Kiritimati", "Pacific/Pago_Pago"):
            page = sign_in("admin", time_zone=zone).get("/audit?q=now")
            day = datetime.now(ZoneInfo(zone))
            [shown] = [dom.words(e) for e in dom.elements(page.tree, "th", scope="rowgroup")]
            assert shown == f"{day:%A} {day.day} {day:%B %Y}"
