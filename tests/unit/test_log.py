"""Writing the history. The format is judged by tests/verifier.py, which knows only the design."""

import base64
import hashlib
import json
import threading
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import select

from tests import appender, raw, verifier
from tests.factories import an_actor, make_tenant, make_user, revise
from tests.history import (
    assert_audited,
    assert_history_holds,
    count_entries,
    last_body,
    last_entry,
)
from tests.processes import Child, prepared
from webui.core.extensions import db, keyring, write_transaction
from webui.crypto import fields
from webui.history.record import log
from webui.history.record.actions import Action, Outcome, Source
from webui.history.record.actor import Actor, command_actor
from webui.history.record.log import open_sealed, record
from webui.models import AuditField, AuditSealed, AuditWord, Tenant
from webui.models.tenant.tenant import AUDIT_KINDS, Audited, Change

pytestmark = [pytest.mark.usefixtures("app"), pytest.mark.both_databases]


def sign_in(actor: Actor | None = None, **values):
    """An entry without a tenant."""
    with write_transaction():
        record(Action.SIGNED_IN, actor or an_actor(), **values)


class TestRecord:
    def test_the_first_entry_is_number_1_and_follows_zeros(self):
        sign_in()
        assert (last_body()["seq"], last_body()["prev"]) == (1, "0" * 64)

    def test_every_entry_follows_the_one_before(self):
        sign_in()
        before = last_entry().hash
        sign_in()
        assert (last_body()["seq"], last_body()["prev"]) == (2, before)

    def test_says_who_from_where_and_why(self):
        user = make_user("support")
        tenant = make_tenant(name="Acme")
        actor = an_actor(
            user, source=Source.API, request="r-7", address="2001:db8::7", agent="curl"
        )
        revise(tenant, Action.TENANT_ORGANISATION, actor=actor, name="Acme Ltd")
        body = assert_audited(
            Action.TENANT_ORGANISATION,
            tenant,
            source="api",
            request="r-7",
            address="2001:db8::7",
            agent="curl",
            reason="for a test",
            outcome="success",
            tenant={"id": str(tenant.id), "name": "Acme Ltd", "version": 2},
        )
        name = user.username
        assert body["actor"] == {
            "type": "user",
            "id": str(user.id),
            "name": name,
            "role": "support",
        }

    def test_a_command_is_an_actor_without_account(self):
        sign_in(command_actor("root"))
        body = assert_audited(Action.SIGNED_IN, source="cli", tenant=None, request=None)
        assert body["actor"] == {"type": "cli", "id": None, "name": "root", "role": None}

    @pytest.mark.parametrize("outcome", list(Outcome))
    def test_says_how_it_ended(self, outcome):
        sign_in(outcome=outcome)
        assert last_body()["outcome"] == last_entry().outcome == outcome.value

    def test_an_entry_about_a_tenant_claims_no_version_when_nothing_changed(self):
        tenant = make_tenant()
        sign_in(tenant=tenant)
        assert last_body()["tenant"]["version"] is None
        assert last_entry().tenant_id == tenant.id

    def test_the_columns_are_what_the_body_says(self):
        tenant = make_tenant(name="Ünï 📞", meta_data={"a": [1, {"b": None}]})
        revise(tenant, Action.TENANT_BILLING, retention_days=30, max_concurrent_calls=5)
        make_user("owner", tenant=tenant)
        assert_history_holds()

    def test_any_text_survives(self):
        reason = '"quoted" \\ \u20ac 📞 \u007f \u2028 ﷽ <b>'
        sign_in(reason=reason)
        assert last_body()["reason"] == last_entry().reason == reason
        assert_history_holds()


class TestAt:
    def test_is_now(self):
        before = datetime.now(UTC)
        sign_in()
        assert before <= last_entry().at <= datetime.now(UTC)

    def test_is_never_earlier_than_the_entry_before(self, monkeypatch):
        sign_in()
        newest = last_entry().at
        monkeypatch.setattr(log, "now", lambda: newest - timedelta(hours=1))
        sign_in()
        assert last_entry().at == newest
        assert_history_holds()


class TestPlainChanges:
    def test_stand_as_they_are(self):
        tenant = make_tenant(name="Old", meta_data={"a": 1})
        revise(
            tenant,
            Action.TENANT_ORGANISATION,
            name="New",
            meta_data={"b": [True, None]},
            recording_enabled=False,
            monthly_call_limit=2**53 - 1,
        )
        assert last_body()["changes"] == {
            "name": ["Old", "New"],
            "meta_data": [{"a": 1}, {"b": [True, None]}],
            "recording_enabled": [True, False],
            "monthly_call_limit": [1_000, 2**53 - 1],
        }

    def test_a_time_stands_as_text(self):
        tenant = make_tenant()
        at = datetime(2026, 11, 23, 14, 52, 7, 123, UTC)
        revise(tenant, Action.TENANT_ORGANISATION, onboarded_at=at)
        assert last_body()["changes"] == {"onboarded_at": [None, "2026-11-23T14:52:07.000123Z"]}

    def test_every_changed_field_can_be_searched(self):
        tenant = make_tenant()
        revise(tenant, Action.TENANT_SIP, sip_domain="a.example", retention_days=1)
        query = select(AuditField.field).where(AuditField.seq == count_entries())
        assert set(db.session.scalars(query)) == {"sip_domain", "retention_days"}

    def test_every_word_of_the_reason_can_be_searched(self):
        with write_transaction():
            record(Action.SIGNED_IN, an_actor(), reason="Über-Größe: ticket #88213, ticket 5")
        query = select(AuditWord.word).where(AuditWord.seq == count_entries())
        assert set(db.session.scalars(query)) == {"uber", "grosse", "ticket", "88213", "5"}


class TestCreation:
    def test_holds_every_plain_field(self):
        tenant = make_tenant(name="Acme")
        changes = last_body()["changes"]
        plain = {name for name, kind in AUDIT_KINDS.items() if kind is Audited.PLAIN}
        assert set(changes) == plain
        assert changes == {name: [None, getattr(tenant, name)] for name in plain}

    def test_replaying_the_entries_gives_the_tenant(self, session):
        tenant = make_tenant(sip_domain="a.example", status="suspended", blocked_services=["calls"])
        revise(tenant, Action.TENANT_STATUS, status="active", blocked_services=[])
        revise(tenant, Action.TENANT_BILLING, billing_plan="business", monthly_call_limit=5)
        revise(tenant, Action.TENANT_BILLING, monthly_call_limit=7)
        make_user("owner", tenant=tenant)
        rows = verifier.read(db.engine.url.render_as_string(hide_password=False))
        state = verifier.replay(rows, str(tenant.id))
        state.pop("sip_domain")
        assert state == {name: getattr(tenant, name) for name in state}
        assert state["monthly_call_limit"] == 7


def sealed_rows() -> dict[tuple[str, str], AuditSealed]:
    """The sealed values of the newest entry by field and side."""
    query = select(AuditSealed).where(AuditSealed.entry == last_entry().id)
    return {(row.field, row.side): row for row in db.session.scalars(query)}


def salt_and_value(row: AuditSealed) -> tuple[bytes, str]:
    place = f"{row.entry}/{row.field}/{row.side}"
    plaintext = fields.unseal(keyring(), row.value, "audit_sealed", "value", place)
    salt, _, value = plaintext.partition(".")
    return base64.urlsafe_b64decode(salt), value


class TestSealedChanges:
    @pytest.fixture
    def tenant(self):
        return make_tenant(sip_domain="old.example")

    def test_stand_as_digests_of_salt_and_value(self, tenant):
        revise(tenant, Action.TENANT_SIP, sip_domain="new.example")
        shown = last_body()["changes"]["sip_domain"]
        for digest, side in zip(shown, ("old", "new"), strict=True):
            salt, value = salt_and_value(sealed_rows()["sip_domain", side])
            assert (len(salt), value) == (32, f"{side}.example")
            assert digest == {"sealed": hashlib.sha256(salt + value.encode()).hexdigest()}

    def test_do_not_show_that_a_value_came_back(self, tenant):
        revise(tenant, Action.TENANT_SIP, sip_domain="new.example")
        old = last_body()["changes"]["sip_domain"][0]
        revise(tenant, Action.TENANT_SIP, sip_domain="old.example")
        assert last_body()["changes"]["sip_domain"][1] != old

    def test_can_be_opened(self, tenant):
        revise(tenant, Action.TENANT_SIP, sip_domain=None)
        rows = sealed_rows()
        assert {key: open_sealed(row) for key, row in rows.items()} == {
            ("sip_domain", "old"): "old.example"
        }
        assert last_body()["changes"]["sip_domain"][1] is None

    def test_do_not_open_elsewhere(self, tenant):
        revise(tenant, Action.TENANT_SIP, sip_domain="new.example")
        old, new = (sealed_rows()["sip_domain", side] for side in ("old", "new"))
        moved = AuditSealed(entry=old.entry, field=old.field, side="new", value=old.value)
        with pytest.raises(fields.Tampered):
            open_sealed(moved)
        assert open_sealed(new) == "new.example"

    def test_can_be_erased_without_touching_the_entry(self, tenant):
        with write_transaction():
            for row in sealed_rows().values():
                row.value = None
        assert {open_sealed(row) for row in sealed_rows().values()} == {None}
        assert_history_holds()

    def test_an_unreadable_old_value_is_called_so(self, tenant, app):
        stored = tenant.sip_domain_sealed
        raw.run("UPDATE tenants SET seal = NULL")
        revise(tenant, Action.TENANT_SIP, sip_domain="new.example")
        old, new = last_body()["changes"]["sip_domain"]
        assert old == "unreadable"
        assert set(new) == {"sealed"}
        assert tenant.sip_domain_sealed != stored


class TestEventChanges:
    @pytest.mark.parametrize("name", ["sip_password", "webhook_secret"])
    def test_stand_as_words(self, name):
        tenant = make_tenant()
        for value, shown in (
            ("first hunter2", [None, "set"]),
            ("second hunter2", ["set", "replaced"]),
            (None, ["set", "removed"]),
        ):
            revise(tenant, Action.TENANT_SIP, **{name: value})
            assert last_body()["changes"] == {name: shown}

    def test_leave_nothing_of_the_secret_behind(self):
        tenant = make_tenant(sip_password="hunter2 hunter2")
        revise(tenant, Action.TENANT_SIP, sip_password="hunter3 hunter3")
        assert sealed_rows() == {}
        rows = verifier.read(db.engine.url.render_as_string(hide_password=False))
        for secret in ("hunter2 hunter2", "hunter3 hunter3"):
            for trace in (secret, hashlib.sha256(secret.encode()).hexdigest()):
                assert trace not in json.dumps([str(row) for row in rows])


class TestSubject:
    def test_the_account_stands_beside_its_changes(self):
        user = make_user("support", username="sam")
        body = assert_audited(Action.USER_CREATED)
        assert body["changes"]["user"] == [str(user.id), str(user.id)]
        assert body["changes"]["username"] == [None, "sam"]
        assert body["changes"]["role"] == [None, "support"]
        assert body["tenant"] is None

    def test_the_name_is_said_when_it_did_not_change(self):
        user = make_user("support", username="sam")
        sign_in(subject=user)
        assert last_body()["changes"]["username"] == ["sam", "sam"]

    def test_an_account_s_entry_claims_no_version_of_the_tenant(self):
        tenant = make_tenant()
        owner = make_user("owner", tenant=tenant)
        changes = [Change("active", Audited.PLAIN, True, False)]
        sign_in(subject=owner, tenant=tenant, changes=changes)
        assert last_body()["tenant"]["version"] is None
        assert tenant.version == 1


class TestTransaction:
    def test_an_error_leaves_no_entry(self):
        sign_in()
        with pytest.raises(ZeroDivisionError), write_transaction():
            record(Action.SIGNED_IN, an_actor())
            raise ZeroDivisionError
        assert count_entries() == 1
        sign_in()
        assert count_entries() == 2
        assert_history_holds()

    def test_an_error_takes_the_change_back_with_its_entry(self):
        tenant = make_tenant(name="Old")
        with pytest.raises(ZeroDivisionError), write_transaction():
            row = db.session.get_one(Tenant, tenant.id)
            changes = row.revise({"name": "New"})
            record(Action.TENANT_ORGANISATION, an_actor(), tenant=row, changes=changes)
            raise ZeroDivisionError
        assert (tenant.name, tenant.version, count_entries()) == ("Old", 1, 1)

    def test_several_entries_in_one_transaction_follow_each_other(self):
        with write_transaction():
            for _ in range(5):
                record(Action.SIGNED_IN, an_actor())
        assert count_entries() == 5
        assert_history_holds()

    def test_threads_share_one_chain(self, app):
        failures = in_threads(4, lambda: append(app, 10))
        assert failures == []
        assert count_entries() == 40
        assert_history_holds()

    def test_threads_change_one_tenant_one_after_the_other(self, app):
        tenant_id = make_tenant(retention_days=1).id

        def add_ten_days():
            with app.app_context():
                for _ in range(10):
                    add_a_day(tenant_id)

        assert in_threads(4, add_ten_days) == []
        db.session.expire_all()
        tenant = db.session.get_one(Tenant, tenant_id)
        assert (tenant.retention_days, tenant.version, count_entries()) == (41, 41, 41)
        assert_history_holds()


class TestProcesses:
    def test_share_one_chain(self, app, config):
        settings = {
            "instance": str(config.instance),
            "database_url": config.database_url,
            "keyring": config.keyring,
        }
        together = prepared.Barrier(2)
        processes = [Child(appender.main, settings, 15, together) for _ in range(2)]
        assert [process.end() for process in processes] == [(0, ""), (0, "")]
        assert count_entries() == 30
        assert_history_holds()


def append(app, times: int) -> None:
    with app.app_context():
        for _ in range(times):
            sign_in()


def add_a_day(tenant_id: UUID) -> None:
    with write_transaction():
        row = db.session.get_one(Tenant, tenant_id, with_for_update=True)
        changes = row.revise({"retention_days": row.retention_days + 1})
        record(Action.TENANT_FEATURES, an_actor(), tenant=row, changes=changes, reason="for a test")


def in_threads(count: int, work) -> list[BaseException]:
    """Runs the work in threads that start together; returns what went wrong."""
    failures = []
    start = threading.Barrier(count)

    def run():
        try:
            start.wait()
            work()
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=run) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return failures
