"""Error pages, and what stays of a form when the database fails."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from uuid import UUID

import psycopg
import pytest
from sqlalchemy import event
from sqlalchemy.exc import OperationalError

from tests import raw
from tests.databases import libpq
from tests.factories import make_tenant
from tests.web import dom
from tests.web.pages import HTMX, REASON, edit_url, tenant_url
from tests.web.saved import fresh
from webui.accounts.sessions import sessions
from webui.accounts.sign_in import authentication
from webui.core import extensions
from webui.core.extensions import db, is_sqlite
from webui.history.query import history
from webui.models.columns import SpoiledValue, now
from webui.tenants.core import operations, rules
from webui.tenants.page import form_responses, overview

pytestmark = pytest.mark.both_databases
SECRET = "never in page or log"
PARAMETER = "a-parameter-of-the-statement"


def failure(*_args, **_kwargs):
    """The database does not answer; the error quotes what it was told."""
    original = RuntimeError(f"disk full while writing {PARAMETER}")
    raise OperationalError("UPDATE tenants SET x = ?", {"x": PARAMETER}, original)


@pytest.fixture
def broken(monkeypatch):
    """Breaks something, and repairs it."""

    class Broken:
        def __call__(self, target, name, by=failure):
            monkeypatch.setattr(target, name, by)

        def repair(self):
            monkeypatch.undo()

    return Broken()


@pytest.fixture(autouse=True)
def planted(secrets):
    secrets |= {SECRET, PARAMETER}


class TestPage:
    def test_of_what_does_not_exist(self, browser, admin):
        for person in (browser, admin):
            for url in (
                "/nothing",
                "/tenants/no-id",
                "/tenants/1/2/3",
                "/static/no.css",
                "/Tenants",
            ):
                page = person.get(url, 404)
                assert "This page does not exist" in page.words
                number = page.headers["X-Request-ID"]
                assert f"Request {number}" in page.words

    def test_of_what_is_neither_section_nor_step(self, admin, owner, tenant):
        for person, url in ((admin, tenant_url(tenant, "sales")), (owner, "/onboarding/sales")):
            person.get(url, 404)
            person.post(url, {"csrf_token": person.token()}, 404)

    def test_of_a_wrong_method(self, admin, tenant):
        token = {"csrf_token": admin.token()}
        for url in (tenant_url(tenant), "/tenants", "/", edit_url(tenant, "billing")):
            page = admin.post(url, token, 405)
            assert "cannot be opened that way" in page.words

    def test_for_htmx_leaves_the_page_as_it_is(self, admin, tenant):
        token = {"csrf_token": admin.token()}
        answers = [
            admin.get("/nothing", 404, htmx=True),
            admin.post(tenant_url(tenant), token, 405, htmx=True),
            admin.post(tenant_url(tenant, "billing"), token, 400, htmx=True),
            admin.get("/tenants?sort=size", 400, htmx=True),
        ]
        for answer in answers:
            assert answer.headers["HX-Reswap"] == "none"
            assert list(answer.parts) == ["#messages"]
            assert dom.elements(answer.parts["#messages"], role="alert")
            assert answer.headers["X-Request-ID"] in answer.words

    def test_shows_no_address_that_was_asked_for(self, browser):
        page = browser.client.get("/<script>alert(1)</script>?x=<b>y</b>")
        assert page.status_code == 404
        assert "<script>alert" not in page.text
        assert "<b>y" not in page.text


class TestWhatWasSaved:
    """An error page says of a save only what is true for its method."""

    @pytest.fixture
    def failing(self, broken):
        """Lets a part of the answer fail in several ways; each is (the error, its status)."""

        def mistake(*_args, **_kwargs):
            raise RuntimeError("a mistake")

        def spoiled(*_args, **_kwargs):
            raise SpoiledValue("a word of another kind")

        return {503: failure, 500: mistake, "spoiled": spoiled}

    def test_is_not_spoken_of_where_nothing_was_sent(self, admin, tenant, broken, failing):
        for by in failing.values():
            broken(overview, "can_edit", by)
            for htmx in (False, True):
                answer = admin.get(tenant_url(tenant, *["sip"] * htmx), None, htmx=htmx)
                assert answer.status >= 500
                assert "saved" not in answer.words
                assert "Your text" not in answer.words
            broken.repair()
        entry = raw.rows("SELECT id FROM audit_entries LIMIT 1")[0][0]
        page = admin.get(f"/audit/{UUID(str(entry))}/revert", 422)
        assert "saved" not in page.words_of("main")

    def test_is_nothing_when_the_save_failed(self, admin, tenant, broken, failing):
        form = admin.get(edit_url(tenant, "features"))
        broken(operations, "update_section", failing[500])
        for htmx in (False, True):
            answer = admin.submit(form, 500, htmx=htmx, retention_days=5, reason=REASON)
            assert "Nothing was saved." in answer.words
            assert ("Your text is still in the form." in answer.words) is htmx
        assert fresh(tenant).version == 1

    def test_is_left_open_after_the_commit(self, admin, tenant, broken, failing):
        form = admin.get(edit_url(tenant, "features"))
        broken(form_responses, "saved", failing[500])
        answer = admin.submit(form, 500, retention_days=5, reason=REASON)
        assert "Nothing was saved" not in answer.words
        assert "Check whether it was saved before you try again." in answer.words
        assert fresh(tenant).retention_days == 5

    def test_keeps_nothing_typed_of_a_form_without_fields(self, admin, tenant, broken):
        broken(sessions, "find_session")
        data = {"csrf_token": "x", "submission": "m" * 32}
        page = admin.post(tenant_url(tenant, "webhook", "test"), data, 503)
        assert "What you typed is kept" not in page.words
        page = admin.post(tenant_url(tenant, "sip"), {**data, "sip_domain": "typed.example"}, 503)
        assert "What you typed is kept" in page.words


class TestProgramError:
    def test_says_nothing_of_itself(self, admin, tenant, broken, logged):
        def mistake(*_args):
            raise RuntimeError(f"a mistake with {PARAMETER}")

        broken(overview, "can_edit", mistake)
        for htmx in (False, True):
            answer = admin.get(tenant_url(tenant, *["sip"] * htmx), 500, htmx=htmx)
            assert "Something broke on our side" in answer.words
            assert "Traceback" not in answer.text
            assert "RuntimeError" not in answer.text
            assert answer.headers["X-Request-ID"] in logged()
        assert answer.headers["HX-Reswap"] == "none"

    def test_leaves_the_next_request_alone(self, admin, tenant, broken):
        broken(overview, "can_edit", lambda _tenant: 1 / 0)
        admin.get(tenant_url(tenant), 500)
        broken.repair()
        assert admin.get(tenant_url(tenant)).words


SAVES = {
    "organisation": {"name": "Typed Name"},
    "sip": {"sip_domain": "typed.example", "sip_password": SECRET},
    "webhook": {"webhook_url": "https://typed.example/t?token=1"},
    "status": {"status": "blocked"},
}


@contextmanager
def other_writer() -> Iterator[None]:
    """Somebody in the middle of writing, who does not come to an end; new connections only."""
    db.session.rollback()
    db.engine.dispose()
    with db.engine.connect().execution_options(**{extensions.WRITING: True}) as connection:
        if is_sqlite():
            connection.begin()
        else:
            # Whoever waits without an end is let in after all, and the test fails.
            connection.exec_driver_sql("SET idle_in_transaction_session_timeout = '20s'")
            connection.exec_driver_sql("LOCK TABLE tenants IN EXCLUSIVE MODE")
        yield
    db.engine.dispose()


class TestFailedSave:
    @pytest.mark.parametrize("htmx", [False, True])
    @pytest.mark.parametrize("section", SAVES)
    def test_says_so_keeps_the_input_and_writes_nothing(
        self, admin, tenant, broken, logged, section, htmx
    ):
        form = admin.get(edit_url(tenant, section), htmx=htmx)
        before = raw.everything()
        broken(db.session, "commit")
        answer = admin.submit(form, 503, htmx=htmx, **SAVES[section], reason="typed reason")
        broken.repair()
        assert "Nothing was saved: the database did not answer." in answer.words
        assert answer.headers["X-Request-ID"] in answer.words
        for field, value in SAVES[section].items():
            assert answer.field(field) == ("" if field == "sip_password" else value)
        assert answer.field("reason") == "typed reason"
        assert raw.everything() == before
        assert PARAMETER not in logged()
        assert SECRET not in logged()
        assert answer.headers["X-Request-ID"] in logged()
        again = {"sip_password": SECRET} if section == "sip" else {}
        admin.submit(answer, 200 if htmx else 303, htmx=htmx, **again)
        assert fresh(tenant).version == 2

    def test_for_which_a_lock_is_not_free_in_time_is_one(self, admin, tenant, monkeypatch):
        form = admin.get(edit_url(tenant, "features"))
        with monkeypatch.context() as patch, other_writer():
            patch.setattr(extensions, "BUSY_TIMEOUT", 50)
            answer = admin.submit(form, 503, retention_days=5, reason="typed reason")
        assert "Nothing was saved: the database did not answer." in answer.words
        assert answer.field("retention_days") == "5"
        admin.submit(answer, 303)
        assert fresh(tenant).retention_days == 5

    def test_of_a_new_tenant_keeps_the_input_too(self, admin, broken, logged):
        form = admin.get("/tenants/new")
        before = raw.everything()
        broken(db.session, "commit")
        answer = admin.submit(form, 503, name="Typed Name", reason="typed reason")
        broken.repair()
        assert (answer.field("name"), answer.field("reason")) == ("Typed Name", "typed reason")
        assert raw.everything() == before
        assert PARAMETER not in logged()
        admin.submit(answer, 303)
        assert raw.rows("SELECT name FROM tenants") == [("Typed Name",)]

    def test_by_the_database_itself_is_not_quoted(self, admin, broken, logged):
        """PostgreSQL quotes the whole row when a CHECK constraint fails."""
        tenant = make_tenant(name="Customer whose name is nobody's business")
        form = admin.get(edit_url(tenant, "sip"))
        broken(rules, "check_rules", lambda *_args: None)
        with raw.unchanged():
            answer = admin.submit(form, 503, sip_enabled=True, reason=REASON)
        assert answer.field("sip_enabled") == "y"
        assert "sip_needs" not in answer.text
        for words in ("nobody's business", "Failing row", "UPDATE"):
            assert words not in logged()

    def test_after_the_commit_is_none(self, admin, tenant, broken, logged):
        form = admin.get(edit_url(tenant, "features"), htmx=True)
        broken(history, "newest_entries")
        answer = admin.submit(form, 200, htmx=True, retention_days=5, reason=REASON)
        broken.repair()
        assert answer.headers["HX-Redirect"] == tenant_url(tenant)
        assert fresh(tenant).retention_days == 5
        assert PARAMETER not in logged()


@contextmanager
def read_only_database() -> Iterator[None]:
    """A database that can be read and not written, as a standby after a failover."""

    def bind(connection, _record):
        if is_sqlite():
            connection.execute("PRAGMA query_only = ON")
        else:
            connection.read_only = True

    db.session.rollback()
    db.engine.dispose()
    event.listen(db.engine, "connect", bind)
    try:
        yield
    finally:
        event.remove(db.engine, "connect", bind)
        db.engine.dispose()


def restart_server() -> None:
    """Ends the pool's connections, as a restart does. A file has no server."""
    if is_sqlite():
        return
    db.session.rollback()
    with ExitStack() as stack:
        held = [stack.enter_context(db.engine.connect()) for _ in range(db.engine.pool.checkedin())]
        ids = [one.exec_driver_sql("SELECT pg_backend_pid()").scalar_one() for one in held]
    url = db.engine.url.render_as_string(hide_password=False)
    with psycopg.connect(libpq(url)) as server:
        for process in ids:
            server.execute("SELECT pg_terminate_backend(%s, 10000)", [process])


class TestNoDatabase:
    def test_gets_a_page_all_the_same(self, admin, tenant, broken, logged):
        broken(sessions, "find_session")
        for url in ("/tenants", tenant_url(tenant), "/", "/login", edit_url(tenant, "sip")):
            page = admin.get(url, 503)
            assert "The database did not answer" in page.words
        answer = admin.get(tenant_url(tenant, "sip"), 503, htmx=True)
        assert list(answer.parts) == ["#messages"]
        assert PARAMETER not in logged()

    def test_is_no_matter_to_who_asks_whether_the_process_lives(self, admin, broken):
        broken(sessions, "find_session")
        assert admin.client.get("/livez").status_code == 200

    def test_that_can_be_written_locks_no_reader_out(self, admin, tenant):
        idle = now() - timedelta(minutes=2)
        raw.run(f"UPDATE user_sessions SET last_used_at = '{idle:%F %T}'")
        with read_only_database():
            assert admin.get("/tenants").words
            assert admin.get("/audit").words
            answer = admin.edit(tenant, "organisation", 503, name="Typed Name")
        assert answer.field("name") == "Typed Name"

    def test_for_a_moment_is_noticed_by_nobody(self, admin):
        admin.get("/tenants")
        restart_server()
        assert admin.get("/tenants").words

    def test_keeps_what_was_posted_for_another_try(self, admin, tenant, broken):
        form = admin.get(edit_url(tenant, "sip"))
        typed = {"sip_domain": "typed.example", "sip_password": SECRET, "reason": "typed reason"}
        broken(sessions, "find_session")
        page = admin.submit(form, 503, **typed)
        broken.repair()
        assert page.form().get("action") == tenant_url(tenant, "sip")
        assert page.field("sip_domain") == "typed.example"
        assert "sip_password" not in page.fields
        admin.submit(page, 422, sip_password=None)
        admin.submit(page, 303, sip_password="")
        assert fresh(tenant).sip_domain == "typed.example"

    def test_keeps_no_password_of_a_sign_in(self, browser, broken):
        form = browser.get("/login")
        broken(authentication, "find_by_name")
        page = browser.submit(form, 503, username="maria", password=SECRET)
        assert page.field("username") == "maria"
        assert "password" not in page.fields

    def test_still_lives(self, client, broken):
        broken(sessions, "find_session")
        for headers in ({}, HTMX):
            answer = client.get("/livez", headers=headers)
            assert (answer.status_code, answer.text) == (200, "ok\n")
