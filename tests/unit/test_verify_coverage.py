"""What a writer can do to checkpoints, their file and verdicts: failures, not notices."""

import json
from datetime import timedelta

import pytest

from tests.factories import make_tenant, revise
from tests.tampering import without_guards
from tests.unit.test_verify import result
from webui.audit import checkpoint_lines, checkpoints, coverage
from webui.audit.actions import Action
from webui.models.columns import now


@pytest.fixture
def acme(app):
    return make_tenant(name="Acme")


def said(app):
    return [problem.text for problem in result(app).problems]


class TestCheckpointFile:
    @pytest.fixture
    def file(self, acme, config, monkeypatch):
        """A file of three checkpoints, which are not new any more."""
        for number in range(3):
            revise(acme, Action.TENANT_BILLING, max_concurrent_calls=20 + number)
            checkpoints.make()
        monkeypatch.setattr(checkpoint_lines, "now", lambda: now() + timedelta(minutes=1))
        return config.checkpoints

    def test_whole(self, app, file):
        assert said(app) == []

    def test_removed(self, app, file):
        file.unlink()
        [text] = said(app)
        assert "is missing, and 3 checkpoint(s) were written to it" in text

    def test_emptied(self, app, file):
        file.write_text("")
        [text] = said(app)
        assert "lacks 3 checkpoint(s) of the database, the first at entry 2" in text

    @pytest.mark.parametrize("line", [0, 1, 2])
    def test_without_a_line(self, app, file, line):
        lines = file.read_text().splitlines(keepends=True)
        del lines[line]
        file.write_text("".join(lines))
        [text] = said(app)
        assert f"lacks 1 checkpoint(s) of the database, the first at entry {2 + line}" in text

    def test_with_a_line_more(self, app, file):
        value = json.loads(file.read_text().splitlines()[-1]) | {"seq": 9}
        file.write_text(file.read_text() + json.dumps(value) + "\n")
        [text] = said(app)
        assert "A line of the checkpoint file" in text

    def test_with_the_table_s_rows_removed(self, app, file):
        with without_guards() as connection:
            connection.exec_driver_sql("DELETE FROM audit_checkpoints WHERE seq = 4")
        [text] = said(app)
        assert text == "The checkpoint at entry 4 is in the file and not in the database."

    def test_a_copy_may_lack_the_newest_and_no_other(self, app, file):
        lines = file.read_text().splitlines(keepends=True)
        kept = file.with_name("kept.jsonl")
        for some, problems in ((lines[:2], 0), (lines[1:], 1)):
            kept.write_text("".join(some))
            run = app.test_cli_runner().invoke(args=["audit", "verify", "--checkpoints", str(kept)])
            assert (run.exit_code, run.output.count("lacks 1")) == (min(problems, 1), problems)

    def test_of_a_fresh_instance_is_not_there_yet(self, app):
        judged = result(app)
        assert judged.holds
        assert any("There is no checkpoint file" in notice for notice in judged.notices)


class TestCoverage:
    @pytest.mark.parametrize(("minutes", "holds"), [(59, True), (61, False)])
    def test_is_not_older_than_an_hour(self, app, acme, monkeypatch, minutes, holds):
        checkpoints.make()
        revise(acme, Action.TENANT_BILLING, max_concurrent_calls=20)
        monkeypatch.setattr(coverage, "now", lambda: now() + timedelta(minutes=minutes))
        judged = result(app)
        assert judged.holds is holds
        if not holds:
            [problem] = judged.problems
            assert problem.text.startswith("No checkpoint covers the entries from 2 on")

    def test_may_be_old_while_nothing_happens(self, app, acme, monkeypatch):
        checkpoints.make()
        monkeypatch.setattr(coverage, "now", lambda: now() + timedelta(days=9))
        assert result(app).holds

    def test_is_counted_in_words(self, app, acme):
        checkpoints.make()
        for number in range(2):
            revise(acme, Action.TENANT_BILLING, max_concurrent_calls=20 + number)
        words = result(app).coverage
        assert words.startswith("The newest 2 entries (since ")
        assert words.endswith(" UTC) are not covered by a checkpoint yet.")
