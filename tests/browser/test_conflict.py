"""Two people with browsers of their own change one section of one tenant."""

import json

import pytest
from playwright.sync_api import expect

from tests.browser.pages import TenantPage


@pytest.fixture
def mine(open_page, tenant):
    """Mira's browser (support)."""
    return TenantPage(open_page("support"), tenant).open()


@pytest.fixture
def theirs(open_page, tenant):
    """Noor's browser (admin)."""
    return TenantPage(open_page("admin"), tenant).open()


@pytest.fixture
def conflict(mine, theirs):
    """Mira's form after she saved what Noor had changed meanwhile."""
    form = mine.edit("billing")
    theirs.save(
        "billing", billing_plan="business", max_concurrent_calls=60, reason="Upgrade, ticket 1"
    )
    form.fill(max_concurrent_calls=70, monthly_call_limit=900, reason="My ticket 2").save()
    expect(mine.page.get_by_text("noor.hadi changed this while you were editing.")).to_be_visible()
    return form


class TestConflict:
    def test_shows_mine_theirs_and_the_value_before(self, mine, conflict):
        expect(conflict.root).to_contain_text("“Upgrade, ticket 1”, just now")
        expect(conflict.field("max_concurrent_calls")).to_have_value("70")
        expect(conflict.field("max_concurrent_calls")).to_be_focused()
        expect(conflict.note("max_concurrent_calls").locator("dt, dd")).to_have_text(
            ["noor.hadi", "60", "before", "10"]
        )
        expect(conflict.field("billing_plan")).to_have_value("business")
        expect(conflict.note("billing_plan")).to_contain_text("Changed by noor.hadi from Starter")
        expect(conflict.field("monthly_call_limit")).to_have_value("900")
        expect(conflict.note("monthly_call_limit")).to_contain_text("Nobody else changed it")
        expect(conflict.field("reason")).to_have_value("My ticket 2")
        expect(mine.rows).to_have_count(1)

    def test_theirs_can_be_taken(self, mine, conflict):
        conflict.root.get_by_role("button", name="Use theirs").click()
        expect(conflict.field("max_concurrent_calls")).to_have_value("60")
        expect(conflict.field("max_concurrent_calls")).to_be_focused()
        conflict.save()
        mine.expect_saved("Lowered monthly call limit from 1,000 to 900", "My ticket 2")
        expect(mine.rows.first).not_to_contain_text("concurrent calls")
        expect(mine.card("billing")).to_contain_text("Business")
        expect(mine.fact("Concurrent calls").locator("dd").first).to_have_text("60")
        expect(mine.rows).to_have_count(3)

    def test_saving_again_wins_and_loses_nothing_of_theirs(self, mine, conflict):
        conflict.save()
        mine.expect_saved("Raised concurrent calls from 60 to 70", "My ticket 2")
        expect(mine.card("billing")).to_contain_text("Business")
        expect(mine.rows.nth(1)).to_contain_text("raised concurrent calls from 10 to 60")
        expect(mine.rows.nth(1)).to_contain_text("noor.hadi")

    def test_mine_can_be_discarded(self, mine, conflict):
        conflict.root.get_by_role("link", name="Discard mine").click()
        expect(mine.edit_link("billing")).to_be_focused()
        expect(mine.fact("Concurrent calls").locator("dd").first).to_have_text("60")
        expect(mine.fact("Monthly call limit").locator("dd").first).to_have_text("1,000")

    def test_a_third_change_is_a_conflict_again(self, mine, theirs, conflict):
        theirs.save("billing", max_concurrent_calls=65, reason="Once more, ticket 3")
        conflict.save()
        expect(conflict.note("max_concurrent_calls").locator("dd")).to_have_text(["65", "60"])
        expect(conflict.field("max_concurrent_calls")).to_have_value("70")
        conflict.save()
        mine.expect_saved("Raised concurrent calls from 65 to 70", "My ticket 2")


class TestTakeTheirs:
    def test_takes_metadata_and_choices_too(self, mine, theirs):
        form = mine.edit("organisation").fill(meta_data='{"crm": "mine"}')
        their_data = {"crm": 'their "quoted" <b>one</b>', "tags": ["a", "b"]}
        theirs.save("organisation", meta_data=json.dumps(their_data))
        form.save()
        form.note("meta_data").get_by_role("button", name="Use theirs").click()
        assert json.loads(form.field("meta_data").input_value()) == their_data
        form = mine.edit("features").fill(recording_format="wav")
        theirs.save("features", recording_format="ogg")
        form.save()
        form.note("recording_format").get_by_role("button", name="Use theirs").click()
        expect(form.field("recording_format")).to_have_value("ogg")


class TestOtherSections:
    def test_are_no_conflict(self, mine, theirs):
        form = mine.edit("billing").fill(max_concurrent_calls=5)
        theirs.save("features", retention_days=30)
        form.save()
        mine.expect_saved("Lowered concurrent calls from 10 to 5")
        expect(mine.rows).to_have_count(3)
        expect(mine.more).to_contain_text("kept 30 days")
