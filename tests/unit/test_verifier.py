"""Attacks on the history by who owns the tables: each is found, and where."""

import base64
import secrets
from uuid import uuid4

import pytest
from sqlalchemy import delete, insert, select, update

from tests import snapshots, tampering, verifier
from tests.factories import make_tenant, revise
from tests.history import of_the_history
from tests.tampering import without_guards
from webui.core.extensions import db, keyring
from webui.crypto import signing
from webui.history.checkpoints import checkpoint_lines, checkpoints
from webui.history.record import chain
from webui.history.record.actions import Action
from webui.history.verification import verdict
from webui.history.verification import verifier as verify
from webui.history.verification.checks import COLUMNS
from webui.models import AuditCheckpoint, AuditEntry, AuditField, AuditWord

# Entries 1 to 10; checkpoints after 4 and after 8.
FIRST, SECOND, HEAD = 4, 8, 10


@pytest.fixture
def history(config):
    snapshots.begin(ten_entries, config.checkpoints)


def ten_entries():
    tenant = make_tenant(name="One", sip_domain="a.example")
    for number in range(2, HEAD + 1):
        revise(tenant, Action.TENANT_BILLING, max_concurrent_calls=number + 10)
        if number in (FIRST, SECOND):
            checkpoints.make()


@pytest.fixture
def found(app, monkeypatch):
    """Gives the problems found, as (kind, first, last): at once and, the same, in pieces of three.

    The attacks meet the borders between pieces as well, and those between single checkpoints.
    """

    def in_pieces_of(size):
        monkeypatch.setattr(verify, "PIECE", size)
        monkeypatch.setattr(checkpoint_lines, "AT_ONCE", size - 2)
        return of_the_history(result(app))

    def found():
        problems = in_pieces_of(10_000)
        assert in_pieces_of(3) == problems
        assert_second_opinion(problems)
        return problems

    return found


# What only checkpoints tell, which the second opinion on the database does not read.
BY_CHECKPOINTS = {"checkpoint", "cut", "rebuilt"}


def assert_second_opinion(problems):
    """A verifier written from the documented format alone finds the same history wanting."""
    url = db.engine.url.render_as_string(hide_password=False)
    second = verifier.judge(url, keyring().to_json())
    assert bool(second) == any(kind not in BY_CHECKPOINTS for kind, _, _ in problems), second


def result(app, file=None):
    config = app.extensions["webui_config"]
    db.session.rollback()
    url = db.engine.url.render_as_string(hide_password=False)
    return verify.verify_history(
        url, signing.public_key(config.audit_key), file or config.checkpoints
    )


def edit(body):
    body["reason"] = "forged"


@pytest.mark.both_databases
class TestAnUntouchedHistory:
    def test_holds(self, app, history, found):
        assert found() == []
        judged = result(app)
        assert (judged.entries, judged.head, judged.checkpoints) == (HEAD, HEAD, 2)
        assert judged.uncovered == HEAD - SECOND

    def test_holds_while_it_is_empty(self, app):
        judged = result(app)
        assert judged.holds
        assert judged.notices

    def test_compares_every_column(self):
        assert set(COLUMNS) == {column.name for column in AuditEntry.__table__.columns}

    def test_on_two_processes(self, app, history, monkeypatch):
        monkeypatch.setattr(verify, "PIECE", 3)
        monkeypatch.setattr(verify, "_WORTH_IT", 0)
        with without_guards() as connection:
            tampering.rewrite(connection, 5, edit)
        heard = []
        config = app.extensions["webui_config"]
        url = db.engine.url.render_as_string(hide_password=False)
        judged = verify.verify_history(
            url,
            signing.public_key(config.audit_key),
            config.checkpoints,
            lambda done, total: heard.append((done, total)),
        )
        assert [p.text for p in judged.problems] == ["Entry 5 was changed after it was written."]
        assert judged.entries == HEAD
        assert heard == sorted(heard)
        assert heard[-1] == (HEAD, HEAD)


class TestEdit:
    @pytest.mark.parametrize("seq", [1, 3, 4, 7, 9, 10])
    def test_of_the_body(self, history, found, seq):
        with without_guards() as connection:
            body = tampering.body_of(connection, seq)
            forged = chain.canonical(body | {"reason": "forged"})
            tampering.set_columns(connection, seq, body=forged)
        assert found() == [("changed", seq, seq), ("column", seq, seq)]

    @pytest.mark.parametrize("seq", [1, 3, 4, 7, 8])
    def test_of_body_hash_and_columns(self, history, found, seq):
        with without_guards() as connection:
            tampering.rewrite(connection, seq, edit)
        assert found() == [("changed", seq, seq)]

    def test_of_body_hash_and_columns_before_the_last(self, history, found):
        with without_guards() as connection:
            tampering.rewrite(connection, HEAD - 1, edit)
        assert found() == [("unlinked", HEAD - 1, HEAD)]

    @pytest.mark.both_databases
    @pytest.mark.parametrize(
        ("column", "value"),
        [
            ("actor_name", "somebody else"),
            ("address", "192.0.2.99"),
            ("tenant_id", None),
            ("tenant_version", 99),
            ("outcome", "failed"),
        ],
    )
    def test_of_a_column(self, app, history, found, column, value):
        with without_guards() as connection:
            tampering.set_columns(connection, 6, **{column: value})
        assert found() == [("column", 6, 6)]
        assert column in result(app).problems[0].text

    @pytest.mark.parametrize("reason", ["forged", None])
    def test_of_the_reason_s_column_but_not_its_words(self, history, found, reason):
        with without_guards() as connection:
            tampering.set_columns(connection, 6, reason=reason)
        assert found() == [("words", 6, 6), ("column", 6, 6)]

    def test_of_the_hash_column(self, history, found):
        with without_guards() as connection:
            tampering.set_columns(connection, 6, hash="f" * 64)
        assert found() == [("changed", 6, 6)]

    def test_of_the_listed_fields(self, history, found):
        table = AuditField.__table__
        with without_guards() as connection:
            connection.execute(delete(table).where(table.c.seq == 3))
            connection.execute(insert(table), {"seq": 5, "field": "name"})
            connection.execute(update(table).where(table.c.seq == 7).values(tenant_id=None))
        assert found() == [("column", seq, seq) for seq in (3, 5, 7)]

    @pytest.mark.parametrize("forged", ["joined", "of another tenant", "doubled"])
    def test_of_one_listed_field_of_several(self, history, found, forged):
        """The first entry lists many; the database joins their names with commas."""
        table = AuditField.__table__
        first, second = (
            (table.c.seq == 1) & (table.c.field == name) for name in ("name", "sip_domain")
        )
        with without_guards() as connection:
            match forged:
                case "joined":
                    connection.execute(delete(table).where(second))
                    joined = update(table).where(first).values(field="name,sip_domain")
                    connection.execute(joined)
                case "of another tenant":
                    connection.execute(update(table).where(second).values(tenant_id=uuid4()))
                case "doubled":
                    tenant = connection.scalar(select(table.c.tenant_id).where(first))
                    row = {"seq": 1, "field": "name,sip_domain", "tenant_id": tenant}
                    connection.execute(insert(table), row)
        assert found() == [("column", 1, 1)]

    def test_that_is_no_entry_any_more(self, history, found):
        with without_guards() as connection:
            for seq, body in ((3, "[]"), (5, "{"), (7, '{"seq":7}')):
                tampering.set_columns(connection, seq, body=body)
        kinds = found()
        assert {first for kind, first, _ in kinds if kind == "format"} == {3, 5, 7}
        assert {first for kind, first, _ in kinds if kind == "changed"} == {3, 5, 7}

    def test_of_the_number_of_the_format(self, history, found):
        with without_guards() as connection:
            tampering.rewrite(connection, HEAD, lambda body: body.update(v=chain.VERSION + 1))
        assert found() == [("format", HEAD, HEAD)]

    def test_of_every_entry_is_one_problem(self, history, found):
        with without_guards() as connection:
            for seq in range(1, HEAD + 1):
                tampering.set_columns(connection, seq, address="192.0.2.99")
        assert found() == [("column", 1, HEAD)]


@pytest.mark.both_databases
class TestEditOfWords:
    """They are no part of an entry's text; the search stands on them."""

    TABLE = AuditWord.__table__

    def test_one_taken_away(self, history, found):
        with without_guards() as connection:
            mine = connection.execute(select(self.TABLE.c.word).where(self.TABLE.c.seq == 3))
            word = mine.scalars().first()
            here = (self.TABLE.c.seq == 3) & (self.TABLE.c.word == word)
            connection.execute(delete(self.TABLE).where(here))
        assert found() == [("words", 3, 3)]

    def test_all_taken_away(self, history, found):
        with without_guards() as connection:
            connection.execute(delete(self.TABLE).where(self.TABLE.c.seq.in_([1, HEAD])))
        assert found() == [("words", 1, 1), ("words", HEAD, HEAD)]

    @pytest.mark.parametrize("seq", [1, 3, 4, HEAD])
    def test_one_added(self, history, found, seq):
        with without_guards() as connection:
            connection.execute(insert(self.TABLE), {"word": "forged", "seq": seq})
        assert found() == [("words", seq, seq)]

    def test_one_replaced(self, app, history, found):
        with without_guards() as connection:
            mine = connection.execute(select(self.TABLE.c.word).where(self.TABLE.c.seq == 7))
            here = (self.TABLE.c.seq == 7) & (self.TABLE.c.word == mine.scalars().first())
            connection.execute(update(self.TABLE).where(here).values(word="forged"))
        assert found() == [("words", 7, 7)]
        assert "Entry 7 is found by other words" in result(app).problems[0].text

    def test_two_joined_into_one(self, history, found):
        with without_guards() as connection:
            mine = connection.execute(select(self.TABLE.c.word).where(self.TABLE.c.seq == 5))
            joined = " ".join(sorted(mine.scalars()))
            connection.execute(delete(self.TABLE).where(self.TABLE.c.seq == 5))
            connection.execute(insert(self.TABLE), {"word": joined, "seq": 5})
        assert found() == [("words", 5, 5)]

    def test_some_of_no_entry(self, history, found):
        with without_guards() as connection:
            connection.execute(insert(self.TABLE), {"word": "forged", "seq": -4})
        assert found() == [("words", -4, -4)]


class TestDelete:
    @pytest.mark.parametrize(("first", "last"), [(1, 1), (3, 3), (2, 6), (9, 9)])
    def test_leaves_a_gap(self, history, found, first, last):
        with without_guards() as connection:
            tampering.remove(connection, first, last)
        assert found() == [("gap", first, last)]

    def test_with_the_others_renumbered(self, history, found):
        with without_guards() as connection:
            tampering.remove(connection, 5, 5)
            for seq in range(6, HEAD + 1):
                move(connection, seq, seq - 1)
        assert found() == [("gap", 5, 5), ("renumbered", 5, 9)]

    def test_of_everything(self, history, found):
        with without_guards() as connection:
            tampering.remove(connection, 1, HEAD)
        assert found() == [("cut", 1, SECOND)]

    def test_of_the_tail(self, history, found):
        with without_guards() as connection:
            tampering.remove(connection, 7, HEAD)
        assert found() == [("cut", 7, SECOND)]

    def test_of_what_no_checkpoint_covers_shows_in_its_row(self, app, history, found):
        with without_guards() as connection:
            tampering.remove(connection, SECOND + 1, HEAD)
        assert found() == []
        problems = {(p.kind, p.first) for p in result(app).problems}
        assert problems == {("row", SECOND), ("seal", None)}


def move(connection, seq, to):
    """Gives an entry another place, its extracts with it."""
    for model in (AuditField, AuditWord, AuditEntry):
        table = model.__table__
        connection.execute(update(table).where(table.c.seq == seq).values(seq=to))


class TestInsert:
    def test_between_two_with_the_others_renumbered(self, history, found):
        with without_guards() as connection:
            for seq in range(HEAD, 4, -1):
                move(connection, seq, seq + 1)
            tampering.put(connection, forged(connection, 4, seq=5))
        assert found() == [("inserted", 5, 5), ("renumbered", 6, HEAD + 1)]

    def test_at_the_end_without_its_place_in_the_chain(self, history, found):
        with without_guards() as connection:
            body = forged(connection, 3, seq=HEAD + 1)
            tampering.put(connection, body)
        assert found() == [("unlinked", HEAD, HEAD + 1), ("time", HEAD + 1, HEAD + 1)]


def forged(connection, after, seq):
    """A new entry that follows another one."""
    body = tampering.body_of(connection, after)
    prev = chain.digest(chain.canonical(body))
    tenant = {**body["tenant"], "version": None}
    return body | {
        "seq": seq,
        "id": str(uuid4()),
        "prev": prev,
        "reason": "forged",
        "tenant": tenant,
    }


class TestReorder:
    @pytest.mark.parametrize(("one", "other"), [(3, 4), (2, 7), (5, 10)])
    def test_of_two(self, history, found, one, other):
        with without_guards() as connection:
            move(connection, one, 99)
            move(connection, other, one)
            move(connection, 99, other)
        assert found() == [("reordered", one, one), ("reordered", other, other)]


class TestRebuild:
    @pytest.mark.parametrize(
        ("seq", "interval"),
        [(1, (1, FIRST)), (FIRST, (1, FIRST)), (5, (5, SECOND)), (SECOND, (5, SECOND))],
    )
    def test_shows_between_two_checkpoints(self, history, found, seq, interval):
        with without_guards() as connection:
            tampering.rebuild(connection, seq, HEAD, edit)
        assert found() == [("rebuilt", *interval)]

    def test_of_what_no_checkpoint_covers_cannot_be_seen(self, app, history, found):
        with without_guards() as connection:
            tampering.rebuild(connection, SECOND + 1, HEAD, edit)
        assert found() == []
        assert result(app).uncovered == HEAD - SECOND


@pytest.mark.both_databases
class TestCheckpoints:
    def test_changed_in_the_database(self, app, history, found):
        set_line("{}")
        assert found() == [("checkpoint", SECOND, SECOND)] * 2

    def test_signed_with_another_key(self, app, history, found):
        seed = base64.b64encode(secrets.token_bytes(32)).decode()
        old = checkpoints.parse(stored()[SECOND])
        set_line(checkpoints.signed_line(seed, old.seq, old.hash, old.at, old.prev))
        assert ("checkpoint", SECOND, SECOND) in found()
        assert "badly signed" in result(app).problems[0].text

    def test_removed_from_the_database_stay_in_the_file(self, app, history, found):
        table = AuditCheckpoint.__table__
        with without_guards() as connection:
            connection.execute(delete(table))
            tampering.rebuild(connection, 3, HEAD, edit)
        assert ("rebuilt", 1, FIRST) in found()
        assert ("checkpoint", SECOND, SECOND) in found()

    def test_removed_from_the_middle(self, app, history, found):
        table = AuditCheckpoint.__table__
        with without_guards() as connection:
            connection.execute(delete(table).where(table.c.seq == FIRST))
        texts = [p.text for p in result(app).problems]
        assert any("does not follow" in text for text in texts)

    def test_a_file_kept_elsewhere_counts(self, app, history, tmp_path):
        kept = tmp_path / "kept.jsonl"
        kept.write_text("".join(f"{line}\n" for line in stored().values()))
        table = AuditCheckpoint.__table__
        with without_guards() as connection:
            connection.execute(delete(table))
            tampering.remove(connection, 7, HEAD)
        kinds = {kind for kind, *_ in of_the_history(result(app, kept))}
        assert kinds == {"cut", "checkpoint"}

    def test_with_another_public_key_nothing_is_signed(self, app, history):
        seed = base64.b64encode(secrets.token_bytes(32)).decode()
        url = db.engine.url.render_as_string(hide_password=False)
        judged = verify.verify_history(url, signing.public_key(seed), None)
        assert [p.kind for p in judged.problems] == ["checkpoint", "checkpoint"]
        assert judged.uncovered == HEAD


def stored():
    db.session.rollback()
    rows = db.session.execute(db.select(AuditCheckpoint.seq, AuditCheckpoint.line)).all()
    return {row.seq: row.line for row in rows}


def set_line(line):
    table = AuditCheckpoint.__table__
    with without_guards() as connection:
        connection.execute(update(table).where(table.c.seq == SECOND).values(line=line))


class TestVerdict:
    def test_tells_no_more_problems_than_can_be_read(self):
        judged = verdict.Verdict()
        for seq in range(verdict.MOST + 10):
            judged.add(verdict.Problem("changed", seq, seq, "x"))
        assert len(judged.problems) == verdict.MOST + 1
        assert judged.problems[-1].kind == "more"

    @pytest.mark.parametrize(
        ("found", "taken", "left"),
        [
            ([(1, 5)], [(2, 3)], [(1, 1), (4, 5)]),
            ([(1, 5)], [(1, 5)], []),
            ([(1, 5)], [], [(1, 5)]),
            ([(1, 2), (4, 6)], [(2, 4)], [(1, 1), (5, 6)]),
            ([(1, 2), (3, 4)], [(9, 9)], [(1, 4)]),
        ],
    )
    def test_takes_spans_from_spans(self, found, taken, left):
        assert verdict.without(found, taken) == left
