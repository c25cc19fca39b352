"""What a writer can do to checkpoints, their file and sealed values: failures, not notices."""

import json
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from tests.factories import an_actor, make_tenant, revise
from tests.tampering import without_guards
from tests.unit.test_verifier import result
from webui.core.extensions import db
from webui.history.checkpoints import checkpoint_lines, checkpoints
from webui.history.proof import erasure
from webui.history.record.actions import Action
from webui.history.verification import coverage
from webui.models import AuditSealed
from webui.models.columns import now

SEALED = AuditSealed.__table__


@pytest.fixture
def acme(app):
    return make_tenant(name="Acme", sip_domain="old.example", webhook_url="https://old.example/")


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


class TestErasure:
    """A value is missing only where an entry says that it was erased."""

    @pytest.fixture(autouse=True)
    def changed(self, acme):
        revise(acme, Action.TENANT_SIP, sip_domain="new.example")
        revise(acme, Action.TENANT_WEBHOOK, webhook_url="https://new.example/")

    def set_null(self, **here):
        with without_guards() as connection:
            condition = [SEALED.c[name] == value for name, value in here.items()]
            statement = update(SEALED).where(*condition).values(value=None)
            assert connection.execute(statement).rowcount

    def test_without_an_entry(self, app, acme):
        self.set_null(field="sip_domain", side="old")
        [text] = said(app)
        assert text.startswith("Entry 2 has lost its sealed value in sip_domain")

    def test_of_another_field(self, app, acme):
        erasure.erase(an_actor(), "asked for", tenant=acme.id, field="sip_domain")
        assert said(app) == []
        self.set_null(field="webhook_url", side="old")
        assert [text.split(" has")[0] for text in said(app)] == ["Entry 3"]

    def test_of_another_tenant(self, app, acme):
        other = make_tenant(sip_domain="other.example")
        erasure.erase(an_actor(), "asked for", tenant=other.id)
        assert said(app) == []
        self.set_null(field="sip_domain", side="old")
        assert [text.split(" has")[0] for text in said(app)] == ["Entry 2"]

    def test_of_what_came_after_it(self, app, acme):
        erasure.erase(an_actor(), "asked for", tenant=acme.id)
        revise(acme, Action.TENANT_SIP, sip_domain="newest.example")
        assert said(app) == []
        self.set_null(field="sip_domain", side="new")
        assert any(text.startswith("Entry 5 has lost") for text in said(app))

    def test_of_an_entry_alone(self, app, acme):
        entry = db.session.scalar(select(SEALED.c.entry).where(SEALED.c.side == "old").limit(1))
        erasure.erase(an_actor(), "asked for", entry=entry)
        assert said(app) == []
        with without_guards() as connection:
            connection.execute(update(SEALED).values(value=None))
        assert said(app) != []
