"""What an API token opens, and when it opens nothing."""

from datetime import timedelta
from types import SimpleNamespace
from uuid import uuid4

import pytest
from sqlalchemy import select

from tests import raw
from tests.api_tokens import a_request, bearer, make_token, refusal
from tests.factories import an_actor, disable, make_user, revise
from tests.history import assert_history_holds, last_entry
from tests.web.pages import PASSWORD
from tests.web.test_errors import read_only_database
from webui.accounts.api_tokens import authentication, operations
from webui.accounts.api_tokens.authentication import TooManyFailures, authenticate
from webui.accounts.api_tokens.operations import NewToken, NotPossible
from webui.accounts.api_tokens.rates import PER_MINUTE, count_request
from webui.accounts.api_tokens.scopes import Scope, scopes_of_role
from webui.core.extensions import db, is_sqlite, secret_key, write_transaction
from webui.core.limits import TOKENS_MAXIMUM
from webui.core.permissions import Role
from webui.crypto import token_text, tokens
from webui.history.record.actions import Action
from webui.history.record.actor import command_actor
from webui.history.record.guard import Unaudited
from webui.links import operations as links
from webui.models import ApiToken, AuditEntry, User
from webui.models.columns import now
from webui.models.link import LinkKind
from webui.models.user import NO_PASSWORD
from webui.rate_limits.try_limits import API_TOKEN
from webui.users.operations import AccountChange, change_role, set_active
from webui.users.resealing import reseal

pytestmark = pytest.mark.both_databases
OPERATOR = command_actor("ops")


@pytest.fixture
def support(app):
    return make_user("support")


@pytest.fixture
def made(support):
    return make_token(support)


def entries():
    return db.session.scalars(select(AuditEntry).order_by(AuditEntry.seq)).all()


def quoted(user):
    return f"'{user.id.hex}'" if is_sqlite() else f"'{user.id}'"


class TestAuthenticate:
    def test_returns_the_account_and_what_the_token_may_do(self, app, support, made):
        found = bearer(app, made.text)
        assert (found.person.id, found.person.username) == (support.id, support.username)
        assert (found.person.role, found.person.tenant_id) == ("support", None)
        assert (found.token_id, found.name) == (made.row.id, "CRM sync")
        assert found.purpose == "Copies new customers"
        assert found.scopes == frozenset(Scope)
        assert found.expires_at == made.row.expires_at

    def test_of_an_owner_stands_for_the_own_tenant(self, app):
        owner = make_user("owner")
        found = bearer(app, make_token(owner).text)
        assert found.person.tenant_id == owner.tenant_id
        assert Scope.USAGE_WRITE not in found.scopes

    def test_has_only_its_own_scopes(self, app, support):
        token = make_token(support, scopes=[Scope.TENANTS_READ])
        assert bearer(app, token.text).scopes == {Scope.TENANTS_READ}

    @pytest.mark.parametrize("token", ["", "tc_", "nonsense", "tc_" + "0" * 36, "\ud800"])
    def test_refuses_what_is_none(self, app, token):
        assert refusal(app, token) == authentication.MALFORMED

    def test_refuses_one_that_nobody_made(self, app, made):
        assert refusal(app, token_text.new_token()) == authentication.UNKNOWN

    def test_asks_one_question(self, app, made, queries):
        bearer(app, made.text)
        with queries() as asked:
            bearer(app, made.text)
        assert [statement.split()[0] for statement in asked if statement != "BEGIN"] == ["SELECT"]


class TestExpiry:
    def test_ends_it(self, app, made, monkeypatch):
        end = made.row.expires_at
        monkeypatch.setattr(authentication, "now", lambda: end - timedelta(seconds=1))
        assert refusal(app, made.text) is None
        monkeypatch.setattr(authentication, "now", lambda: end)
        assert refusal(app, made.text) == authentication.EXPIRED


class TestRevoked:
    def test_opens_nothing(self, app, support, made):
        assert operations.revoke_own(support.id, made.row.id, an_actor(support))
        assert refusal(app, made.text) == authentication.REVOKED
        assert not operations.revoke_own(support.id, made.row.id, an_actor(support))
        assert_history_holds()

    def test_by_somebody_else_is_not_found(self, app, made):
        other = make_user("admin")
        assert not operations.revoke_own(other.id, made.row.id, an_actor(other))
        assert refusal(app, made.text) is None


class TestAccount:
    """What the account may not do now, its token may not do either."""

    def test_demoted_loses_the_scopes(self, app, support, made):
        change_role(AccountChange(support.id, "moves"), Role.AUDITOR, "support", OPERATOR)
        found = bearer(app, made.text)
        assert found.person.role == "auditor"
        assert found.scopes == {Scope.TENANTS_READ, Scope.HISTORY_READ}

    def test_disabled(self, app, support, made):
        disable(support.username)
        assert refusal(app, made.text) in (authentication.CLOSED, authentication.REVOKED)

    def test_disabled_around_the_product(self, app, support, made):
        raw.past_the_guards(f"UPDATE users SET active = false WHERE id = {quoted(support)}")
        assert refusal(app, made.text) == authentication.CLOSED

    def test_of_a_blocked_tenant_waits_until_it_is_unblocked(self, app):
        owner = make_user("owner")
        token = make_token(owner).text
        for status, expected in (("blocked", authentication.CLOSED), ("active", None)):
            revise(owner.tenant, Action.TENANT_STATUS, status=status)
            assert refusal(app, token) == expected

    def test_without_a_password(self, app):
        invited = make_user("support", password_hash=NO_PASSWORD)
        assert refusal(app, make_token(invited).text) == authentication.CLOSED

    def test_without_the_required_factor(self, app_with):
        app = app_with(require_mfa="staff")
        token, owners = make_token(make_user("support")), make_token(make_user("owner"))
        assert refusal(app, token.text) == authentication.NEEDS_FACTOR
        assert refusal(app, owners.text) is None

    def test_with_a_forged_role(self, app, support, made):
        raw.past_the_guards(f"UPDATE users SET role = 'admin' WHERE id = {quoted(support)}")
        assert refusal(app, made.text) == authentication.CLOSED


class TestDatabaseWriter:
    """Somebody who can write any row and has no key."""

    @pytest.mark.parametrize(
        "change",
        [
            "user_id = {target}",
            "scopes = 'tenants:read,tenants:write'",
            "expires_at = '2999-01-01 00:00:00+00:00'",
            "created_at = '2020-01-01 00:00:00+00:00'",
            "name = 'Another'",
            "purpose = 'Another'",
            "seal = ''",
        ],
    )
    def test_cannot_rewrite_one(self, app, support, logged, change):
        token = make_token(support, scopes=[Scope.TENANTS_READ])
        target = make_user("admin")
        raw.past_the_guards(f"UPDATE api_tokens SET {change.format(target=quoted(target))}")
        assert refusal(app, token.text) == authentication.UNKNOWN
        assert "a row of api_tokens of account" in logged()
        assert token.text not in logged()

    def test_cannot_add_one(self, app, support, made):
        mine = token_text.new_token()
        for hashed in (
            tokens.token_hash("guessed", "api", mine),
            # The second is what only the key can make: even then the seal does not fit.
            authentication.api_token_hash(mine),
        ):
            copied = {
                "id": quoted(SimpleNamespace(id=uuid4())),
                "token_hash": f"'{hashed}'",
                "user_id": quoted(make_user("admin")),
            }
            raw.past_the_guards(
                raw.copy_of("api_tokens", copied, where=f"name = '{made.row.name}'")
            )
            assert refusal(app, mine) == authentication.UNKNOWN
            raw.past_the_guards(f"DELETE FROM api_tokens WHERE token_hash = '{hashed}'")

    def test_cannot_take_the_hash_of_another_kind_of_token(self, app, made):
        assert made.row.token_hash != tokens.token_hash(secret_key(), "session", made.text)

    def test_puts_no_revoked_one_back(self, app, support, made):
        operations.revoke_own(support.id, made.row.id, an_actor(support))
        for statement in (
            "UPDATE api_tokens SET ended_at = NULL",
            "UPDATE api_tokens SET scopes = 'tenants:read'",
            "UPDATE api_tokens SET expires_at = '2999-01-01 00:00:00+00:00'",
            "DELETE FROM api_tokens",
        ):
            raw.refused(statement)
        if is_sqlite():
            raw.refused(raw.copy_of("api_tokens", {"ended_at": "NULL"}, "INSERT OR REPLACE"))
        else:
            raw.refused("TRUNCATE api_tokens")
        assert refusal(app, made.text) == authentication.REVOKED
        raw.past_the_guards("UPDATE api_tokens SET ended_at = NULL")
        assert refusal(app, made.text) == authentication.UNKNOWN

    def test_reads_no_token(self, app, made):
        assert made.text not in str(raw.everything())
        assert made.text not in repr(made) + repr(made.row)


class TestFirstUse:
    def test_is_recorded_once_a_day(self, app, support, made, monkeypatch):
        before = raw.everything()
        bearer(app, made.text)
        assert [e.action for e in entries()][-1] == Action.TOKEN_USED
        used = raw.everything()
        assert used != before
        for _ in range(3):
            bearer(app, made.text)
        assert raw.everything() == used
        tomorrow = now() + timedelta(days=1)
        monkeypatch.setattr(authentication, "now", lambda: tomorrow)
        bearer(app, made.text)
        assert sum(entry.action == Action.TOKEN_USED for entry in entries()) == 2

    def test_says_who_by_which_token(self, app, support, made):
        bearer(app, made.text)
        entry = last_entry()
        assert (entry.actor_type, entry.actor_id) == ("token", str(support.id))
        assert entry.actor_name == f'{support.username} via token "CRM sync"'
        assert (entry.actor_role, entry.source) == ("support", "api")
        assert_history_holds()

    def test_of_two_requests_at_once_is_recorded_once(self, app, made):
        first = bearer(app, made.text)
        used = raw.everything()
        with a_request(app):
            # The other request has read the row before it was written.
            authentication._note_first_use(first, now().date())
        assert raw.everything() == used

    def test_locks_nobody_out_when_it_cannot_be_written(self, app, made):
        with read_only_database():
            assert bearer(app, made.text).name == "CRM sync"
        assert made.row.last_used_on is None


class TestThrottle:
    def test_delays_an_address_and_leaves_the_others(self, app, made):
        for _ in range(API_TOKEN.free):
            assert refusal(app, "nonsense") == authentication.MALFORMED
        with pytest.raises(TooManyFailures) as caught:
            bearer(app, token_text.new_token())
        assert caught.value.retry_after == 10
        assert refusal(app, "nonsense", "192.0.2.8") == authentication.MALFORMED

    def test_keeps_no_valid_token_waiting(self, app, made):
        for _ in range(API_TOKEN.free):
            refusal(app, "nonsense")
        assert bearer(app, made.text).name == "CRM sync"

    def test_is_recorded_once_for_a_delay(self, app):
        for _ in range(API_TOKEN.free):
            refusal(app, "nonsense")
        for _ in range(3):
            with a_request(app), pytest.raises(TooManyFailures):
                authenticate("nonsense")
        assert [e.action for e in entries()] == [Action.TRY_DELAYED]


class TestCreate:
    def test_is_recorded_with_everything_but_the_token(self, support, made):
        entry = last_entry()
        assert entry.action == Action.TOKEN_CREATED
        assert '"token_scopes":[null,["history:read","tenants:read"' in entry.body
        assert "Copies new customers" in entry.body
        assert str(made.row.id) in entry.body
        assert made.text not in entry.body
        assert made.row.token_hash not in entry.body

    @pytest.mark.parametrize(
        ("role", "refused"),
        [
            ("owner", {Scope.USAGE_WRITE}),
            ("auditor", {Scope.USAGE_WRITE, Scope.TENANTS_WRITE}),
            ("support", set()),
            ("admin", set()),
        ],
    )
    def test_gives_no_more_than_the_role(self, app, role, refused):
        assert set(Scope) - set(scopes_of_role(role)) == refused
        user = make_user(role)
        for scope in refused:
            with pytest.raises(NotPossible, match=scope) as caught:
                make_token(user, scopes=[scope])
            assert caught.value.field == "scopes"

    def test_needs_a_scope(self, support):
        with pytest.raises(NotPossible, match=operations.NO_SCOPE):
            new = NewToken("Empty", "Does nothing", frozenset(), 1)
            operations.create(support.id, new, an_actor(support))

    def test_takes_a_name_again_only_after_its_end(self, app, support, made):
        with pytest.raises(NotPossible, match="Choose another name"):
            make_token(support, name="crm SYNC")
        make_token(make_user("support"))
        operations.revoke_own(support.id, made.row.id, an_actor(support))
        assert refusal(app, make_token(support).text) is None

    def test_has_a_bound(self, support, monkeypatch):
        monkeypatch.setattr(operations, "TOKENS_MAXIMUM", 3)
        for number in range(3):
            make_token(support, name=f"Token {number}")
        with pytest.raises(NotPossible, match=str(TOKENS_MAXIMUM)):
            make_token(support)

    def test_and_revocation_need_an_entry(self, support, made):
        def end(row):
            row.ended_at = now()

        with pytest.raises(Unaudited), write_transaction():
            end(db.session.scalars(select(ApiToken)).one())


class TestEndedAccess:
    """What takes an account's access away revokes its tokens for good."""

    def test_disabling(self, app, support, made):
        for active in (False, True):
            set_active(AccountChange(support.id, "leaves"), active, OPERATOR)
        assert refusal(app, made.text) == authentication.REVOKED
        assert '"revoked_tokens":[null,["CRM sync"]]' in entries()[-2].body
        assert_history_holds()

    def test_a_reset_link(self, app):
        user = make_user("support", password=PASSWORD)
        token = make_token(user).text
        with write_transaction():
            link = links.issue_link_for(db.session.get_one(User, user.id), OPERATOR)
        links.choose_password(LinkKind.RESET, link.token, "another long password", OPERATOR)
        assert refusal(app, token) == authentication.REVOKED
        assert '"revoked_tokens":[null,["CRM sync"]]' in entries()[-1].body

    def test_resealing(self, app, support, made):
        reseal(AccountChange(support.id, "repaired"), Role.SUPPORT, None, OPERATOR)
        assert refusal(app, made.text) == authentication.REVOKED
        assert_history_holds()


class TestRates:
    def test_counts_each_token_by_itself(self, monkeypatch):
        clock = SimpleNamespace(at=1_000.0)
        monkeypatch.setattr("time.time", lambda: clock.at)
        busy, calm = uuid4(), uuid4()
        for left in reversed(range(PER_MINUTE)):
            rate = count_request(busy)
            assert (rate.allowed, rate.remaining, rate.limit) == (True, left, PER_MINUTE)
        clock.at += 20
        refused = count_request(busy)
        assert (refused.allowed, refused.remaining, refused.reset_seconds) == (False, 0, 40)
        assert count_request(calm).remaining == PER_MINUTE - 1
        clock.at += 41
        assert count_request(busy).allowed
