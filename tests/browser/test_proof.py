"""Exporting the history and having it verified, in a real browser."""

import json
from pathlib import Path

from flask import current_app
from playwright.sync_api import expect

from tests import export_verifier
from tests.browser.axe import check
from webui.history.proof import verification_jobs
from webui.jobs.worker import Worker


class TestExport:
    def test_downloads_what_the_filters_show(self, open_page, server, tmp_path):
        page = open_page("auditor")
        page.goto("/audit?action=tenant.created")
        with page.expect_download() as download:
            page.get_by_role("link", name="JSON Lines").click()
        path = Path(download.value.path())
        *lines, last = path.read_text().splitlines()
        assert {json.loads(line)["action"] for line in lines} == {"tenant.created"}
        assert json.loads(last)["filter"] == {"action": ["tenant.created"]}
        with server.inside():
            key = verification_jobs.proof().public_key
        assert export_verifier.export_problems(path, key) == []


class TestVerification:
    def test_follows_the_worker(self, open_page, server):
        page = open_page("admin")
        page.goto("/audit")
        panel = page.locator("#proof")
        panel.get_by_role("button", name="Verify now").press("Enter")
        expect(panel).to_contain_text("Waiting for the worker.")
        expect(panel.get_by_role("link", name="Refresh")).to_be_focused()
        check(page)
        with server.inside():
            Worker(current_app._get_current_object()).once()
        expect(panel).to_contain_text("verified")
        expect(panel).to_contain_text("Holds")
        expect(panel).to_be_focused()
        page.reload()
        page.get_by_role("link", name="Proof: holds").click()
        expect(panel).to_be_in_viewport()
        check(page)
