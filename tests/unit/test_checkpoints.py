"""Checkpoints: signed, chained, in both places, and mended when one write was lost."""

import json
import threading
from datetime import timedelta

import pytest

from tests import tampering, verifier
from tests.apps import inside
from tests.factories import make_tenant
from tests.history import count_entries, last_entry
from tests.raw import refused, run, unchanged
from webui.core.extensions import db, write_transaction
from webui.crypto import signing
from webui.history.checkpoints import checkpoint_lines, checkpoints, file_lines
from webui.history.record import chain
from webui.history.verification import anchors, raw_rows
from webui.jobs.registry import JOBS
from webui.models import AuditCheckpoint
from webui.models.columns import now

pytestmark = [pytest.mark.usefixtures("app"), pytest.mark.both_databases]


@pytest.fixture
def file(config):
    return config.checkpoints


def stored():
    db.session.rollback()
    query = db.select(AuditCheckpoint.line).order_by(AuditCheckpoint.seq)
    return list(db.session.scalars(query))


def written(file):
    return file.read_text().splitlines()


class TestMake:
    def test_signs_how_the_history_ends(self, config):
        make_tenant()
        made = checkpoints.make()
        entry = last_entry()
        assert (made.seq, made.hash, made.prev) == (entry.seq, entry.hash, chain.GENESIS)
        value = json.loads(made.line)
        signature = value.pop("signature")
        public = signing.public_key(config.audit_key)
        assert signing.is_signed(public, verifier.canonical(value).encode(), signature)
        value["seq"] += 1
        assert not signing.is_signed(public, verifier.canonical(value).encode(), signature)

    def test_each_follows_the_one_before(self):
        for _ in range(3):
            make_tenant()
            checkpoints.make()
        first, second, third = map(checkpoints.parse, stored())
        assert (second.prev, third.prev) == (first.digest, second.digest)

    def test_is_in_both_places(self, file):
        make_tenant()
        made = checkpoints.make()
        assert stored() == written(file) == [made.line]

    def test_happens_once_for_the_same_entries(self, file):
        make_tenant()
        made = checkpoints.make()
        with unchanged():
            assert checkpoints.make() == made
        assert len(written(file)) == 1
        assert not checkpoints.checkpoint_due()

    def test_needs_an_entry(self):
        assert not checkpoints.checkpoint_due()
        with pytest.raises(checkpoints.NothingYet):
            checkpoints.make()

    def test_never_happens_inside_a_save(self):
        make_tenant()
        with pytest.raises(RuntimeError), write_transaction():
            checkpoints.make()
        assert stored() == []

    def test_at_the_same_time_makes_one(self, app, file):
        make_tenant()
        db.session.rollback()

        def make():
            with app.app_context():
                checkpoints.make()

        threads = [threading.Thread(target=make) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(stored()) == 1
        assert written(file) == stored()

    def test_the_worker_does_it_every_minute(self):
        assert JOBS["checkpoints"].every == timedelta(minutes=1)
        assert not JOBS["checkpoints"].pending()
        make_tenant()
        assert JOBS["checkpoints"].pending()
        JOBS["checkpoints"].work(None)
        assert len(stored()) == 1

    def test_is_never_earlier_than_its_entry(self, monkeypatch):
        make_tenant()
        monkeypatch.setattr(checkpoints, "now", lambda: now() - timedelta(hours=1))
        assert checkpoints.make().at == chain.timestamp(last_entry().at)

    def test_one_made_while_others_are_read_is_no_forgery(self, config, monkeypatch):
        make_tenant()
        real = file_lines.read_texts

        def late(file):
            make_tenant()
            checkpoints.make()
            return real(file)

        monkeypatch.setattr(file_lines, "read_texts", late)
        key = signing.public_key(config.audit_key)
        with db.engine.connect() as connection:
            reading = checkpoint_lines.Reading(connection, config.checkpoints, key)
            valid = list(reading.valid(connection))
        assert (len(valid), reading.problems) == (1, [])

    def test_are_compared_a_few_at_a_time(self, config, monkeypatch):
        """There may be millions; only the first four are of an entry as it is now."""
        for _ in range(5):
            make_tenant()
            checkpoints.make()
        with tampering.without_guards() as connection:
            tampering.rewrite(connection, 5, lambda body: body.update(reason="forged"))
        monkeypatch.setattr(checkpoint_lines, "AT_ONCE", 2)
        asked = []
        real = raw_rows.bodies
        monkeypatch.setattr(
            raw_rows, "bodies", lambda at, seqs: asked.append(seqs) or real(at, seqs)
        )
        found = anchors.Anchors()
        with db.engine.connect() as connection:
            key = signing.public_key(config.audit_key)
            reading = checkpoint_lines.Reading(connection, config.checkpoints, key)
            for _ in found.compare(connection, reading.valid(connection)):
                pass
        assert asked == [[1, 2], [3, 4], [5]]
        assert (found.count, found.last, found.right, found.wrong) == (5, 5, 4, [(5, 4)])
        assert reading.problems == []

    def test_one_that_was_moved_to_another_entry_is_found(self, config):
        make_tenant()
        checkpoints.make()
        with tampering.without_guards() as connection:
            connection.exec_driver_sql("UPDATE audit_checkpoints SET seq = 999")
        key = signing.public_key(config.audit_key)
        with db.engine.connect() as connection:
            reading = checkpoint_lines.Reading(connection, None, key)
            assert not list(reading.valid(connection))
        [problem] = reading.problems
        assert problem.text == "The checkpoint at entry 999 in the database is of another entry."

    def test_writes_no_entry(self):
        make_tenant()
        before = count_entries()
        checkpoints.make()
        assert count_entries() == before


class TestFile:
    def test_gets_what_a_crash_kept_from_it(self, file):
        make_tenant()
        checkpoints.make()
        kept = file.read_bytes()
        for _ in range(2):
            make_tenant()
            checkpoints.make()
        file.write_bytes(kept)
        checkpoints.make()
        assert written(file) == stored()

    @pytest.mark.parametrize("cut", [1, 50, -1])
    def test_a_line_that_was_cut_short_is_completed(self, file, cut):
        for _ in range(2):
            make_tenant()
            checkpoints.make()
        whole = file.read_bytes()
        start = whole.index(b"\n") + 1
        file.write_bytes(whole[: start + cut] if cut > 0 else whole[:cut])
        checkpoints.make()
        assert file.read_bytes() == whole

    def test_what_is_no_beginning_of_a_line_stays_and_is_told_apart(self, file):
        make_tenant()
        made = checkpoints.make()
        file.write_text("rubbish")
        checkpoints.make()
        assert written(file) == ["rubbish", made.line]

    def test_keeps_what_the_database_lost(self, file, session):
        for _ in range(2):
            make_tenant()
            checkpoints.make()
        foreign = written(file)[-1].replace('"seq":2', '"seq":7')
        file.write_text(f"{foreign}\n")
        checkpoints.make()
        assert written(file) == [foreign, *stored()]

    def test_that_cannot_be_written_loses_nothing(self, make_app, tmp_path):
        app = make_app(checkpoints=tmp_path)
        with inside(app):
            make_tenant()
            with pytest.raises(OSError):
                checkpoints.make()
            assert len(stored()) == 1


class TestGuard:
    def test_checkpoints_are_append_only(self):
        make_tenant()
        checkpoints.make()
        refused("UPDATE audit_checkpoints SET line = 'x'")
        refused("DELETE FROM audit_checkpoints")
        refused("INSERT INTO audit_checkpoints (seq, line) VALUES (1, 'x')")
        refused("INSERT INTO audit_checkpoints (seq, line) VALUES (0, 'x')")

    def test_a_newer_one_may_follow(self):
        run("INSERT INTO audit_checkpoints (seq, line) VALUES (5, 'x')")
        refused("INSERT INTO audit_checkpoints (seq, line) VALUES (4, 'x')")


class TestParse:
    @pytest.mark.parametrize(
        "line",
        [
            *("", "{}", "[]", "x", "null", "1"),
            '{"at":"","hash":"","prev":"","seq":"1","signature":"","v":1}',
            '{"at":"","hash":"","prev":"","seq":1,"signature":"","v":2}',
            '{"at":"","hash":"","prev":"","seq":true,"signature":"","v":1}',
            '{"at":"","hash":null,"prev":"","seq":1,"signature":"","v":1}',
            '{"v":1,"at":"","hash":"","prev":"","seq":1,"signature":""}',
            "[" * 100_000,
        ],
    )
    def test_refuses_what_is_no_checkpoint(self, line):
        with pytest.raises(checkpoints.BadLine):
            checkpoints.parse(line)
