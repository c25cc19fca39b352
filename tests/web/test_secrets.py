"""Planted secrets are looked for in everything that is stored, logged or shown."""

import secrets as random
from pathlib import Path

import pytest

from tests import raw
from tests.factories import make_tenant, make_user
from tests.history import assert_history_holds
from tests.web.pages import REASON, edit_url, tenant_url
from tests.web.saved import bodies, fresh
from webui.core.extensions import db, is_sqlite
from webui.tenants.core.sections import SECTIONS


def word():
    """Text that stands nowhere by chance."""
    return random.token_hex(12)


@pytest.fixture
def planted(app, secrets):
    """What nobody may ever see, and what only some may: name -> text."""
    hidden = {name: word() for name in ("first", "second", "refused", "login", "typo", "webhook")}
    secrets |= set(hidden.values())
    return {**hidden, **{name: word() for name in ("domain", "user", "token")}}


@pytest.fixture
def tenant(planted):
    return make_tenant(name="Northwind", webhook_secret=f"whsec_{planted['webhook']}")


@pytest.fixture
def used(sign_in, tenant, planted, logged):
    """A tenant whose secrets went through every form, well and badly."""
    admin = sign_in("admin")
    sip = {"sip_domain": f"{planted['domain']}.example", "sip_username": planted["user"]}
    admin.edit(tenant, "sip", sip_enabled=True, **sip, sip_password=planted["first"])
    url = f"https://hooks.example/{planted['token']}?key={planted['token']}"
    admin.edit(tenant, "webhook", webhook_url=url)
    stale = admin.get(edit_url(tenant, "sip"))
    admin.edit(tenant, "sip", htmx=True, sip_password=planted["second"], sip_username="other")
    # Refused for the reason, for the password itself, by a conflict, by a forged token.
    admin.edit(tenant, "sip", 422, sip_password=planted["refused"], reason="")
    admin.edit(tenant, "sip", 422, sip_password=planted["refused"] + "é")
    admin.edit(tenant, "sip", 422, htmx=True, sip_password=planted["refused"] * 7)
    admin.submit(stale, 409, sip_password=planted["refused"], sip_username="mine", reason=REASON)
    admin.submit(stale, 400, sip_password=planted["refused"], csrf_token="forged")
    admin.submit(stale, 400, sip_password=planted["refused"], version=None)
    admin.edit(tenant, "features", sip_password=planted["refused"], retention_days=5)
    return tenant


class TestPlanted:
    @pytest.fixture(autouse=True)
    def login(self, browser, planted):
        """Somebody typed a password as username, and a wrong password."""
        token, user = browser.token("/login"), make_user("support")
        for username in (planted["typo"], user.username):
            typed = {"username": username, "password": planted["login"]}
            browser.client.post("/login", data={"csrf_token": token, **typed})

    def test_are_really_there(self, used, planted):
        saved = fresh(used)
        assert saved.sip_password == planted["second"]
        assert saved.sip_domain == f"{planted['domain']}.example"
        assert planted["token"] in saved.webhook_url

    def test_are_not_in_the_database(self, used, planted):
        assert_history_holds()
        stored = str(raw.everything())
        if is_sqlite():
            path = Path(db.engine.url.database)
            stored += "".join(
                file.read_bytes().decode("latin-1")
                for file in (path, path.with_name(f"{path.name}-wal"))
            )
        assert "Northwind" in stored
        assert [name for name, text in planted.items() if text in stored] == []

    def test_are_not_in_the_history(self, used, planted):
        text = str(bodies())
        assert "'sip_password': ['set', 'replaced']" in text
        assert [name for name, secret in planted.items() if secret in text] == []

    def test_are_not_in_the_log(self, used, planted, logged):
        assert [name for name, text in planted.items() if text in logged()] == []

    def test_are_on_no_page_of_those_who_may_not_see_them(self, used, planted, sign_in, secrets):
        shown = {planted[name] for name in ("domain", "user", "token")}
        pages = [tenant_url(used), tenant_url(used, "audit"), "/tenants?q=northwind"]
        parts = [tenant_url(used, name) for name in SECTIONS]
        forms = [edit_url(used, name) for name in SECTIONS]
        for role in ("support", "admin", "owner", "auditor"):
            person = sign_in(role, used if role == "owner" else None)
            staff = role in ("support", "admin")
            if role == "auditor":
                secrets |= shown
            found = [person.get(url) for url in (pages if role != "owner" else pages[:2])]
            found += [person.get(url, htmx=True) for url in parts]
            if role != "auditor":
                found += [person.get(url) for url in forms]
            if staff:
                found.append(person.get(edit_url(used, "status")))
            text = "".join(answer.text for answer in found)
            assert [word for word in shown if (word in text) != (role != "auditor")] == [], role
