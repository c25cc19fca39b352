"""The life of a key by commands: add, promote, rotate, retire, and what each refuses."""

import json
import re
import stat

import pytest

from config import ROOT
from tests import raw
from tests.apps import inside
from tests.factories import make_tenant, revise
from tests.history import assert_audited, assert_history_holds, count_entries
from webui.core.extensions import db, keyring
from webui.crypto.keyring import KeyMissing, Tampered
from webui.history.record.actions import Action
from webui.history.record.actor import command_actor
from webui.keys import operations
from webui.keys.canary import check_keys, check_ring
from webui.models import EncryptionKey, Tenant
from webui.models.columns import CannotSeal

VALUES = {"sip_domain": "a.example", "sip_username": "user", "sip_password": "hunter2 hunter2"}
CLI = {"type": "cli"}


@pytest.fixture
def console(make_console):
    return make_console()


@pytest.fixture
def in_environment(make_console):
    return make_console(in_file=False)


class TestAdd:
    def test_makes_a_key_that_decrypts_only(self, console):
        console.run("add", "--reason", "yearly, OPS-1")
        assert (sorted(console.keys), console.primary) == (["k1", "k2"], "k1")
        assert len(set(console.keys.values())) == 2
        assert_audited(
            Action.KEY_ADDED,
            actor=CLI,
            changes={"key": [None, "k2"]},
            reason="yearly, OPS-1",
            tenant=None,
        )

    def test_registers_its_canary(self, console):
        console.run("add")
        console.restart()
        check_keys()
        assert db.session.get_one(EncryptionKey, "k2").canary.startswith("e1.k2.")

    def test_keeps_the_file_private_and_leaves_no_other(self, console):
        console.path.chmod(0o644)
        console.run("add")
        assert stat.S_IMODE(console.path.stat().st_mode) == 0o600
        assert [path.name for path in console.path.parent.iterdir()] == ["keyring.json"]

    def test_counts_on_from_every_id_there_ever_was(self, console):
        console.run("add")
        console.run("retire", "k2")
        console.run("add")
        assert sorted(console.keys) == ["k1", "k3"]

    def test_writes_neither_key_nor_file_into_history_or_output(self, console):
        result = console.run("add")
        stored = repr(raw.everything())
        for key in console.keys.values():
            assert key not in result.output
            assert key not in stored

    @pytest.mark.parametrize("failing", ["write_private", "record"])
    def test_changes_nothing_when_a_step_fails(self, console, monkeypatch, failing):
        def fail(*_arguments, **_more):
            raise OSError("disk full")

        before, entries = console.path.read_text(), count_entries()
        monkeypatch.setattr(operations, failing, fail)
        with pytest.raises(OSError, match="disk full"):
            operations.add_key(command_actor("op"))
        assert (console.path.read_text(), count_entries()) == (before, entries)

    def test_refuses_a_reason_that_is_too_short(self, console):
        assert "3 to 200" in console.run("add", "--reason", "x", code=1).output
        assert (list(console.keys), count_entries()) == (["k1"], 0)


class TestPromote:
    def test_makes_it_the_key_for_new_values(self, console):
        console.run("add")
        console.run("promote", "k2", "--reason", "yearly, OPS-1")
        assert console.primary == "k2"
        assert_audited(
            Action.KEY_PROMOTED, actor=CLI, changes={"key": ["k1", "k2"]}, reason="yearly, OPS-1"
        )
        console.restart()
        assert make_tenant(**VALUES).sip_domain_sealed.startswith("e1.k2.")

    @pytest.mark.parametrize(
        ("kid", "words"), [("k9", "not in the key ring"), ("k1", "primary key already")]
    )
    def test_refuses(self, console, kid, words):
        before = count_entries()
        assert words in console.run("promote", kid, code=1).output
        assert (console.primary, count_entries()) == ("k1", before)

    def test_refuses_a_retired_key_that_came_back_from_a_copy(self, console):
        console.run("add")
        old = console.path.read_text()
        console.run("retire", "k2")
        console.path.write_text(old)
        assert "was retired" in console.run("promote", "k2", code=1).output

    def test_refuses_a_file_with_another_key_of_that_id(self, console):
        console.run("add")
        ring = json.loads(console.path.read_text())
        ring["keys"]["k1"], ring["keys"]["k2"] = ring["keys"]["k2"], ring["keys"]["k1"]
        console.path.write_text(json.dumps(ring))
        with pytest.raises(Tampered, match="k1"):
            check_ring(console.stored())


@pytest.mark.both_databases
class TestRetire:
    def test_refuses_the_primary_key(self, console):
        assert "promote another" in console.run("retire", "k1", code=1).output

    def test_refuses_what_was_never_there(self, console):
        assert "there is no key k9" in console.run("retire", "k9", code=1).output

    def test_refuses_while_values_use_it_and_says_how_many(self, console):
        make_tenant(**VALUES)
        console.run("add")
        console.run("promote", "k2")
        # Three fields, two of them also in the history, and the row's seal.
        assert "used by 6 value(s)" in console.run("retire", "k1", code=1).output
        assert sorted(console.keys) == ["k1", "k2"]

    def test_refuses_while_a_blind_index_alone_uses_it(self, console):
        tenant = make_tenant(**VALUES)
        old = tenant.sip_domain_index
        console.run("add")
        console.run("promote", "k2")
        console.run("rotate")
        raw.past_the_guards(f"UPDATE tenants SET sip_domain_index = '{old}'")
        assert "used by 1 value(s)" in console.run("retire", "k1", code=1).output
        # Nobody vouches for an index that was put there.
        assert "tenants.sip_domain of" in console.run("rotate", code=1).output
        console.restart()
        revise(tenant, Action.TENANT_SIP, sip_domain="b.example")
        console.run("retire", "k1")

    def test_takes_it_out_of_the_ring_and_says_so(self, console):
        make_tenant(**VALUES)
        for command in (["add"], ["promote", "k2"], ["rotate"], ["retire", "k1"]):
            console.run(*command)
        assert list(console.keys) == ["k2"]
        assert_audited(Action.KEY_RETIRED, actor=CLI, changes={"key": ["k1", None]})
        assert "was retired already" in console.run("retire", "k1", code=1).output
        assert_history_holds()

    def test_done_again_after_a_crash_removes_it_from_the_file(self, console, monkeypatch):
        console.run("add")
        console.restart()

        def crash(*_arguments):
            raise OSError("killed")

        with monkeypatch.context() as patch, pytest.raises(OSError, match="killed"):
            patch.setattr(operations, "write_private", crash)
            operations.retire("k2", command_actor("op"))
        assert sorted(console.keys) == ["k1", "k2"]
        before = count_entries()
        console.run("retire", "k2")
        assert (list(console.keys), count_entries()) == (["k1"], before)

    def test_lets_no_process_write_with_it_afterwards(self, console):
        """A process that was started before the promotion still holds the old ring."""
        old = console.app
        for command in (["add"], ["promote", "k2"], ["rotate"], ["retire", "k1"]):
            console.run(*command)
        with inside(old):
            raw.refused_by(lambda: make_tenant(**VALUES), match="was retired")
        console.restart()
        tenant_id = make_tenant(**VALUES).id
        raw.refused(
            "UPDATE tenants SET sip_password = 'e1.k1.AAAA', version = version + 1",
            match="was retired",
        )
        assert db.session.get_one(Tenant, tenant_id).sip_password == VALUES["sip_password"]


class TestInTheEnvironment:
    def test_every_step_prints_the_ring(self, in_environment):
        make_tenant(**VALUES)
        added = in_environment.run("add")
        assert json.loads(added.stdout)["primary"] == "k1"
        assert sorted(in_environment.keys) == ["k1", "k2"]
        in_environment.run("promote", "k2")
        assert in_environment.primary == "k2"
        in_environment.run("rotate")
        in_environment.run("retire", "k1")
        assert list(in_environment.keys) == ["k2"]
        in_environment.restart()
        assert [t.sip_domain for t in db.session.scalars(db.select(Tenant))] == ["a.example"]

    def test_a_new_ring_that_was_mislaid_does_no_harm(self, in_environment):
        before = in_environment.ring
        in_environment.run("add")
        in_environment.ring = before
        in_environment.restart()
        assert keyring().ids == ["k1"]


class TestRunningProcess:
    """Started before `add`: it meets values under a key that it lacks."""

    def test_cannot_read_that_value_and_leaves_it_alone(self, console):
        old = console.app
        console.run("add")
        console.run("promote", "k2")
        console.restart()
        tenant = make_tenant(**VALUES, name="Acme")
        token = tenant.sip_domain_sealed
        with inside(old):
            row = db.session.get_one(Tenant, tenant.id)
            with pytest.raises(KeyMissing, match="k2"):
                assert row.sip_domain
            assert row.name == "Acme"
        assert raw.rows("SELECT sip_domain FROM tenants") == [(token,)]

    def test_cannot_save_what_was_sealed_with_it(self, console):
        old = console.app
        console.run("add")
        console.run("promote", "k2")
        console.restart()
        tenant_id = make_tenant(**VALUES).id
        with inside(old), raw.unchanged():
            tenant = db.session.get_one(Tenant, tenant_id)
            for values in ({"retention_days": 5}, {"sip_password": "another password"}):
                with pytest.raises(CannotSeal, match="k2"):
                    revise(tenant, Action.TENANT_SIP, **values)

    def test_cannot_be_started_without_it(self, console):
        without = console.path.read_text()
        console.run("add")
        console.path.write_text(without)
        with pytest.raises(KeyMissing, match="k2"):
            check_ring(console.stored())

    def test_needs_no_retired_key_and_accepts_one(self, console):
        console.run("add")
        with_both = console.path.read_text()
        console.run("retire", "k2")
        console.restart()
        console.path.write_text(with_both)
        check_ring(console.stored())
        console.path.write_text(with_both.replace('"primary": "k1"', '"primary": "k2"'))
        with pytest.raises(KeyMissing, match="k2 was retired"):
            check_ring(console.stored())


class TestStatus:
    def test_says_state_age_and_use(self, console):
        make_tenant(**VALUES)
        console.run("add")
        lines = [line.split() for line in console.run("status").output.splitlines()]
        assert [line[0] for line in lines] == ["KEY", "k1", "k2"]
        assert (lines[1][1], lines[1][-1]) == ("primary", "6")
        assert (lines[2][1:3], lines[2][-1]) == (["decrypt", "only"], "0")


class TestRunbook:
    def test_of_the_documentation_works_word_by_word(self, console):
        """docs/keys.md: its commands in its order, with its restarts."""
        make_tenant(**VALUES)
        text = (ROOT / "docs" / "keys.md").read_text()
        steps = text.partition("A process reads")[0]
        commands = re.findall(r"--app wsgi keys (\w+(?: k\d)?)|(restart every)", steps)
        assert [first.split()[0] for first, _ in commands if first] == [
            *("status", "add", "promote", "rotate", "retire")
        ]
        for command, restart in commands:
            console.restart() if restart else console.run(*command.split())
        assert list(console.keys) == ["k2"]
        assert db.session.scalars(db.select(Tenant.sip_username_sealed)).one().startswith("e1.k2")
        assert [key.split()[1] for key in console.run("status").output.splitlines()[1:]] == [
            *("retired", "primary")
        ]
