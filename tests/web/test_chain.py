"""After random edits through the routes the history holds and tells the current state."""

import random

import pytest

from tests import verifier
from tests.factories import make_tenant
from tests.history import assert_history_holds
from tests.web.pages import REASON, edit_url
from tests.web.saved import fresh
from webui.extensions import db
from webui.models.columns import Audited
from webui.models.tenant import AUDIT_KINDS

OPERATIONS = 60
NAMES = [
    "Northwind",
    "עברית",
    "東京 🏥",
    "e\u0301 é",
    "\u0601٣",
    '"quoted" \\ <b>',
    "\U0010ffffx",
    "  a  ",
]
META_DATA = [
    *("", "{}", '{"b": 1, "a": {"\u20ac": [true, null, -1]}}', '{"\U0001f600": 1, "\ufb33": 2}'),
    *(
        '{"sealed": "looks like one"}',
        '{"a": "line\\nbreak \\u2028 \\u007f"}',
        '{"1": 9007199254740991}',
    ),
]
CHOICES = {
    "organisation": {"name": NAMES, "meta_data": META_DATA},
    "billing": {
        "billing_plan": ["starter", "business", "enterprise", "gold"],
        "max_concurrent_calls": ["1", "10", "1000", "0", "many"],
        "monthly_call_limit": ["0", "1000", "9007199254740991"],
    },
    "sip": {
        "sip_enabled": [True, False],
        "sip_domain": ["a.example", "bücher.example:5070", "", "no domain"],
        "sip_username": ["user", "other", ""],
        "sip_password": ["", "a long password", "another password"],
        "remove_sip_password": [False, False, True],
    },
    "features": {
        "recording_enabled": [True, False],
        "recording_format": ["mp3", "wav", "ogg", "mp4"],
        "retention_days": ["1", "90", "3650"],
        "analytics_enabled": [True, False],
    },
    "compliance": {
        "hipaa_enabled": [True, False],
        "pci_enabled": [True, False],
        "data_encryption_enabled": [True, True, False],
    },
    "webhook": {
        "webhook_url": ["https://a.example/t/1", "https://b.example:8443/", "", "http://no"],
        "webhook_timeout_seconds": ["1", "20", "60"],
    },
    "status": {
        "status": ["active", "suspended", "inactive"],
        "blocked_services": [[], ["calls"], ["sip", "agents"]],
    },
}


def values_of(tenant, kind):
    """The fields of a kind that the history must tell, as JSON holds them."""
    saved = fresh(tenant)
    found = {name: getattr(saved, name) for name in AUDIT_KINDS if AUDIT_KINDS[name] is kind}
    return {name: value for name, value in found.items() if not name.endswith("_at") or value}


@pytest.mark.parametrize("seed", [1, 2])
class TestRandomEdits:
    def test_keep_a_chain_that_tells_the_current_state(self, sign_in, seed, secrets):
        secrets |= {"a long password", "another password"}
        dice = random.Random(seed)
        tenants = [make_tenant(name="One"), make_tenant(name="Two")]
        people = [(sign_in("support"), tenants), (sign_in("admin"), tenants)]
        people += [(sign_in("owner", tenant), [tenant]) for tenant in tenants]
        stale = []
        answers = []
        for _ in range(OPERATIONS):
            person, mine = dice.choice(people)
            section = dice.choice(list(CHOICES))
            if section == "status" and person.user.role == "owner":
                continue
            tenant = dice.choice(mine)
            form = person.get(edit_url(tenant, section), None)
            if form.status == 403:
                continue
            changes = {name: dice.choice(some) for name, some in CHOICES[section].items()}
            changes = dict(dice.sample(sorted(changes.items()), dice.randint(1, len(changes))))
            if dice.random() < 0.2:
                stale.append((person, form, changes))
                continue
            answers.append(person.submit(form, None, **changes, reason=REASON).status)
            if stale and dice.random() < 0.4:
                person, form, changes = stale.pop(0)
                answers.append(person.submit(form, None, **changes, reason=REASON).status)
        assert {303, 422, 409} <= set(answers) <= {303, 422, 409, 403}
        assert_history_holds()
        rows = verifier.read(db.engine.url.render_as_string(hide_password=False))
        for tenant in tenants:
            told = verifier.replay(rows, str(tenant.id))
            for name, value in values_of(tenant, Audited.PLAIN).items():
                assert told[name] == value, name
            for name, value in values_of(tenant, Audited.SEALED).items():
                assert (told.get(name) is not None) == (value is not None), name
            password = fresh(tenant).sip_password
            assert (told.get("sip_password") in ("set", "replaced")) == (password is not None)
