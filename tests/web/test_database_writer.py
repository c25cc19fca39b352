"""Who can write any row, has older copies of them and may append entries, but has no key.

Each attack is done with the triggers dropped and put back, which is more than the database's
role can do; what the triggers refuse by themselves is in `tests/unit/test_triggers_users.py`.
"""

from types import SimpleNamespace
from uuid import UUID, uuid4

import pytest
from sqlalchemy import delete

from tests import raw
from tests.factories import make_tenant, revise
from tests.forging import AUTHENTICATORS, PASSKEYS, TENANTS, USERS, add, append_entry, put, row_of
from tests.tampering import without_guards
from tests.web.factors import enrol
from tests.web.pages import PASSWORD, tenant_url
from tests.web.saved import fresh
from tests.web.test_passkeys import register
from tests.web.test_passkeys import sign_in as sign_in_with
from webui.accounts.passwords import hash_password
from webui.accounts.self_service import own_account
from webui.accounts.sign_in.routes import REFUSED
from webui.core.extensions import WRITING, db
from webui.core.permissions import Role
from webui.history.record.actions import Action
from webui.history.record.actor import command_actor
from webui.models import Authenticator, Passkey
from webui.models.seals import user_seals
from webui.models.seals.broken_seals import broken_seals
from webui.models.tenant.tenant import UNREADABLE
from webui.users.operations import AccountChange, change_role, set_active

OPERATOR = command_actor("ops")
THEIRS = "another long password"


@pytest.fixture
def scene(sign_in):
    """Our own account, a support's, and an admin with a password that only they know."""
    ours = sign_in("support")
    return SimpleNamespace(
        ours=ours,
        theirs=sign_in("admin", password_hash=hash_password(THEIRS)),
        us=ours.user.id,
        them=UUID(int=0),
        key=None,
    )


@pytest.fixture(autouse=True)
def them(scene):
    scene.them = scene.theirs.user.id
    scene.theirs.password = THEIRS


def broken() -> list[tuple[UUID, str]]:
    """What `audit verify` would say of accounts and tenants."""
    with db.engine.connect() as connection:
        return [(problem.row_id, problem.words) for problem in broken_seals(connection)]


# Forgeries of our own row.


def raise_role(connection, scene):
    put(connection, USERS, scene.us, role="admin")


def become_owner(connection, scene):
    put(connection, USERS, scene.us, role="owner", tenant_id=scene.tenant)


def copy_their_seal(connection, scene):
    theirs = row_of(USERS, scene.them)
    put(connection, USERS, scene.us, **{n: theirs[n] for n in ("role", "seal", "seal_entry")})


def take_the_seal_away(connection, scene):
    put(connection, USERS, scene.us, role="admin", seal=None)


def write_a_seal(connection, scene):
    put(connection, USERS, scene.us, role="admin", seal=f"s1.k1.{'A' * 22}")


def name_an_unknown_key(connection, scene):
    seal = row_of(USERS, scene.us)["seal"]
    put(connection, USERS, scene.us, seal=seal.replace("k1", "k9"))


def raise_role_with_an_entry(connection, scene):
    entry = append_entry(
        connection,
        action="user.role.updated",
        changes={"user": [str(scene.us)] * 2, "role": ["support", "admin"]},
    )
    put(connection, USERS, scene.us, role="admin", seal_entry=entry)


def take_their_name(connection, scene):
    theirs = row_of(USERS, scene.them)
    put(connection, USERS, scene.them, username="gone", username_key="gone")
    names = {name: theirs[name] for name in ("username", "username_key")}
    put(connection, USERS, scene.us, **names)
    scene.name = theirs["username"]


def put_the_past_back(connection, scene):
    put(connection, USERS, scene.us, **scene.past)


OF_OUR_ROW = [
    *(raise_role, become_owner, copy_their_seal, take_the_seal_away, write_a_seal),
    *(name_an_unknown_key, raise_role_with_an_entry, take_their_name),
]


class TestOurOwnRow:
    """What we make of our own account opens nothing, and our session is over."""

    @pytest.fixture(autouse=True)
    def names(self, scene):
        scene.tenant, scene.name = make_tenant().id, scene.ours.user.username

    @pytest.mark.parametrize("attack", OF_OUR_ROW, ids=lambda attack: attack.__name__)
    def test_forged_is_refused_and_said(self, scene, admin, browser, logged, attack):
        with without_guards() as connection:
            attack(connection, scene)
        self.assert_refused(scene, admin, browser, logged)

    @pytest.mark.parametrize("later", ["demoted", "disabled", "a new password"])
    def test_rolled_back_is_refused_and_said(self, scene, admin, browser, logged, later):
        scene.past = row_of(USERS, scene.us)
        if later == "demoted":
            change_role(AccountChange(scene.us, "left us"), Role.AUDITOR, "support", OPERATOR)
        elif later == "disabled":
            set_active(AccountChange(scene.us, "left us"), False, OPERATOR)
        else:
            own_account.change_password(scene.us, PASSWORD, "a quite new one", OPERATOR, None)
        with without_guards() as connection:
            put_the_past_back(connection, scene)
        self.assert_refused(scene, admin, browser, logged)
        assert broken() == [(scene.us, user_seals.ROLLED_BACK)]

    @staticmethod
    def assert_refused(scene, admin, browser, logged):
        scene.ours.get("/tenants", 303)
        assert REFUSED in browser.sign_in(scene.name, status=422).words
        assert f"account {scene.us} is refused: it does not match its seal" in logged()
        page = admin.get(f"/users/{scene.us}")
        assert "This account's row does not match its seal" in page.words_of("seal-fault")
        assert scene.us in dict(broken())


# Forgeries of another person's account.


def copy_our_password(connection, scene):
    hashed = row_of(USERS, scene.us)["password_hash"]
    put(connection, USERS, scene.them, password_hash=hashed)


def copy_our_password_with_an_entry(connection, scene):
    copy_our_password(connection, scene)
    entry = append_entry(
        connection,
        action="user.password.updated",
        changes={"user": [str(scene.them)] * 2, "password": ["set", "replaced"]},
    )
    put(connection, USERS, scene.them, seal_entry=entry)


class TestTheirRow:
    @pytest.mark.parametrize(
        "attack",
        [copy_our_password, copy_our_password_with_an_entry],
        ids=lambda attack: attack.__name__,
    )
    def test_with_our_password_is_refused_and_said(self, scene, browser, logged, attack):
        with without_guards() as connection:
            attack(connection, scene)
        assert REFUSED in browser.sign_in(scene.theirs.user.username, status=422).words
        scene.theirs.get("/tenants", 303)
        assert f"account {scene.them} is refused" in logged()
        assert scene.them in dict(broken())

    def test_a_new_one_is_refused_and_said(self, scene, browser, logged):
        made, like = uuid4(), row_of(USERS, scene.us)
        with without_guards() as connection:
            names = {"username": "mallory", "username_key": "mallory"}
            add(connection, USERS, like, id=made, role="admin", **names)
        assert REFUSED in browser.sign_in("mallory", status=422).words
        assert f"account {made} is refused" in logged()
        assert made in dict(broken())

    def test_is_untouched_by_all_that(self, scene, browser):
        browser.secrets.add(THEIRS)
        browser.sign_in(scene.theirs.user.username, THEIRS)
        assert broken() == []


# Second factors: ours put on their account, or theirs taken away.


def move_our_authenticator(connection, scene):
    [mine] = [r for r in all_of(connection, AUTHENTICATORS) if r["user_id"] == scene.us]
    connection.execute(delete(AUTHENTICATORS).where(AUTHENTICATORS.c.user_id == scene.them))
    put(connection, AUTHENTICATORS, mine["id"], user_id=scene.them)


def add_our_passkey(connection, scene):
    [mine] = [r for r in all_of(connection, PASSKEYS) if r["user_id"] == scene.us]
    put(connection, PASSKEYS, mine["id"], user_id=scene.them)


def take_their_authenticator(connection, scene):
    connection.execute(delete(AUTHENTICATORS).where(AUTHENTICATORS.c.user_id == scene.them))


def put_our_key_into_their_passkey(connection, scene):
    rows = {row["user_id"]: row for row in all_of(connection, PASSKEYS)}
    ours, theirs = rows[scene.us], rows[scene.them]
    connection.execute(delete(PASSKEYS).where(PASSKEYS.c.id == ours["id"]))
    credential = {name: ours[name] for name in ("credential_id", "public_key")}
    put(connection, PASSKEYS, theirs["id"], **credential)


def all_of(connection, table):
    return connection.execute(table.select()).mappings().all()


class TestFactors:
    @pytest.fixture
    def enrolled(self, scene):
        """Both have an authenticator and a passkey; we know their password."""
        for browser in (scene.theirs, scene.ours):
            enrol(browser)
        register(scene.theirs, 303)
        scene.key = register(scene.ours, 303)

    @pytest.mark.parametrize(
        "attack",
        [
            *(move_our_authenticator, add_our_passkey),
            *(take_their_authenticator, put_our_key_into_their_passkey),
        ],
        ids=lambda attack: attack.__name__,
    )
    def test_changed_in_the_database_let_nobody_in(self, scene, enrolled, browser, logged, attack):
        browser.secrets.add(THEIRS)
        with without_guards() as connection:
            attack(connection, scene)
        assert REFUSED in browser.sign_in(scene.theirs.user.username, THEIRS, 422).words
        assert user_seals.FACTORS_DIFFER in logged()
        assert (scene.them, user_seals.FACTORS_DIFFER) in broken()

    def test_a_passkey_put_on_their_account_does_not_sign_in(self, scene, enrolled, browser):
        with without_guards() as connection:
            add_our_passkey(connection, scene)
        scene.key.handle = scene.them.bytes
        sign_in_with(browser, scene.key, 422)

    def test_a_secret_of_ours_does_not_fit_their_row(self, scene, enrolled):
        with without_guards() as connection:
            rows = {row["user_id"]: row for row in all_of(connection, AUTHENTICATORS)}
            secret = rows[scene.us]["secret"]
            put(connection, AUTHENTICATORS, rows[scene.them]["id"], secret=secret)
        with pytest.raises(Exception, match="does not decrypt"):
            assert db.session.query(Authenticator).filter_by(user_id=scene.them).one().secret

    def test_a_forged_one_is_not_vouched_for_by_the_next_change(self, scene, enrolled, admin):
        with without_guards() as connection:
            add_our_passkey(connection, scene)
        change_role(AccountChange(scene.them, "moves"), Role.AUDITOR, "admin", OPERATOR)
        assert broken() == [
            (row, user_seals.FACTORS_DIFFER) for row in sorted((scene.us, scene.them))
        ]
        assert db.session.query(Passkey).filter_by(user_id=scene.them).count() == 2


# Tenants.

SECRETS = {
    "sip_domain": "a.example",
    "sip_username": "trunk",
    "sip_password": "first password",
    "webhook_url": "https://first.example.com/",
    "webhook_secret": "whsec_" + "A" * 43 + "=",
}
NEXT = {
    "sip_domain": "b.example",
    "sip_password": "second password",
    "webhook_url": "https://second.example.com/",
}


@pytest.fixture
def tenant(app):
    """A tenant with a past."""
    return make_tenant(name="Northwind", **SECRETS)


def set_column(name, value):
    return lambda connection, row: put(connection, TENANTS, row["id"], **{name: value})


def older(name):
    return lambda connection, row: put(connection, TENANTS, row["id"], **{name: row[name]})


def older_with_its_seal(connection, row):
    names = ("sip_password", "seal")
    put(connection, TENANTS, row["id"], **{name: row[name] for name in names})


def the_whole_row(connection, row):
    put(connection, TENANTS, row["id"], **row)


def another_tenant_s_index(connection, row):
    [other] = [r for r in all_of(connection, TENANTS) if r["id"] != row["id"]]
    put(connection, TENANTS, row["id"], sip_domain_index=other["sip_domain_index"])


# Attack -> the fields that nobody vouches for afterwards.
ON_TENANTS = {
    "an older password": (older("sip_password"), {"sip_password"}),
    "an older address": (older("webhook_url"), {"webhook_url"}),
    "another tenant's index": (another_tenant_s_index, {"sip_domain"}),
    "a secret taken away": (set_column("webhook_secret", None), {"webhook_secret"}),
    "an index taken away": (set_column("sip_username_index", None), {"sip_username"}),
    "an older password and seal": (older_with_its_seal, {*SECRETS, "webhook_secret_previous"}),
    "a whole row": (the_whole_row, {*SECRETS, "webhook_secret_previous"}),
    "no seal": (set_column("seal", None), {*SECRETS, "webhook_secret_previous"}),
}


class TestTenants:
    @pytest.fixture
    def past(self, tenant):
        past = row_of(TENANTS, tenant.id)
        revise(tenant, Action.TENANT_SIP, **NEXT)
        make_tenant(sip_domain="elsewhere.example")
        return past

    @pytest.mark.parametrize(("attack", "fields"), ON_TENANTS.values(), ids=ON_TENANTS.keys())
    def test_a_forged_field_is_not_read_and_says_so(self, admin, tenant, past, attack, fields):
        with without_guards() as connection:
            attack(connection, past)
        row = fresh(tenant)
        known = {*SECRETS, "webhook_secret_previous"}
        assert {name for name in known if row.readable(name) is UNREADABLE} == fields
        assert "does not match its seal" in admin.get(tenant_url(tenant)).words
        [(row_id, words)] = broken()
        assert row_id == tenant.id
        assert words == user_seals.ROLLED_BACK or all(name in words for name in fields)

    def test_a_version_raised_around_the_product_makes_all_unreadable(self, admin, tenant, past):
        """With the triggers in place: the entry is one that anybody can write."""
        version = past["version"] + 2
        writer = db.engine.connect().execution_options(**{WRITING: True})
        with writer as connection, connection.begin():
            put(connection, TENANTS, tenant.id, version=version)
            said = {"id": str(tenant.id), "name": "Northwind", "version": version}
            append_entry(connection, tenant=said)
        assert all(fresh(tenant).readable(name) is UNREADABLE for name in SECRETS)
        assert admin.get(tenant_url(tenant)).words.count("does not match its seal") >= 5

    def test_saving_other_sections_neither_vouches_nor_touches(self, admin, tenant, past):
        with without_guards() as connection:
            older("sip_password")(connection, past)
        for days in (70, 71):
            admin.edit(tenant, "features", retention_days=days)
        row = fresh(tenant)
        assert row.sip_password_sealed == past["sip_password"]
        assert row.readable("sip_password") is UNREADABLE
        assert row.sip_domain == "b.example"

    def test_a_field_set_anew_is_read_again_and_the_others_are_not(self, tenant, past):
        raw.run("UPDATE tenants SET seal = NULL")
        revise(fresh(tenant), Action.TENANT_SIP, sip_password="third password")
        row = fresh(tenant)
        assert row.sip_password == "third password"
        assert row.readable("webhook_url") is UNREADABLE
        revise(row, Action.TENANT_WEBHOOK, webhook_url="https://third.example.com/")
        assert fresh(tenant).webhook_url == "https://third.example.com/"
