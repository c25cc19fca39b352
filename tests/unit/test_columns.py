"""Column types, encrypted attributes, and how a column reaches the history."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from sqlalchemy.exc import StatementError

from tests.factories import make_tenant, make_user, revise
from tests.raw import everything, rows
from webui.core.catalogue import FIELDS
from webui.core.extensions import db, keyring, write_transaction
from webui.core.field_types import Sealed, Secret
from webui.crypto import blind_index, fields
from webui.crypto.keyring import Tampered
from webui.history.record.actions import Action
from webui.history.record.guard import FACTORS
from webui.models import Draft, Tenant, User
from webui.models.columns import Audited, CompactJSON, Encrypted, now
from webui.models.tenant.tenant import AUDIT_KINDS, audit_kind

pytestmark = [pytest.mark.usefixtures("app"), pytest.mark.both_databases]
SECRET = [name for name, field in FIELDS.items() if isinstance(field, Secret)]
ENCRYPTED = [
    *(name for name, field in FIELDS.items() if isinstance(field, Sealed)),
    "webhook_secret_previous",
]


class TestAudited:
    @pytest.mark.parametrize("model", [Tenant, User, *FACTORS])
    def test_every_column_says_how_it_reaches_the_history(self, model):
        silent = [
            c.name for c in model.__table__.columns if not isinstance(c.info.get("audit"), Audited)
        ]
        assert silent == []

    def test_encrypted_fields_are_never_plain(self):
        kinds = {name: AUDIT_KINDS[name] for name in ENCRYPTED}
        assert set(kinds.values()) == {Audited.SEALED, Audited.EVENT}
        assert {name for name, kind in kinds.items() if kind is Audited.EVENT} == {
            *SECRET,
            "webhook_secret_previous",
        }

    def test_what_opens_an_account_is_never_plain(self):
        plain = {
            f"{model.__tablename__}.{c.name}"
            for model in FACTORS
            for c in model.__table__.columns
            if c.info["audit"] in (Audited.PLAIN, Audited.SEALED)
        }
        assert plain == {"passkeys.name"}

    def test_a_password_is_an_event(self):
        assert User.__table__.columns["password_hash"].info["audit"] is Audited.EVENT

    def test_derived_columns_are_only_those_that_follow_from_others(self):
        derived = {name for name, kind in AUDIT_KINDS.items() if kind is Audited.DERIVED}
        assert derived == {
            *("id", "version", "created_at", "updated_at", "name_key", "name_sort", "seal"),
            *("sip_domain_index", "sip_username_index"),
        }

    def test_what_is_no_field_has_no_kind(self):
        with pytest.raises(KeyError):
            audit_kind("nonsense")


class TestUTCDateTime:
    @pytest.mark.parametrize(
        "at",
        [
            datetime(2026, 11, 23, 14, 52, 7, 123_456, UTC),
            datetime(2026, 11, 23, 14, 52, 7, 1, UTC),
            datetime(2026, 11, 23, 0, 0, 0, 0, UTC),
            datetime(2026, 3, 29, 3, 30, tzinfo=timezone(timedelta(hours=2))),
        ],
    )
    def test_comes_back_in_utc_to_the_microsecond(self, at):
        tenant = make_tenant(created_at=at, onboarded_at=at)
        assert tenant.created_at == tenant.onboarded_at == at
        assert tenant.created_at.tzinfo is UTC

    def test_refuses_a_time_without_zone(self):
        with pytest.raises(StatementError, match="time zone"):
            make_tenant(created_at=datetime(2026, 11, 23))  # noqa: DTZ001

    def test_sorts_by_time(self):
        start = datetime(2026, 1, 1, tzinfo=UTC)
        for microseconds in (5, 100_000, 0, 1_000_000):
            make_tenant(created_at=start + timedelta(microseconds=microseconds))
        stored = db.session.scalars(db.select(Tenant.created_at).order_by(Tenant.created_at)).all()
        assert stored == sorted(stored)
        query = db.select(Tenant).where(Tenant.created_at > start + timedelta(microseconds=5))
        assert len(db.session.scalars(query).all()) == 2

    def test_now_is_aware(self):
        assert now().utcoffset() == timedelta(0)


class TestCompactJSON:
    def test_stores_compact_text_with_characters_as_themselves(self):
        make_tenant(meta_data={"ü": ["€", None, True], "a": {}})
        assert rows("SELECT meta_data FROM tenants") == [('{"ü":["€",null,true],"a":{}}',)]

    @pytest.mark.parametrize(
        "value", [{}, {"a": [1, {"b": None}]}, {"a": 2**53 - 1}, {"😀": "\u2028"}]
    )
    def test_comes_back_as_it_was(self, value):
        assert make_tenant(meta_data=value).meta_data == value

    def test_holds_16384_bytes(self):
        value = {"a": "€" * 5_458 + "xx"}
        assert make_tenant(meta_data=value).meta_data == value
        ((text,),) = rows("SELECT meta_data FROM tenants")
        assert len(text.encode()) == 16_384

    def test_null_stays_null(self):
        kind = CompactJSON()
        assert kind.process_bind_param(None, None) is None
        assert kind.process_result_value(None, None) is None


class TestEncrypted:
    def test_reads_what_was_written(self):
        tenant = make_tenant(sip_domain="a.example")
        assert tenant.sip_domain == "a.example"
        assert tenant.sip_domain_sealed.startswith("e1.k1.")

    @pytest.mark.parametrize("name", ENCRYPTED)
    def test_is_bound_to_table_column_and_row(self, name):
        tenant = make_tenant(**{name: "some value"})
        token = getattr(tenant, f"{name}_sealed")
        place = ("tenants", name, str(tenant.id))
        assert fields.unseal(keyring(), token, *place) == "some value"

    def test_does_not_open_in_another_row(self):
        one, other = make_tenant(sip_domain="a.example"), make_tenant(sip_domain="b.example")
        with pytest.raises(Tampered):
            Tenant.sip_domain.open(one.sip_domain_sealed, (other.id,))

    def test_does_not_open_in_another_column(self):
        tenant = make_tenant(sip_domain="a.example", sip_username="alice")
        with pytest.raises(Tampered):
            Tenant.sip_username.open(tenant.sip_domain_sealed, (tenant.id,))

    @pytest.mark.parametrize("name", ["sip_domain", "sip_username"])
    def test_keeps_the_blind_index_in_step(self, name):
        tenant = make_tenant(**{name: "first"})
        column = f"{name}_index"
        first = getattr(tenant, column)
        assert first == blind_index.index(keyring(), "first", "tenants", name)
        revise(tenant, Action.TENANT_SIP, **{name: "second"})
        assert getattr(tenant, column) == blind_index.index(keyring(), "second", "tenants", name)
        revise(tenant, Action.TENANT_SIP, **{name: None})
        assert (getattr(tenant, column), getattr(tenant, f"{name}_sealed")) == (None, None)

    def test_fits_its_columns_at_the_longest(self):
        longest = {"sip_domain": "d" * 255, "sip_username": "u" * 100, "webhook_url": "w" * 2_048}
        tenant = make_tenant(**longest, sip_password="p" * 128)
        assert {name: getattr(tenant, name) for name in longest} == longest

    def test_a_draft_is_sealed_too(self):
        user = make_user()
        with write_transaction():
            draft = Draft(user.id, "/tenants/new")
            draft.content = "name=hunter2"
            db.session.add(draft)
        assert draft.content == "name=hunter2"
        assert "hunter2" not in repr(everything())

    def test_the_class_gives_the_attribute_itself(self):
        assert isinstance(Tenant.sip_domain, Encrypted)

    def test_no_plaintext_reaches_the_database(self):
        values = {name: f"plain-{name}-hunter2" for name in ENCRYPTED}
        tenant = make_tenant(**values)
        revise(tenant, Action.TENANT_SIP, **{name: f"{value}-2" for name, value in values.items()})
        assert "hunter2" not in repr(everything())
