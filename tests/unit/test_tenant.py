"""The tenant: how a change is applied, and what really runs."""

from datetime import UTC, datetime
from itertools import product
from random import Random
from uuid import UUID

import pytest

from tests.factories import make_tenant, read_again, revise
from tests.history import last_body
from tests.raw import rows, run
from webui.core.extensions import db
from webui.core.limits import Service, Status
from webui.crypto.keyring import KeyRing, SecretError
from webui.history.record.actions import Action
from webui.models import Tenant
from webui.models.columns import Audited
from webui.models.tenant.services import ServiceState, effective_services
from webui.models.tenant.tenant import UNREADABLE, Change, audit_kind

pytestmark = [pytest.mark.usefixtures("app"), pytest.mark.both_databases]
OTHER_RING = KeyRing("k2", {"k2": bytes(range(32))})
SECRETS = {
    "sip_domain": "sip.example.com",
    "sip_username": "alice",
    "sip_password": "hunter2 hunter2",
    "webhook_url": "https://hooks.example.com/",
    "webhook_secret": "whsec_hunter2",
}


class TestNewTenant:
    def test_has_an_id_before_anything_is_saved(self):
        assert isinstance(Tenant(name="Acme").id, UUID)

    def test_can_take_the_id_and_time_it_is_given(self):
        identity, at = UUID(int=7), datetime(2026, 1, 1, tzinfo=UTC)
        tenant = Tenant(name="Acme", id=identity, created_at=at)
        assert (tenant.id, tenant.created_at, tenant.updated_at) == (identity, at, at)

    def test_starts_at_version_1(self):
        assert make_tenant().version == 1

    def test_defaults_are_the_same_in_the_database(self):
        columns = Tenant.__table__.columns
        given = [c for c in columns if c.server_default is not None and c.name != "name_sort"]
        defaults = {c.name: c.server_default.arg for c in given}
        tenant = Tenant(name="Acme")
        spelled = {"true": True, "false": False, "[]": [], "{}": {}}
        for name, default in defaults.items():
            text = str(default)
            stored = spelled.get(text, int(text) if text.isdigit() else text)
            assert getattr(tenant, name) == stored, name

    def test_may_have_the_name_with_the_longest_keys(self):
        random = Random(1)
        for first, last in ((0xAC00, 0xD7A3), (0x3300, 0x3357), (0x20000, 0x2A6DF)):
            name = "".join(chr(random.randint(first, last)) for _ in range(255))
            assert make_tenant(name=name, billing_plan="enterprise").name == name

    def test_does_not_share_its_defaults(self):
        one, other = Tenant(name="One"), Tenant(name="Two")
        assert one.meta_data is not other.meta_data
        assert one.blocked_services is not other.blocked_services

    def test_is_shown_by_its_id_only(self):
        tenant = Tenant(name="Acme", **SECRETS)
        assert repr(tenant) == f"<Tenant {tenant.id}>"


class TestName:
    def test_keeps_the_search_key_in_step(self):
        tenant = make_tenant(name="Çelik")
        assert tenant.name_key == "celik"
        revise(tenant, Action.TENANT_ORGANISATION, name="Söhne")
        assert tenant.name_key == "sohne"


class TestRevise:
    def test_returns_what_changed_in_the_order_given(self):
        tenant = Tenant(name="Old")
        changes = tenant.revise({"retention_days": 5, "name": "New", "status": "active"})
        assert changes == [
            Change("retention_days", Audited.PLAIN, 90, 5),
            Change("name", Audited.PLAIN, "Old", "New"),
        ]
        assert (tenant.name, tenant.retention_days) == ("New", 5)

    def test_changes_nothing_for_equal_values(self):
        tenant = make_tenant(**SECRETS, meta_data={"a": 1, "b": 2})
        before = rows("SELECT * FROM tenants")
        same = {**SECRETS, "meta_data": {"b": 2, "a": 1}, "name": tenant.name}
        assert tenant.revise(same) == []
        db.session.commit()
        assert rows("SELECT * FROM tenants") == before

    @pytest.mark.parametrize("name", ["id", "version", "name_key", "name_sort", "created_at"])
    def test_refuses_what_follows_from_others(self, name):
        tenant = make_tenant()
        with pytest.raises(ValueError, match="derived"):
            tenant.revise({name: getattr(tenant, name)})

    @pytest.mark.parametrize(
        ("old", "new"),
        [
            ({"a": 1}, {"a": True}),
            ({"a": 0}, {"a": False}),
            ({"a": [True]}, {"a": [1]}),
            ({"a": {"b": False}}, {"a": {"b": 0}}),
        ],
    )
    def test_knows_true_from_1_in_metadata(self, old, new):
        tenant = make_tenant(meta_data=old)
        revise(tenant, Action.TENANT_ORGANISATION, meta_data=new)
        assert repr(tenant.meta_data) == repr(new)
        assert tenant.version == 2

    def test_sets_the_time_only_when_something_changed(self):
        at = datetime(2026, 1, 1, tzinfo=UTC)
        tenant = Tenant(name="Acme", created_at=datetime(2025, 1, 1, tzinfo=UTC))
        tenant.revise({"name": "Acme"}, at)
        assert tenant.updated_at == tenant.created_at
        tenant.revise({"name": "New"}, at)
        assert tenant.updated_at == at

    @pytest.mark.parametrize("name", SECRETS)
    def test_tells_how_an_encrypted_field_changed(self, name):
        tenant = Tenant(name="Acme")
        kind = audit_kind(name)
        for old, new in (
            (None, "first value"),
            ("first value", "other value"),
            ("other value", None),
        ):
            assert tenant.revise({name: new}) == [Change(name, kind, old, new)]
            assert tenant.is_set(name) == (new is not None)
            assert getattr(tenant, name) == new

    def test_refuses_what_is_no_field(self):
        with pytest.raises((KeyError, AttributeError)):
            Tenant(name="Acme").revise({"nonsense": 1})

    def test_a_change_is_shown_without_its_values(self):
        (change,) = Tenant(name="Acme").revise({"sip_password": "hunter2 hunter2"})
        assert repr(change) == "<Change sip_password (event)>"

    def test_raises_the_version_by_one_for_many_fields(self):
        tenant = make_tenant()
        revise(tenant, Action.TENANT_BILLING, retention_days=1, name="New", sip_domain="a.example")
        assert tenant.version == 2


class TestUnreadable:
    @pytest.fixture
    def tenant(self, app):
        """A tenant that nobody vouches for."""
        tenant = make_tenant(**SECRETS)
        run("UPDATE tenants SET seal = NULL")
        return read_again(tenant)

    @pytest.mark.parametrize("name", SECRETS)
    def test_is_said_and_never_guessed(self, tenant, name):
        assert tenant.readable(name) is UNREADABLE
        assert tenant.is_set(name)
        with pytest.raises(SecretError):
            getattr(tenant, name)

    @pytest.mark.parametrize("name", ["sip_domain", "sip_username", "webhook_url"])
    def test_is_kept_byte_by_byte_when_others_are_saved(self, tenant, name):
        columns = "sip_domain, sip_username, sip_password, webhook_url, webhook_secret"
        before = rows(f"SELECT {columns}, sip_domain_index, sip_username_index FROM tenants")
        revise(tenant, Action.TENANT_SIP, **{name: None, "retention_days": 5})
        after = rows(f"SELECT {columns}, sip_domain_index, sip_username_index FROM tenants")
        assert after == before
        assert tenant.retention_days == 5
        assert last_body()["changes"] == {"retention_days": [90, 5]}

    @pytest.mark.parametrize("name", SECRETS)
    def test_can_be_replaced(self, tenant, name):
        revise(tenant, Action.TENANT_SIP, **{name: "another value"})
        assert tenant.readable(name) == "another value"

    def test_a_secret_can_be_removed(self, tenant):
        revise(tenant, Action.TENANT_SIP, sip_password=None)
        assert not tenant.is_set("sip_password")
        assert last_body()["changes"] == {"sip_password": ["set", "removed"]}

    def test_names_itself(self):
        assert repr(UNREADABLE) == "UNREADABLE"


class TestCreation:
    def test_holds_every_plain_field_and_what_else_is_set(self):
        tenant = Tenant(name="Acme", sip_domain="a.example", webhook_secret="whsec_x")
        changes = {change.field: change for change in tenant.creation()}
        assert {name for name, c in changes.items() if c.kind is Audited.SEALED} == {"sip_domain"}
        assert {name for name, c in changes.items() if c.kind is Audited.EVENT} == {
            "webhook_secret"
        }
        assert all(change.old is None for change in changes.values())
        assert changes["retention_days"].new == 90
        assert changes["onboarded_at"].new is None


class TestEffectiveServices:
    @pytest.mark.parametrize("status", [Status.INACTIVE, Status.BLOCKED])
    def test_nothing_runs_when_closed(self, status):
        tenant = Tenant(name="Acme", status=status.value)
        assert set(effective_services(tenant).values()) == {ServiceState.STOPPED}

    @pytest.mark.parametrize(
        ("sip", "recording", "analytics"), list(product([True, False], repeat=3))
    )
    def test_switches_count_when_active(self, sip, recording, analytics):
        tenant = Tenant(
            name="Acme",
            sip_enabled=sip,
            recording_enabled=recording,
            analytics_enabled=analytics,
        )
        state = {True: ServiceState.RUNNING, False: ServiceState.OFF}
        assert effective_services(tenant) == {
            Service.AGENTS: ServiceState.RUNNING,
            Service.CALLS: ServiceState.RUNNING,
            Service.SIP: state[sip],
            Service.RECORDINGS: state[recording],
            Service.ANALYTICS: state[analytics],
        }

    @pytest.mark.parametrize("stopped", list(Service))
    def test_suspension_stops_what_it_names(self, stopped):
        tenant = Tenant(
            name="Acme", status="suspended", blocked_services=[stopped.value], sip_enabled=True
        )
        expected = dict.fromkeys(Service, ServiceState.RUNNING) | {stopped: ServiceState.STOPPED}
        assert effective_services(tenant) == expected
