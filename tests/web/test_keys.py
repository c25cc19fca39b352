"""The page of the encryption keys, and what a page says of values that it cannot read."""

from dataclasses import replace
from datetime import timedelta

import pytest

from tests import raw
from tests.factories import make_tenant
from tests.web import dom
from tests.web.pages import edit_url, tenant_url
from tests.web.saved import fresh
from webui.core.extensions import db, keyring, write_transaction
from webui.crypto.keyfile import write_private
from webui.crypto.keyring import KeyRing
from webui.history.narrative.sentences import Reader, sentence
from webui.keys import routes
from webui.keys.advice import advice
from webui.keys.canary import register_keys
from webui.keys.uses import KeyState, State
from webui.models import EncryptionKey
from webui.models.columns import now

VALUES = {"sip_domain": "a.example", "sip_username": "user", "sip_password": "hunter2 hunter2"}


@pytest.fixture
def two_keys(app):
    """A ring of k1 and k2, k1 primary; returns the ring."""
    ring = keyring().with_key("k2")
    app.extensions["keyring"] = ring
    with write_transaction():
        register_keys(ring)
    return ring


def row(answer, kid):
    """The cells of a key's row."""
    return [dom.words(cell) for cell in answer.by_id(f"key-{kid}")]


class TestPage:
    @pytest.mark.parametrize("role", ["admin", "auditor"])
    def test_says_state_age_and_use_of_each_key(self, sign_in, two_keys, role):
        make_tenant(**VALUES)
        page = sign_in(role).get("/keys")
        key, state, added, values = row(page, "k1")
        assert (key, state, values) == ("k1", "Primary", "7")
        assert added.endswith("today")
        assert row(page, "k2")[1] == "Decrypt only"
        assert row(page, "k2")[3] == "0"

    def test_is_in_the_navigation_of_those_who_may(self, sign_in, tenant):
        for role, shown in (("admin", True), ("auditor", True), ("support", False)):
            links = dom.elements(sign_in(role).get("/tenants").tree, "a", href="/keys")
            assert bool(links) is shown

    def test_shows_retired_and_missing_keys(self, admin, two_keys, app):
        with write_transaction():
            db.session.get_one(EncryptionKey, "k2").retired_at = now()
        app.extensions["keyring"] = two_keys.without("k2")
        assert row(admin.get("/keys"), "k2")[1].startswith("Retired")
        with write_transaction():
            db.session.get_one(EncryptionKey, "k2").retired_at = None
        page = admin.get("/keys")
        assert row(page, "k2")[1] == "Missing from the ring"
        assert "lacks k2" in page.words

    def test_counts_no_further_than_a_bound(self, admin, monkeypatch, two_keys):
        monkeypatch.setattr(routes, "COUNTED", 2)
        for _ in range(4):
            make_tenant(**VALUES)
        assert row(admin.get("/keys"), "k1")[3].startswith("more than ")

    def test_says_when_the_file_is_newer_than_the_process(self, admin, two_keys, app, tmp_path):
        path = tmp_path / "ring.json"
        config = app.extensions["webui_config"]
        app.extensions["webui_config"] = replace(config, keyring_path=path)
        write_private(path, two_keys.to_json())
        assert "has changed" not in admin.get("/keys").words
        for text in (two_keys.with_primary("k2").to_json(), two_keys.without("k2").to_json(), "{"):
            write_private(path, text)
            assert "The key file has changed" in admin.get("/keys").words

    def test_shows_no_key(self, admin, two_keys, secrets):
        secrets |= set(KeyRing.from_json(two_keys.to_json()).to_json().split('"')[-2:-1])
        admin.get("/keys")


class TestAdvice:
    def key(self, kid, state, age=0, values=0):
        return KeyState(kid, state, now() - timedelta(days=age), None, values)

    def commands(self, *keys, stale=False):
        return [item.command for item in advice(keys, stale)]

    def test_leads_through_the_life_of_a_key(self):
        old = self.key("k1", State.PRIMARY, 10, 5)
        assert self.commands(old) == []
        assert self.commands(old, self.key("k2", State.DECRYPT_ONLY)) == ["keys promote k2"]
        new = self.key("k2", State.PRIMARY)
        assert self.commands(self.key("k1", State.DECRYPT_ONLY, 10, 5), new) == ["keys rotate"]
        assert self.commands(self.key("k1", State.DECRYPT_ONLY, 10), new) == ["keys retire k1"]
        assert self.commands(self.key("k1", State.RETIRED, 10), new) == []

    def test_asks_for_a_restart_first(self):
        keys = [self.key("k1", State.PRIMARY, 10), self.key("k2", State.DECRYPT_ONLY)]
        assert "restart" in advice(keys, stale=True)[0].words


@pytest.mark.parametrize(
    ("action", "changes", "words"),
    [
        ("keys.added", {"key": [None, "k2"]}, "Added the encryption key k2"),
        ("keys.promoted", {"key": ["k1", "k2"]}, "Made k2 the primary encryption key, was k1"),
        (
            "keys.rotated",
            {"key": [None, "k2"], "values": [None, 2_000]},
            "Started to re-encrypt 2,000 values with key k2",
        ),
        (
            "keys.rotated",
            {"key": [None, "k2"], "values": [None, 1]},
            "Started to re-encrypt 1 value with key k2",
        ),
        ("keys.retired", {"key": ["k1", None]}, "Retired the encryption key k1"),
    ],
)
def test_the_history_says(action, changes, words):
    parts = sentence({"action": action, "changes": changes}, Reader())
    assert "".join(part.text for part in parts) == words


BROKEN = {
    "key missing": "e1.k9." + "A" * 92,
    "tampered": "e1.k1." + "A" * 92,
    "no sealed value": "e1.nonsense",
}


@pytest.mark.parametrize("token", BROKEN.values(), ids=BROKEN.keys())
class TestUnreadable:
    """That field says so, everything else works."""

    @pytest.fixture
    def broken(self, token):
        tenant = make_tenant(name="Northwind", **VALUES, webhook_url="https://a.example.com/")
        raw.past_the_guards(f"UPDATE tenants SET sip_domain = '{token}'")
        return fresh(tenant)

    def test_is_said_on_the_page_and_in_the_form(self, admin, broken):
        page = admin.get(tenant_url(broken))
        assert page.fact("Domain", "sip").startswith("Cannot be read")
        assert page.fact("Username", "sip").startswith("user")
        assert page.fact("URL", "webhook").startswith("https://a.example.com/")
        form = admin.get(edit_url(broken, "sip"))
        assert form.field("sip_domain") == ""
        assert "cannot be read" in form.words_of("sip-sip_domain-hint")

    def test_stays_as_it_is_when_others_are_saved(self, admin, broken, token):
        admin.edit(broken, "sip", sip_username="other")
        admin.edit(broken, "billing", max_concurrent_calls=5)
        saved = fresh(broken)
        assert (saved.sip_domain_sealed, saved.sip_username) == (token, "other")

    def test_can_be_set_anew(self, admin, broken):
        admin.edit(broken, "sip", sip_domain="b.example")
        assert fresh(broken).sip_domain == "b.example"
        assert "cannot be read" in admin.get(tenant_url(broken)).words

    def test_is_no_hindrance_to_list_search_and_history(self, admin, broken, token):
        raw.run(f"UPDATE audit_sealed SET value = '{token}' WHERE field = 'sip_domain'")
        assert "Northwind" in admin.get("/tenants?q=northwind").words
        history = admin.get(tenant_url(broken, "audit")).words
        assert "SIP domain to cannot be read" in history
        assert token not in history

    @pytest.mark.parametrize("kind", ["jsonl", "csv"])
    def test_is_no_hindrance_to_an_export(self, admin, broken, token, kind):
        """It opens no sealed value: what the entry says of it is what is exported."""
        raw.run(f"UPDATE audit_sealed SET value = '{token}' WHERE field = 'sip_domain'")
        text = admin.get(f"/audit/export.{kind}").text
        assert "sip_domain" in text
        assert "sealed" in text
        assert token not in text

    def test_is_said_in_a_conflict(self, admin, broken, token):
        stale = admin.get(edit_url(broken, "sip"))
        admin.edit(broken, "sip", sip_domain="b.example")
        answer = admin.submit(stale, 409, sip_domain="c.example", reason="ticket 1")
        assert answer.field("sip_domain") == "c.example"
        assert "cannot be read" in answer.words_of("sip-sip_domain-note")
