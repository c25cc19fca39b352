"""The proof panel of the history page, and the verification that the worker runs."""

from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import text, update

from tests import tampering
from tests.factories import make_tenant
from tests.raw import only_asked, rows, unchanged
from tests.tampering import without_guards
from tests.web import dom
from webui.core.extensions import db, is_sqlite, write_transaction
from webui.history.checkpoints import checkpoints
from webui.history.proof import verification_jobs
from webui.jobs import Run, leases
from webui.jobs.registry import JOBS
from webui.models import AuditVerification


@pytest.fixture(autouse=True)
def some_history(app):
    make_tenant()
    checkpoints.make()


def work():
    """What the worker does about it."""
    JOBS["verification"].work(Run())


def ask(browser):
    page = browser.get("/audit")
    return browser.client.post(
        "/audit/verification", data={"csrf_token": token(page)}, follow_redirects=False
    )


def token(page):
    form = dom.elements(page.by_id("proof"), "form")[0]
    return dom.fields(form)["csrf_token"][0]


class TestPanel:
    def test_says_at_first_that_nothing_was_verified(self, admin):
        said = admin.get("/audit").words_of("proof")
        assert "Never verified yet." in said
        assert "Newest checkpoint" in said

    def test_says_when_no_worker_lives(self, admin):
        assert "No worker" in admin.get("/audit").words_of("proof")
        leases.beat(uuid4())
        assert "No worker" not in admin.get("/audit").words_of("proof")

    def test_shows_the_public_key(self, admin):
        key = verification_jobs.proof().public_key
        db.session.rollback()
        assert key in admin.get("/audit").words_of("proof")

    @pytest.mark.parametrize("role", ["admin", "auditor"])
    def test_is_there_for_who_may_prove(self, sign_in, role):
        assert sign_in(role).get("/audit").has("proof")

    def test_is_not_there_for_support(self, sign_in):
        browser = sign_in("support")
        assert not browser.get("/audit").has("proof")
        assert browser.get("/audit/proof", 403).status == 403

    def test_is_a_fragment_of_the_page(self, admin):
        assert admin.get("/audit/proof", htmx=True).has("proof")
        assert admin.get("/audit/proof", None).location == "/audit#proof"

    def test_bears_a_checkpoint_that_somebody_spoiled(self, admin):
        with without_guards() as connection:
            connection.exec_driver_sql("UPDATE audit_checkpoints SET line = '{}'")
        assert "No checkpoint yet." in admin.get("/audit").words_of("proof")

    def test_counts_what_no_checkpoint_covers(self, admin):
        checkpoints.make()
        for _ in range(2):
            make_tenant()
        said = admin.get("/audit").words_of("proof")
        assert "The newest 2 entries (since " in said
        assert ") are not covered by a checkpoint yet." in said

    def test_says_at_once_that_the_end_was_cut_off(self, admin, tenant):
        checkpoints.make()
        assert "Cut off" not in admin.get("/audit").words_of("proof")
        for _ in range(3):
            make_tenant()
        made = checkpoints.make()
        with without_guards() as connection:
            tampering.remove(connection, made.seq - 1, made.seq)
        said = admin.get("/audit").words_of("proof")
        assert f"Entries missing The history ends at entry {made.seq - 2}" in said
        assert "-" not in said.partition("Newest checkpoint")[2].partition("Public key")[0]


class TestVerification:
    def test_is_asked_for_and_told(self, admin):
        assert ask(admin).location == "/audit#proof"
        said = admin.get("/audit").words_of("proof")
        assert "Waiting for the worker." in said
        assert admin.user.username in said
        assert verification_jobs.is_asked()
        work()
        said = admin.get("/audit").words_of("proof")
        assert "Holds" in said
        assert "verified" in said
        assert not verification_jobs.is_asked()

    @pytest.mark.parametrize(
        ("more", "which", "words"),
        [
            (0, "the newest entry", "was not covered by a checkpoint"),
            (1, "the newest 2 entries", "were not covered by a checkpoint"),
        ],
    )
    def test_tells_what_no_checkpoint_covers(self, admin, more, which, words):
        ask(admin)
        checkpoints.make()
        for _ in range(more + 1):
            make_tenant()
        work()
        page = admin.get("/audit")
        assert f"{which} (since " in page.words_of("proof")
        assert words in page.words_of("proof")
        assert "Proof: holds, just now" in page.words

    def test_tells_what_does_not_hold(self, admin):
        with without_guards() as connection:
            tampering.set_columns(connection, 1, reason="forged")
        ask(admin)
        work()
        said = admin.get("/audit").words_of("proof")
        assert "Does not hold" in said
        assert "Entry 1 differs from its body in column reason." in said

    def test_tells_that_it_could_not_check(self, admin, monkeypatch):
        ask(admin)
        tampering.break_reading(monkeypatch)
        work()
        assert "Not checked" in admin.get("/audit").words_of("proof")

    def test_twice_is_once(self, admin):
        ask(admin)
        with unchanged():
            verification_jobs.request_verification("somebody else")
        assert rows("SELECT count(*) FROM audit_verifications") == [(1,)]

    def test_answers_htmx_with_the_panel(self, admin):
        page = admin.get("/audit")
        answer = admin.post("/audit/verification", {"csrf_token": token(page)}, htmx=True)
        assert "Waiting for the worker." in answer.words_of("proof")

    def test_is_begun_anew_when_the_worker_ends(self, admin):
        ask(admin)
        run = Run()
        run.shutdown.set()
        JOBS["verification"].work(run)
        assert verification_jobs.is_asked()
        work()
        assert "Holds" in admin.get("/audit").words_of("proof")

    def test_says_how_far_it_is(self, admin):
        ask(admin)
        with write_transaction():
            values = {"started_at": verification_jobs.now() - timedelta(seconds=3), "checked": 1}
            db.session.execute(update(AuditVerification).values(**values))
        assert "% done" in admin.get("/audit").words_of("proof")

    @pytest.mark.parametrize(
        ("column", "value"),
        [
            ("outcome", "holds"),
            ("report", '{"entries": 1, "checkpoints": 1}'),
            ("ended_at", "2030-01-01 00:00:00.000000"),
            ("asked_by", "somebody else"),
            ("signature", None),
            ("signature", "AAAA"),
        ],
    )
    def test_that_somebody_changed_says_nothing(self, admin, column, value):
        with without_guards() as connection:
            tampering.set_columns(connection, 1, reason="forged")
        ask(admin)
        work()
        assert "Does not hold" in admin.get("/audit").words_of("proof")
        with without_guards() as connection:
            connection.execute(text(f"UPDATE audit_verifications SET {column} = :v"), {"v": value})
        page = admin.get("/audit")
        assert "Not signed by this console" in page.words_of("proof")
        assert "Holds" not in page.words_of("proof")
        assert "Proof: not signed by this console" in page.words

    def test_that_somebody_wrote_by_hand_says_nothing(self, admin):
        at = verification_jobs.now()
        with write_transaction():
            row = {"id": uuid4(), "asked_at": at, "asked_by": "x", "ended_at": at}
            report = '{"entries": 1, "checkpoints": 1}'
            db.session.add(AuditVerification(**row, outcome="holds", report=report))
        said = admin.get("/audit").words_of("proof")
        assert "Not signed by this console" in said
        assert "1 entry" not in said

    def test_signed_is_no_other_one_s_verdict(self, admin):
        """A signature of a verdict that holds cannot be put on another verification's row."""
        ask(admin)
        work()
        assert "Holds" in admin.get("/audit").words_of("proof")
        with without_guards() as connection:
            new = "'" + uuid4().hex + "'"
            new = new if is_sqlite() else f"CAST({new} AS uuid)"
            connection.exec_driver_sql(f"UPDATE audit_verifications SET id = {new}")
        assert "Not signed by this console" in admin.get("/audit").words_of("proof")

    def test_is_refused_to_support(self, sign_in):
        browser = sign_in("support")
        with only_asked():
            answer = browser.client.post("/audit/verification")
        assert answer.status_code == 403
