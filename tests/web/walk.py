"""A random walk through the product: people of every role at every route, and what must hold.

Half of the steps are edits as people make them, some with forms that grew stale; the others ask
any route of the URL map for one's own, somebody else's and nobody's things.
"""

import random
import re
from typing import Any
from uuid import uuid4

from sqlalchemy import select

from tests import verifier
from tests.factories import make_tenant, make_user
from tests.history import assert_history_holds, assert_verified
from tests.web.pages import REASON, Browser, edit_url
from tests.web.saved import bodies, fresh
from webui.core.extensions import db
from webui.models import AuditEntry, Tenant, User
from webui.models.columns import Audited
from webui.models.tenant.tenant import AUDIT_KINDS

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
STEPS = ["organisation", "billing", "sip", "features", "compliance", "webhook", "review"]
# Where walking on would end: the walkers' own sessions and passwords are theirs to keep.
CLOSED = ("/logout", "/login", "/signup", "/account", "/reset", "/invitation", "/static")
TOLD_OF_USERS = ("username", "email", "role", "active")


class Walk:
    """The people, their things, and the dice."""

    def __init__(self, app: Any, sign_in: Any, seed: int) -> None:
        self.dice = random.Random(seed)
        self.tenants = [make_tenant(name="One"), make_tenant(name="Two")]
        self.victims = [make_user("support"), make_user("owner", self.tenants[0])]
        self.people: list[tuple[Browser, list[Tenant]]] = [
            (sign_in(role), self.tenants) for role in ("support", "admin", "auditor")
        ]
        self.people += [(sign_in("owner", tenant), [tenant]) for tenant in self.tenants]
        self.stale: list[Any] = []
        self.answers: dict[int, int] = {}
        rules = [rule for rule in app.url_map.iter_rules() if not rule.rule.startswith(CLOSED)]
        self.routes = sorted(
            (rule.rule, method) for rule in rules for method in rule.methods & {"GET", "POST"}
        )

    def steps(self, count: int) -> None:
        """Takes that many steps."""
        for _ in range(count):
            person, mine = self.dice.choice(self.people)
            answer = self.edit(person, mine) if self.dice.random() < 0.5 else self.ask(person)
            if answer is not None:
                self.answers[answer] = self.answers.get(answer, 0) + 1

    def edit(self, person: Browser, mine: list[Tenant]) -> int | None:
        """Opens a form and sends it, now or later."""
        tenant, section = self.dice.choice(mine), self.dice.choice(list(CHOICES))
        form = person.get(edit_url(tenant, section), None)
        if form.status != 200:
            return form.status
        fields = {name: self.dice.choice(some) for name, some in CHOICES[section].items()}
        count = self.dice.randint(1, len(fields))
        some = dict(self.dice.sample(sorted(fields.items()), count))
        if "reason" in form.fields:
            some["reason"] = REASON
        self.stale.append((person, form, some))
        if self.dice.random() < 0.2:
            return None
        person, form, some = self.stale.pop(self.dice.randrange(-1, len(self.stale) - 1))
        return person.submit(form, None, **some).status

    def ask(self, person: Browser) -> int:
        """Asks any route for anything."""
        rule, method = self.dice.choice(self.routes)
        url = re.sub(r"<(?:[^:<>]+:)?(\w+)>", lambda m: str(self.thing(m.group(1))), rule)
        if method == "GET":
            return person.client.get(url).status_code
        fields = self.dice.choice(list(CHOICES.values()))
        data = {name: self.dice.choice(some) for name, some in fields.items()}
        data |= {"csrf_token": person.token(), "version": self.dice.choice(["1", "2", "x"])}
        return person.client.post(url, data={**data, "reason": REASON}).status_code

    def thing(self, argument: str) -> Any:
        """What an address may name."""
        if argument == "section":
            return self.dice.choice([name for name in CHOICES if name != "status"])
        if argument == "step":
            return self.dice.choice(STEPS)
        if argument == "user_id":
            return self.dice.choice([*(user.id for user in self.victims), uuid4()])
        if argument == "entry_id":
            db.session.rollback()
            return self.dice.choice(db.session.scalars(select(AuditEntry.id).limit(20)).all())
        if argument == "tenant_id":
            return self.dice.choice([*(tenant.id for tenant in self.tenants), uuid4()])
        return "t" * 43

    def judge(self) -> None:
        """The chain holds, the entries tell the current state, every change has one entry."""
        assert_history_holds()
        assert_verified()
        rows = verifier.read(db.engine.url.render_as_string(hide_password=False))
        for tenant in self.tenants:
            _judge_state(tenant, verifier.replay(rows, str(tenant.id)))
            _judge_steps(tenant)
        for user in self.victims:
            _judge_user(user)


def _values(tenant: Tenant, kind: Audited) -> dict[str, Any]:
    """The fields of a kind as JSON holds them; times that are not set are left out."""
    saved = fresh(tenant)
    found = {name: getattr(saved, name) for name in AUDIT_KINDS if AUDIT_KINDS[name] is kind}
    return {name: value for name, value in found.items() if not name.endswith("_at") or value}


def _judge_state(tenant: Tenant, told: dict[str, Any]) -> None:
    for name, value in _values(tenant, Audited.PLAIN).items():
        expected = told[name]
        assert expected == (verifier_time(value) if name.endswith("_at") else value), name
    for name, value in _values(tenant, Audited.SEALED).items():
        assert (told.get(name) is not None) == (value is not None), name
    password = fresh(tenant).sip_password
    assert (told.get("sip_password") in ("set", "replaced")) == (password is not None)


def verifier_time(at: Any) -> str:
    """A time as an entry writes it."""
    return at.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _judge_steps(tenant: Tenant) -> None:
    """One entry for each version, and each begins where the one before ended."""
    state: dict[str, Any] = {}
    versions = []
    for body in bodies(tenant):
        if body["tenant"]["version"] is None:
            continue
        versions.append(body["tenant"]["version"])
        assert body["changes"]
        for name, (old, new) in body["changes"].items():
            if AUDIT_KINDS.get(name) is Audited.PLAIN:
                assert state.get(name) == old, name
                assert old != new or old is None, name
                state[name] = new
    assert versions == list(range(1, fresh(tenant).version + 1))


def _judge_user(user: User) -> None:
    state: dict[str, Any] = {"active": True}
    for body in bodies():
        changes = body["changes"]
        if changes.get("user", [None, None])[1] == str(user.id):
            state |= {name: pair[1] for name, pair in changes.items()}
    saved = fresh(user)
    for name in TOLD_OF_USERS:
        assert state[name] == getattr(saved, name), name
