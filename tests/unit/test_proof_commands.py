"""The commands of the history's proof: what they say and how they end."""

from uuid import UUID

import pytest

from tests import tampering
from tests.factories import make_tenant
from tests.tampering import without_guards
from webui.crypto import signing
from webui.history.checkpoints import checkpoints

pytestmark = pytest.mark.usefixtures("app")


@pytest.fixture
def run(app):
    return lambda *arguments: app.test_cli_runner().invoke(args=["audit", *arguments])


class TestVerify:
    def test_says_that_it_holds(self, run):
        make_tenant()
        checkpoints.make()
        make_tenant()
        result = run("verify")
        assert result.exit_code == 0
        assert "The history holds: 2 entries, 1 checkpoint(s)." in result.output
        assert "The newest entry (since " in result.output
        assert ") is not covered by a checkpoint yet." in result.output

    def test_says_what_does_not(self, run):
        make_tenant()
        make_tenant()
        with without_guards() as connection:
            tampering.set_columns(connection, 1, reason="forged")
        result = run("verify")
        assert result.exit_code == 1
        assert "- Entry 1 differs from its body in column reason." in result.output

    def test_says_that_it_could_not_check(self, run, tmp_path, monkeypatch):
        make_tenant()
        assert run("verify", "--checkpoints", str(tmp_path / "absent")).exit_code == 2
        tampering.break_reading(monkeypatch)
        result = run("verify")
        assert result.exit_code == 2
        assert "Could not check: the database says" in result.stderr

    def test_needs_a_checkpoint_file_that_can_be_read(self, make_app, tmp_path):
        make_tenant()
        app = make_app(checkpoints=tmp_path)
        result = app.test_cli_runner().invoke(args=["audit", "verify"])
        assert result.exit_code == 2

    def test_takes_a_checkpoint_file_kept_elsewhere(self, run, tmp_path, config):
        make_tenant()
        checkpoints.make()
        kept = tmp_path / "kept.jsonl"
        kept.write_bytes(config.checkpoints.read_bytes())
        with without_guards() as connection:
            tampering.remove(connection, 1, 1)
        result = run("verify", "--checkpoints", str(kept))
        assert result.exit_code == 1
        assert "Entry 1 was cut off" in result.output


class TestCheckpoint:
    def test_prints_the_line(self, run, config):
        assert "no entries yet" in run("checkpoint").output
        make_tenant()
        assert run("checkpoint").output == config.checkpoints.read_text()


class TestKey:
    def test_prints_the_public_key(self, run, config):
        assert run("key").output.strip() == signing.public_key(config.audit_key)
        assert config.audit_key not in run("key").output


class TestErase:
    def test_knows_the_fields_that_are_sealed(self, run):
        entry = ("--entry", str(UUID(int=1)), "--reason", "asked for", "--yes")
        assert run("erase", *entry, "--field", "webhook_url").exit_code == 0
        refused = run("erase", *entry, "--field", "webhook")
        assert refused.exit_code == 2
        assert "'sip_domain'" in refused.output
