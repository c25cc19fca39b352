"""Two requests in the same moment: one is saved, the other one is told."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest

from tests.factories import make_tenant
from tests.history import assert_history_holds
from tests.web.pages import REASON, edit_url
from tests.web.saved import actions, bodies, fresh
from webui.tenants.core import operations

pytestmark = pytest.mark.both_databases


@pytest.fixture
def gate(monkeypatch) -> Callable[[], None]:
    """Both requests have been judged on what they read; then both begin to write."""
    barrier = threading.Barrier(2, timeout=20)
    transaction = operations.write_transaction

    @contextmanager
    def together():
        barrier.wait()
        with transaction():
            yield

    return lambda: monkeypatch.setattr(operations, "write_transaction", together)


def at_once(*calls):
    """What the calls return that run at the same time, in order."""
    with ThreadPoolExecutor(len(calls)) as pool:
        return [future.result(30) for future in [pool.submit(call) for call in calls]]


class TestSave:
    def test_of_the_same_version_saves_one_and_tells_the_other(self, sign_in, tenant, gate):
        people = [sign_in("support"), sign_in("admin")]
        forms = [person.get(edit_url(tenant, "billing")) for person in people]
        gate()
        answers = at_once(
            *(
                lambda n=n: people[n].submit(
                    forms[n], None, max_concurrent_calls=20 + n, reason=REASON
                )
                for n in range(2)
            )
        )
        statuses = [answer.status for answer in answers]
        assert sorted(statuses) == [303, 409]
        winner = statuses.index(303)
        saved = fresh(tenant)
        assert (saved.version, saved.max_concurrent_calls) == (2, 20 + winner)
        assert answers[1 - winner].field("max_concurrent_calls") == str(20 + 1 - winner)
        assert answers[1 - winner].field("version") == "2"
        assert len(bodies(tenant)) == 2
        assert_history_holds()

    def test_of_the_same_form_saves_once(self, sign_in, tenant, gate):
        person = sign_in("admin")
        form = person.get(edit_url(tenant, "billing"))
        gate()
        answers = at_once(
            *[lambda: person.submit(form, None, max_concurrent_calls=20, reason=REASON)] * 2
        )
        assert [answer.status for answer in answers] == [303, 303]
        assert len(bodies(tenant)) == 2
        assert_history_holds()

    def test_of_two_sections_saves_both(self, sign_in, tenant, gate):
        people = [sign_in("support"), sign_in("admin")]
        billing = people[0].get(edit_url(tenant, "billing"))
        features = people[1].get(edit_url(tenant, "features"))
        gate()
        answers = at_once(
            lambda: people[0].submit(billing, None, max_concurrent_calls=20, reason=REASON),
            lambda: people[1].submit(features, None, retention_days=20, reason=REASON),
        )
        assert [answer.status for answer in answers] == [303, 303]
        saved = fresh(tenant)
        assert (saved.version, saved.max_concurrent_calls, saved.retention_days) == (3, 20, 20)
        assert_history_holds()

    def test_of_two_tenants_keeps_one_chain(self, sign_in, gate):
        people = [sign_in("support"), sign_in("admin")]
        tenants = [make_tenant(), make_tenant()]
        forms = [
            person.get(edit_url(t, "features")) for person, t in zip(people, tenants, strict=True)
        ]
        gate()
        answers = at_once(
            *(
                lambda n=n: people[n].submit(forms[n], None, retention_days=5, reason=REASON)
                for n in range(2)
            )
        )
        assert [answer.status for answer in answers] == [303, 303]
        assert_history_holds()

    def test_that_switches_sip_on_while_its_password_goes(self, sign_in, gate, secrets):
        secrets.add("the first one")
        values = {"sip_domain": "a.example", "sip_username": "u", "sip_password": "the first one"}
        tenant = make_tenant(**values)
        people = [sign_in("support"), sign_in("admin")]
        forms = [person.get(edit_url(tenant, "sip")) for person in people]
        gate()
        answers = at_once(
            lambda: people[0].submit(forms[0], None, sip_enabled=True, reason=REASON),
            lambda: people[1].submit(forms[1], None, remove_sip_password=True, reason=REASON),
        )
        assert sorted(answer.status for answer in answers) == [303, 409]
        saved = fresh(tenant)
        assert saved.sip_enabled is (saved.sip_password is not None)


class TestStatus:
    def test_of_the_same_version_saves_one_and_tells_the_other(self, sign_in, tenant, gate):
        people = [sign_in("support"), sign_in("admin")]
        forms = [person.get(edit_url(tenant, "status")) for person in people]
        gate()
        answers = at_once(
            lambda: people[0].submit(forms[0], None, status="blocked", reason=REASON),
            lambda: people[1].submit(forms[1], None, status="inactive", reason=REASON),
        )
        assert sorted(answer.status for answer in answers) == [303, 409]
        assert fresh(tenant).version == 2


class TestCreation:
    def test_of_one_form_makes_one_tenant(self, sign_in, gate):
        person = sign_in("admin")
        form = person.get("/tenants/new")
        before = len(actions())
        gate()
        answers = at_once(*[lambda: person.submit(form, None, name="Once", reason=REASON)] * 2)
        assert [answer.status for answer in answers] == [303, 303]
        assert answers[0].location == answers[1].location
        assert actions()[before:] == ["tenant.created"]
        assert_history_holds()

    def test_of_two_forms_makes_two(self, sign_in, gate):
        people = [sign_in("support"), sign_in("admin")]
        forms = [person.get("/tenants/new") for person in people]
        gate()
        answers = at_once(
            *(
                lambda n=n: people[n].submit(forms[n], None, name="Twice", reason=REASON)
                for n in range(2)
            )
        )
        assert answers[0].location != answers[1].location
        assert_history_holds()
