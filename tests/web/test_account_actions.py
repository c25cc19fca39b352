"""What staff do to other people's accounts."""

import threading
from uuid import uuid4

import pytest
from sqlalchemy import select

from tests import raw
from tests.factories import an_actor, make_user
from tests.history import assert_audited, assert_history_holds, count_entries
from tests.raw import rows
from tests.web import dom
from tests.web.pages import PASSWORD, REASON
from webui.core.extensions import db, write_transaction
from webui.core.permissions import Role
from webui.crypto import totp
from webui.history.record.actions import Action
from webui.history.record.log import record
from webui.models import Authenticator, Passkey, RecoveryCode, User
from webui.models.columns import Audited, now
from webui.models.tenant.tenant import Change
from webui.models.user import NO_PASSWORD
from webui.users import guards, operations
from webui.users.guards import NO_LONGER, OWN_ACCOUNT
from webui.users.operations import Order

APP = Change("authenticator", Audited.EVENT, None, "")
DEEDS = ["link", "role", "status", "sessions", "second-factor"]


def url(user, *parts):
    return "/".join(["/users", str(user.id), *parts])


def stored(user):
    db.session.rollback()
    db.session.expire_all()
    return db.session.get_one(User, user.id)


@pytest.fixture
def second_admin(app):
    """So that nobody is the last one by accident."""
    return make_user("admin", password=PASSWORD)


@pytest.fixture
def colleague(sign_in):
    """A supporter at work."""
    return sign_in("support")


class TestRole:
    def test_counts_from_the_very_next_request(self, admin, colleague):
        colleague.get("/tenants/new")
        admin.post_form(url(colleague.user, "role"), 303, role="auditor", reason=REASON)
        body = assert_audited(
            Action.USER_ROLE, reason=REASON, actor={"name": admin.user.username}, tenant=None
        )
        colleague.get("/tenants/new", 403)
        colleague.get("/users?role=admin")
        assert body["changes"]["role"] == ["support", "auditor"]
        told = dom.words(admin.get(url(colleague.user)).history[0])
        assert f"Changed the role of {colleague.user.username} from support to auditor" in told

    def test_of_a_stale_form_is_not_flipped_silently(self, sign_in, admin, colleague):
        other = sign_in("admin")
        form = other.get(url(colleague.user, "role"))
        admin.post_form(url(colleague.user, "role"), 303, role="auditor", reason="moves desks")
        with raw.unchanged():
            again = other.submit(form, 409, role="admin", reason="is promoted")
        assert f"{admin.user.username} changed the role to Auditor" in again.words
        assert "moves desks" in again.words
        assert again.field("reason") == "is promoted"
        other.submit(again, 303)
        assert stored(colleague.user).role == "admin"

    def test_that_is_the_one_already_changes_nothing(self, admin, colleague):
        with raw.unchanged():
            admin.post_form(url(colleague.user, "role"), 303, role="support", reason=REASON)

    @pytest.mark.parametrize("role", ["owner", "root", ""])
    def test_is_one_of_the_staff_s(self, admin, colleague, role):
        with raw.unchanged():
            answer = admin.post_form(url(colleague.user, "role"), 422, role=role, reason=REASON)
        assert answer.errors == {"role": "Choose one from the list."}

    def test_of_an_owner_stays(self, admin, owner):
        form = admin.get(url(owner.user, "role"))
        with raw.unchanged():
            answer = admin.submit(form, 409, role="admin", reason=REASON)
        assert "An owner stays an owner" in answer.words

    def test_needs_to_know_what_it_was(self, admin, colleague):
        with raw.unchanged():
            admin.post_form(
                url(colleague.user, "role"), 400, role="admin", reason="x y z", was=None
            )


class TestStatus:
    def test_ends_everything_at_once(self, admin, colleague):
        admin.post_form(url(colleague.user, "status"), 303, reason=REASON)
        colleague.get("/tenants", 303)
        colleague.sign_in(colleague.user.username, status=422)
        assert_audited(Action.SIGN_IN_FAILED)
        page = admin.get(url(colleague.user))
        assert "Disabled" in page.words_of("main")
        assert f"Disabled the account {colleague.user.username}" in page.words

    def test_names_the_account_on_its_button(self, admin, colleague):
        page = admin.get(url(colleague.user, "status"))
        [button] = dom.elements(page.by_id("deed"), "button")
        # A button lays its parts out as boxes: the space between two of them would be lost.
        [words] = button
        assert dom.words(words) == f"Disable {colleague.user.username}"

    def test_can_be_taken_back(self, admin, colleague):
        admin.post_form(url(colleague.user, "status"), 303, reason=REASON)
        admin.post_form(url(colleague.user, "status"), 303, reason="is back")
        body = assert_audited(Action.USER_ENABLED, reason="is back")
        assert body["changes"]["active"] == [False, True]
        # The old session does not come back to life.
        colleague.get("/tenants", 303)
        colleague.sign_in(colleague.user.username)
        assert_history_holds()

    def test_of_a_stale_form_does_what_it_said(self, sign_in, admin, colleague):
        other = sign_in("admin")
        form = other.get(url(colleague.user, "status"))
        admin.post_form(url(colleague.user, "status"), 303, reason=REASON)
        with raw.unchanged():
            other.submit(form, 303, reason="me too")
        assert not stored(colleague.user).active

    @pytest.mark.parametrize("sent", [None, "", "maybe", ["true", "false"]])
    def test_must_say_which(self, admin, colleague, sent):
        with raw.unchanged():
            admin.post_form(url(colleague.user, "status"), 400, active=sent, reason=REASON)


class TestSessions:
    def test_end_on_every_device(self, admin, colleague):
        admin.post_form(url(colleague.user, "sessions"), 303, reason=REASON)
        colleague.get("/tenants", 303)
        body = assert_audited(Action.USER_SESSIONS_REVOKED, reason=REASON)
        assert body["changes"]["ended_sessions"] == [None, 1]
        colleague.sign_in(colleague.user.username)

    def test_that_are_none_change_nothing(self, admin, second_admin):
        with raw.unchanged():
            admin.post_form(url(second_admin, "sessions"), 303, reason=REASON)


class TestSecondFactor:
    @pytest.fixture
    def guarded(self, colleague):
        """A colleague with an app, a passkey and a code, and somebody else with an app."""
        user_id, at = colleague.user.id, now()
        other = make_user("support")
        with write_transaction():
            for user in (db.session.get_one(User, user_id), db.session.get_one(User, other.id)):
                db.session.add(Authenticator(user.id, totp.new_secret(), 1))
                record(Action.USER_AUTHENTICATOR, an_actor(), subject=user, changes=[APP])
            db.session.add(
                Passkey(
                    id=uuid4(),
                    user_id=user_id,
                    credential_id="c",
                    public_key="k",
                    name="Phone",
                    sign_count=0,
                    created_at=at,
                )
            )
            db.session.add(RecoveryCode(code_hash="0" * 64, user_id=user_id, created_at=at))
            record(Action.USER_AUTHENTICATOR, an_actor(), subject=colleague.user, changes=[APP])
        return colleague.user

    def test_is_removed_whole_and_for_one_person(self, admin, colleague, guarded):
        assert "Authenticator app, 1 passkey" in admin.get(url(guarded)).words
        admin.post_form(url(guarded, "second-factor"), 303, reason=REASON)
        colleague.get("/tenants", 303)
        assert rows("SELECT count(*) FROM authenticators") == [(1,)]
        for table in ("passkeys", "recovery_codes"):
            assert rows(f"SELECT count(*) FROM {table}") == [(0,)]
        body = assert_audited(Action.USER_FACTORS_REMOVED, reason=REASON)
        assert body["changes"]["passkeys"] == [1, 0]
        assert "second-factor" not in admin.get(url(guarded)).text
        colleague.sign_in(guarded.username)
        assert_history_holds()

    def test_that_is_none_changes_nothing(self, admin, colleague):
        with raw.unchanged():
            admin.post_form(url(colleague.user, "second-factor"), 303, reason=REASON)


class TestReason:
    @pytest.mark.parametrize("deed", DEEDS)
    @pytest.mark.parametrize("reason", [None, "", "  a ", "x" * 201])
    def test_is_required(self, admin, colleague, deed, reason):
        with raw.unchanged():
            answer = admin.post_form(url(colleague.user, deed), 422, reason=reason)
        assert list(answer.errors) == ["reason"]


class TestOwnAccount:
    @pytest.mark.parametrize("deed", DEEDS)
    def test_is_left_to_the_account_page(self, admin, second_admin, deed):
        assert OWN_ACCOUNT in admin.get(url(admin.user, deed), 403).words
        data = {"csrf_token": admin.token(), "reason": REASON, "active": "false", "was": "admin"}
        with raw.only_asked():
            admin.post(url(admin.user, deed), {**data, "role": "support"}, 403)
        page = admin.get(url(admin.user))
        assert "This is your own account" in page.words
        assert f"/{deed}" not in page.text


class TestButtons:
    def test_are_those_that_the_role_allows(self, sign_in, owner, colleague):
        def offered(role):
            person = sign_in(role)
            links = dom.elements(person.get(url(owner.user)).tree, "a")
            return {
                a.get("href").rsplit("/", 1)[-1] for a in links if url(owner.user) in a.get("href")
            }

        assert offered("admin") == {"link", "sessions", "status"}
        assert offered("support") == {"link"}
        assert offered("auditor") == set()

    def test_stand_on_the_tenant_page_too(self, sign_in, owner, tenant):
        support = sign_in("support")
        more = support.get(f"/tenants/{tenant.id}").by_id("tenant-more")
        [link] = [a for a in dom.elements(more, "a") if "Reset link" in dom.words(a)]
        answer = support.post_form(link.get("href"), 200, reason=REASON)
        assert "/reset/" in answer.words_of("link-text")


@pytest.mark.both_databases
class TestLastAdmin:
    @pytest.fixture
    def others(self, admin):
        """Admins who could not help: invited, or disabled."""
        make_user("admin", password_hash=NO_PASSWORD)
        make_user("admin", active=False, password=PASSWORD)

    @pytest.mark.parametrize("deed", ["role", "status"])
    def test_stays(self, admin, others, deed):
        """Only by another one who has just been demoted, or on the server's command line."""
        actor = an_actor(type="cli", id=None, name="root", role=None)
        order = Order(admin.user.id, REASON)
        with raw.unchanged(), pytest.raises(guards.Refused, match="last admin"):
            if deed == "role":
                operations.change_role(order, Role.SUPPORT, "admin", actor)
            else:
                operations.set_active(order, False, actor)

    def test_remains_when_two_demote_each_other_at_once(self, app, second_admin):
        first = make_user("admin", password=PASSWORD)
        pairs = [(first, second_admin), (second_admin, first)]
        actors = [an_actor(actor) for actor, _ in pairs]
        orders = [Order(target.id, REASON) for _, target in pairs]
        start, outcomes = threading.Barrier(2), []

        def demote(order, actor):
            with app.app_context():
                start.wait()
                try:
                    operations.change_role(order, Role.SUPPORT, "admin", actor)
                    outcomes.append("done")
                except guards.Refused as refusal:
                    outcomes.append(str(refusal))

        threads = [
            threading.Thread(target=demote, args=pair) for pair in zip(orders, actors, strict=True)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(outcomes) == sorted(["done", NO_LONGER])
        db.session.rollback()
        roles = db.session.scalars(select(User.role).where(User.active)).all()
        assert sorted(roles) == ["admin", "support"]
        assert_history_holds()


class TestWhoLostTheRight:
    @pytest.mark.parametrize("change", ["demoted", "disabled"])
    def test_meanwhile_does_nothing_more(self, app, colleague, second_admin, change):
        """The request began as an admin's; by the time it writes it is none."""
        other = make_user("admin", password=PASSWORD)
        actor = an_actor(other)
        if "role" in change:
            operations.change_role(
                Order(other.id, REASON), Role.SUPPORT, "admin", an_actor(second_admin)
            )
        else:
            operations.set_active(Order(other.id, REASON), False, an_actor(second_admin))
        entries = count_entries()
        with pytest.raises(guards.NoLonger):
            operations.set_active(Order(colleague.user.id, REASON), False, actor)
        assert count_entries() == entries
