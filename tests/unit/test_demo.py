"""Demo data: real histories, believable content, and a database that is always valid."""

import json
import unicodedata
from collections import Counter
from datetime import UTC, datetime, timedelta
from random import Random

import pytest
from sqlalchemy import func, select

from tests import databases as kinds
from tests import verifier
from tests.apps import a_config, an_app, inside
from tests.factories import make_user
from tests.history import assert_history_holds
from webui import values
from webui.core.catalogue import FIELDS
from webui.core.extensions import db
from webui.core.limits import CEILING_FIELDS, PLANS, REASON
from webui.demo import entries, load, writing
from webui.demo.stories import clock, usage
from webui.demo.vocabulary import names, people, reasons
from webui.history.record import chain, log
from webui.models import AuditEntry, AuditSealed, Tenant, TenantUsage, User
from webui.models.columns import Audited
from webui.models.tenant.tenant import AUDIT_KINDS

COUNT = 40
SEED = 7


class Progress(list):
    """Keeps what a run reports."""

    __call__ = list.append


@pytest.fixture(scope="module")
def demo_app(module_databases, tmp_path_factory):
    """An application whose database holds one run; the tests that only read share it."""
    folder = tmp_path_factory.mktemp("demo")
    with module_databases.empty() as url:
        kinds.migrate(url, folder)
        app = an_app(a_config(folder, url))
        with inside(app):
            load(COUNT, SEED, Progress())
        yield app


@pytest.fixture
def demo(demo_app):
    with inside(demo_app):
        yield


@pytest.fixture
def loaded(app):
    """The reports of a run on an empty database, which the test may go on with."""
    progress = Progress()
    load(COUNT, SEED, progress)
    return progress


def tenants():
    return db.session.scalars(select(Tenant).order_by(Tenant.created_at)).all()


def bodies():
    texts = db.session.scalars(select(AuditEntry.body).order_by(AuditEntry.seq))
    return [json.loads(text) for text in texts]


def northwind():
    return db.session.scalars(select(Tenant).filter_by(name="Northwind Dental Group")).one()


def plain_fields(tenant):
    """The fields of a row as an entry would write them."""
    shown = {n: getattr(tenant, n) for n, kind in AUDIT_KINDS.items() if kind is Audited.PLAIN}
    return {
        name: chain.timestamp(value) if isinstance(value, datetime) else value
        for name, value in shown.items()
    }


@pytest.mark.usefixtures("demo")
@pytest.mark.both_databases
class TestHistory:
    def test_holds_before_an_independent_verifier(self):
        assert_history_holds()

    def test_replays_to_the_rows(self):
        states, versions = {}, Counter()
        for body in bodies():
            if body["tenant"]:
                new = {field: sides[1] for field, sides in body["changes"].items()}
                states.setdefault(body["tenant"]["id"], {}).update(new)
                versions[body["tenant"]["id"]] += 1
        assert len(states) == COUNT
        for tenant in tenants():
            state = states[str(tenant.id)]
            shown = plain_fields(tenant)
            assert {name: state[name] for name in shown} == shown
            assert tenant.version == versions[str(tenant.id)]

    def test_every_change_starts_from_what_was(self):
        states = {}
        for body in bodies():
            state = states.setdefault(body["tenant"] and body["tenant"]["id"], {})
            for field, (old, new) in body["changes"].items() if body["tenant"] else ():
                if isinstance(old, dict) and "sealed" in old:
                    continue
                expected = state.get(field)
                assert old == ("set" if expected in ("set", "replaced") else expected)
                state[field] = new

    def test_creation_holds_every_plain_field(self):
        created = [b for b in bodies() if b["action"] == "tenant.created"]
        assert len(created) == COUNT
        plain = {name for name, kind in AUDIT_KINDS.items() if kind is Audited.PLAIN}
        for body in created:
            assert plain <= set(body["changes"])
            assert {sides[0] for sides in body["changes"].values()} == {None}
            assert body["tenant"]["version"] == 1

    def test_times_of_rows_are_those_of_their_entries(self):
        times = {}
        for entry in db.session.scalars(select(AuditEntry).order_by(AuditEntry.seq)):
            times.setdefault(entry.tenant_id, []).append(entry.at)
        for tenant in tenants():
            assert tenant.created_at == times[tenant.id][0]
            assert tenant.updated_at == times[tenant.id][-1]

    def test_sealed_values_open_to_those_of_the_rows(self):
        newest = {}
        sealed = select(AuditSealed, AuditEntry.tenant_id).join(
            AuditEntry, AuditEntry.id == AuditSealed.entry
        )
        for row, tenant_id in db.session.execute(sealed.order_by(AuditEntry.seq)):
            if row.side == "new":
                newest[tenant_id, row.field] = log.open_sealed(row)
        found = {
            (tenant.id, name): getattr(tenant, name)
            for tenant in tenants()
            for name in ("sip_domain", "sip_username", "webhook_url")
            if tenant.is_set(name)
        }
        assert found and found == newest

    def test_secrets_stand_in_no_entry(self):
        text = "\n".join(db.session.scalars(select(AuditEntry.body)))
        secrets = [t.sip_password for t in tenants() if t.is_set("sip_password")]
        secrets += [t.webhook_secret for t in tenants() if t.is_set("webhook_secret")]
        assert len(secrets) > COUNT / 4
        assert [secret for secret in secrets if secret in text] == []
        assert len(set(secrets)) == len(secrets)

    def test_spreads_over_three_years_until_a_few_minutes_ago(self):
        first, last = db.session.execute(
            select(func.min(AuditEntry.at), func.max(AuditEntry.at))
        ).one()
        now = datetime.now(UTC)
        assert timedelta(days=1000) < now - first < timedelta(days=1096)
        assert timedelta() < now - last < timedelta(days=2)

    def test_only_staff_give_reasons(self):
        for body in bodies():
            given = body["reason"] is not None
            assert given == (body["actor"]["role"] != "owner")
            assert not given or REASON.minimum <= len(body["reason"]) <= REASON.maximum

    def test_owners_keep_to_what_owners_may(self):
        states = {}
        for body in bodies():
            if body["tenant"]:
                state = states.setdefault(body["tenant"]["id"], {})
                changes = {field: sides[1] for field, sides in body["changes"].items()}
                if body["actor"]["role"] == "owner" and state:
                    self.assert_an_owner_may(state, changes)
                state |= changes

    @staticmethod
    def assert_an_owner_may(state, changes):
        assert not changes.keys() & {"status", "blocked_services", "meta_data"}
        plan = PLANS[changes.get("billing_plan", state["billing_plan"])]
        assert plan.allows_compliance or True not in (
            changes.get("hipaa_enabled"),
            changes.get("pci_enabled"),
        )
        for name in CEILING_FIELDS:
            ceiling, new = plan.ceiling(name), changes.get(name, 0)
            assert ceiling is None or new <= max(ceiling, state[name]), name

    def test_is_written_as_the_product_writes_it(self):
        for body in bodies():
            assert entries.canonical_body(body) == chain.canonical(body)


@pytest.mark.usefixtures("demo")
class TestNorthwind:
    def test_alone_has_three_hundred_entries(self):
        counts = Counter(body["tenant"]["id"] for body in bodies() if body["tenant"])
        assert [i for i, n in counts.items() if n == 300] == [str(northwind().id)]
        assert northwind().version == 300

    def test_is_as_everybody_knows_it(self):
        tenant = northwind()
        assert (tenant.status, tenant.blocked_services) == ("suspended", ["calls", "sip"])
        assert (tenant.billing_plan, tenant.monthly_call_limit) == ("business", 50_000)
        assert tenant.sip_enabled and tenant.webhook_url and tenant.onboarded_at
        assert tenant.sip_domain == "sip.northwind-dental.example:5061"
        owner = db.session.scalars(select(User).filter_by(tenant_id=tenant.id)).one()
        assert (owner.username, owner.email) == ("dana.ilic", "dana@northwind-dental.example")

    def test_its_history_tells_why_it_is_suspended(self):
        changes = [b for b in bodies() if b["tenant"] and b["tenant"]["id"] == str(northwind().id)]
        suspended = [b for b in changes if "status" in b["changes"]][-1]
        assert suspended["reason"] == "Payment 60 days overdue, ticket 88213"
        assert suspended["changes"]["status"] == ["active", "suspended"]
        # Its calls are those before that.
        rows = select(TenantUsage.calls, TenantUsage.month).filter_by(tenant_id=northwind().id)
        newest = db.session.execute(rows.order_by(TenantUsage.month.desc())).first()
        assert (newest.calls, newest.month) == (41_208, suspended["at"][:7])

    def test_its_history_is_rich(self):
        fields = Counter()
        for body in bodies():
            if body["tenant"] and body["tenant"]["id"] == str(northwind().id):
                fields.update(list(body["changes"]))
        for name in ("sip_password", "sip_domain", "monthly_call_limit", "meta_data", "status"):
            assert fields[name] > 5, name
        assert fields["billing_plan"] > 2


@pytest.mark.usefixtures("demo")
class TestContent:
    def test_names_are_acceptable_and_normal(self):
        for tenant in tenants():
            assert values.text(tenant.name, FIELDS["name"]) == tenant.name
            assert tenant.name_key == values.name_key(tenant.name)

    def test_encrypted_values_are_acceptable_and_normal(self):
        for tenant in tenants():
            for name in ("sip_domain", "sip_username", "sip_password", "webhook_url"):
                value = getattr(tenant, name)
                assert value is None or getattr(values, name)(value) == value
            assert (
                values.json_object(values.compact_json(tenant.meta_data), FIELDS["meta_data"])
                == tenant.meta_data
            )

    def test_blind_indexes_find_the_values(self):
        for tenant in tenants():
            index, username = tenant.sip_domain_index, tenant.sip_username_index
            tenant.sip_domain, tenant.sip_username = tenant.sip_domain, tenant.sip_username
            assert (tenant.sip_domain_index, tenant.sip_username_index) == (index, username)
        db.session.rollback()

    def test_nobody_can_sign_in(self):
        assert set(db.session.scalars(select(User.password_hash))) == {people.UNUSABLE_HASH}

    def test_a_sign_up_has_the_id_of_its_owner(self):
        signed_up = [b for b in bodies() if b["action"] == "tenant.created" and not b["reason"]]
        assert signed_up
        for body in signed_up:
            assert body["tenant"]["id"] == body["actor"]["id"]
            assert body["source"] == "wizard"

    def test_every_account_has_its_entry(self):
        created = [b["changes"]["user"][1] for b in bodies() if b["action"] == "user.created"]
        assert sorted(created) == sorted(str(i) for i in db.session.scalars(select(User.id)))

    def test_usage_is_of_the_last_months_and_no_older_than_the_tenant(self):
        rows = db.session.scalars(select(TenantUsage)).all()
        # Stories end a few minutes ago, which may be in the month before.
        ends = datetime.now(UTC), datetime.now(UTC) - timedelta(minutes=30)
        months = {month for end in ends for month in usage.months_until(end)}
        created = {tenant.id: tenant.created_at for tenant in tenants()}
        assert {row.month for row in rows} <= months
        assert [r for r in rows if r.month < created[r.tenant_id].strftime("%Y-%m")] == []


class TestLoad:
    def test_reports_every_tenant_once(self, loaded):
        assert sum(loaded) == COUNT == len(tenants())

    def test_again_adds_as_many_with_the_same_names(self, loaded):
        before = log.lock_head()
        load(COUNT, SEED, Progress())
        counts = Counter(tenant.name for tenant in tenants())
        # A later edit may have renamed one; every name is there as often in both runs.
        assert {count % 2 for count in counts.values()} == {0}
        assert_history_holds()
        new = db.session.scalars(select(AuditEntry.at).where(AuditEntry.seq > before.seq)).all()
        assert before.at <= min(new) <= max(new) <= datetime.now(UTC)

    def test_again_makes_other_accounts_but_the_same_staff(self, loaded):
        load(COUNT, SEED, Progress())
        users = db.session.scalars(select(User)).all()
        assert len({user.username_key for user in users}) == len(users)
        assert len([user for user in users if user.role != "owner"]) == len(people.STAFF)
        assert {"dana.ilic", "dana.ilic2"} <= {user.username for user in users}

    def test_leaves_a_real_colleague_of_that_name_alone(self, app):
        make_user(role="support", username="sam.ortiz", password="a real one")
        load(COUNT, SEED, Progress())
        assert "sam.ortiz" not in {body["actor"]["name"] for body in bodies()}

    def test_another_seed_tells_other_stories(self, loaded):
        first = {tenant.name for tenant in tenants()}
        load(COUNT, SEED + 1, Progress())
        assert len({tenant.name for tenant in tenants()}) > len(first) * 1.5

    def test_stopped_in_the_middle_leaves_a_valid_database(self, app, monkeypatch):
        monkeypatch.setattr("webui.demo.run.SLICE", 50)
        monkeypatch.setattr("webui.demo.run.write", self._stop_after(3))
        with pytest.raises(KeyboardInterrupt):
            load(COUNT, SEED, Progress())
        assert 0 < len(tenants()) < COUNT
        assert_history_holds()
        monkeypatch.undo()
        load(COUNT, SEED, Progress())
        assert_history_holds()

    @staticmethod
    def _stop_after(slices):
        calls = []

        def stopping(steps, clock):
            writing.write(steps, clock)
            calls.append(steps)
            if len(calls) > slices:
                raise KeyboardInterrupt

        return stopping

    def test_slices_do_not_change_the_outcome(self, app, monkeypatch):
        monkeypatch.setattr("webui.demo.run.SLICE", 10)
        load(COUNT, SEED, Progress())
        assert_history_holds()
        assert northwind().version == 300

    @pytest.mark.parametrize("count", [0, 1, 2])
    def test_takes_small_numbers(self, app, count):
        load(count, SEED, Progress())
        assert len(tenants()) == count
        assert verifier.judge(str(db.engine.url)) == []


class TestNames:
    def test_each_250_show_every_kind(self):
        rng = Random(SEED)
        found = [names.organisation(rng, number).name for number in range(250)]
        scripts = {unicodedata.name(c, "").split(" ")[0] for name in found for c in name}
        assert {"ARABIC", "HEBREW", "HIRAGANA", "CJK", "HANGUL", "DEVANAGARI"} <= scripts
        assert {"GREEK", "CYRILLIC"} <= scripts
        everything = "".join(found)
        for character in "&<>\"'şğıİßäüłżąñéÇ’":
            assert character in everything, character
        assert any(unicodedata.category(c) == "So" for c in everything)
        assert max(map(len, found)) == FIELDS["name"].maximum
        assert [n for n in found if values.text(n, FIELDS["name"]) != n] == []

    def test_domains_lead_nowhere(self):
        rng = Random(SEED)
        for number in range(2_000):
            domain = names.organisation(rng, number).domain
            assert values.host_name(domain) == domain
            assert domain.endswith(".example")


class TestUsernames:
    def test_counts_on_from_what_is_there(self, loaded):
        usernames = people.Usernames()
        assert usernames.claim("dana.ilic") == "dana.ilic2"
        assert usernames.claim("dana.ilic") == "dana.ilic3"
        assert usernames.claim("dana") == "dana"


class TestWorkClock:
    def test_goes_forward_from_start_to_end(self):
        start = datetime(2026, 1, 5, 13, 20, tzinfo=UTC)
        line = clock.WorkClock(start, start + timedelta(days=30))
        moments = [line.at(n / 5_000) for n in range(5_001)]
        assert moments == sorted(moments)
        assert (moments[0], moments[-1]) == (line.start, line.end)

    def test_prefers_office_hours_and_the_recent_past(self):
        start = datetime(2026, 1, 5, tzinfo=UTC)
        line = clock.WorkClock(start, start + timedelta(days=70))
        moments = [line.at(n / 1_000) for n in range(1_001)]
        in_office = [m for m in moments if m.weekday() < 5 and 7 <= m.hour < 18]
        assert len(in_office) > 700
        assert moments[500] > start + timedelta(days=38)

    @pytest.mark.parametrize("span", [timedelta(), timedelta(microseconds=3), -timedelta(1)])
    def test_knows_lines_without_room(self, span):
        start = datetime(2026, 1, 5, tzinfo=UTC)
        line = clock.WorkClock(start, start + span)
        assert start <= line.at(0.5) <= line.at(1) <= max(start, start + span)


class TestReasons:
    def test_fit_the_field(self):
        rng = Random(SEED)
        for topic in reasons.TOPICS:
            for share in (0, 0.5, 1):
                text = reasons.believable_reason(rng, topic, share)
                assert values.text(text, REASON) == text
