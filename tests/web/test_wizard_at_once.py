"""Two requests of the wizard in the same moment, as from two tabs or by two clicks."""

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest

from tests.history import assert_history_holds
from tests.web.saved import actions, fresh
from tests.web.test_wizard import place, url, walk
from webui.onboarding import operations
from webui.tenants.core import operations as tenant_operations

pytestmark = pytest.mark.both_databases


@pytest.fixture
def together(owner, monkeypatch):
    """Sends two opened forms; both are judged on what they read before either writes."""

    def send(module, *forms):
        barrier, transaction = threading.Barrier(len(forms), timeout=20), module.write_transaction

        @contextmanager
        def gate():
            barrier.wait()
            with transaction():
                yield

        monkeypatch.setattr(module, "write_transaction", gate)
        with ThreadPoolExecutor(len(forms)) as pool:
            calls = [
                pool.submit(owner.submit, form, None, **{"go": "next", **changes})
                for form, changes in forms
            ]
            return [call.result(30) for call in calls]

    return send


def test_two_tabs_save_one_and_tell_the_other(owner, tenant, together):
    forms = [(owner.get(url("organisation")), {"name": name}) for name in ("One", "Two")]
    answers = together(tenant_operations, *forms)
    assert sorted(answer.status for answer in answers) == [303, 409]
    assert fresh(tenant).version == 2
    assert place(tenant) == ("billing", {"organisation": "done"})
    assert_history_holds()


def test_two_skips_move_once(owner, tenant, together):
    walk(owner, "sip")
    form = owner.get(url("sip"))
    answers = together(operations, (form, {"go": "skip"}), (form, {"go": "skip"}))
    assert [answer.status for answer in answers] == [303, 303]
    assert place(tenant)[0] == "features"


def test_two_clicks_finish_once(owner, tenant, together):
    walk(owner, "review")
    form = owner.get(url("review"))
    answers = together(operations, (form, {}), (form, {}))
    assert [answer.location for answer in answers] == ["/onboarding/done"] * 2
    assert actions().count("tenant.onboarding.finished") == 1
    assert fresh(tenant).version == 2
    assert_history_holds()
