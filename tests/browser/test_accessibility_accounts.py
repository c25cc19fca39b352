"""axe on one's own account, on new passwords, and on an account that somebody forged."""

from contextlib import contextmanager

import pytest
from playwright.sync_api import expect

from tests.browser.axe import check
from tests.browser.pages import REASON, fill_in_sign_in, sign_in, sign_out
from tests.browser.server import serving
from tests.browser.virtual_device import Device, add_passkey
from tests.factories import make_user
from tests.forging import USERS, put, row_of
from tests.tampering import without_guards
from tests.web.factors import Phone
from webui.models.user import NO_PASSWORD

LONG_WORD = "Donaudampfschifffahrtsgesellschaft"
WEAK = "Tenant123"


class TestAccount:
    def test_page_password_and_wrong_password(self, open_page, account):
        page = open_page()
        sign_in(page, account)
        page.goto("/account")
        check(page)
        page.get_by_role("link", name="Change password").click()
        check(page)
        page.get_by_label("Current password").fill("wrong wrong")
        page.get_by_label("New password").fill("long enough for staff")
        page.get_by_label("New password").press("Enter")
        expect(page.get_by_text("This is not your current password.")).to_be_visible()
        check(page)

    def test_authenticator_from_set_up_to_removal(self, open_page, account):
        page = open_page()
        sign_in(page, account)
        page.goto("/account/authenticator")
        check(page)
        phone = Phone(page.locator("#key").inner_text())
        for code in ("abcdef", phone.code()):
            page.get_by_label("Password").fill(account.password)
            page.get_by_label("Code").fill(code)
            page.get_by_label("Code").press("Enter")
            expect(page.get_by_text("is not correct").or_(page.locator("#codes"))).to_be_visible()
            check(page)
        for path in ("authenticator/remove", "recovery-codes"):
            page.goto(f"/account/{path}")
            check(page)

    def test_code_page_until_one_has_to_wait(self, open_page, account):
        page = open_page()
        sign_in(page, account)
        page.goto("/account/authenticator")
        page.get_by_label("Password").fill(account.password)
        page.get_by_label("Code").fill(Phone(page.locator("#key").inner_text()).code())
        page.get_by_label("Code").press("Enter")
        expect(page.locator("#codes")).to_be_visible()
        sign_out(page)
        fill_in_sign_in(page, account)
        field = page.locator("[name=code]")
        expect(field).to_be_focused()
        check(page)
        for _ in range(5):
            field.fill("abcdef")
            with page.expect_navigation():
                field.press("Enter")
        check(page)
        page.get_by_role("link", name="Use a recovery code").click()
        expect(page.get_by_label("Recovery code")).to_be_focused()
        check(page)
        field.fill("abcdef")
        field.press("Enter")
        expect(page.get_by_text("Too many attempts.")).to_be_visible()
        check(page)

    def test_passkeys(self, open_page, local, account):
        page = open_page(on=local)
        sign_in(page, account)
        page.goto("/account/passkeys/new")
        check(page)
        Device(page)
        add_passkey(page, LONG_WORD, account.password)
        check(page)
        page.goto("/account")
        check(page)
        page.get_by_role("link", name="Rename or remove").click()
        expect(page.get_by_role("heading", name=LONG_WORD)).to_be_visible()
        check(page)
        page.get_by_label("Password").fill("wrong wrong")
        page.get_by_label("Recovery code").fill("abcdef")
        page.get_by_label("Password").press("Enter")
        expect(page.get_by_text("This is not your current password.")).to_be_visible()
        check(page)

    def test_required_set_up(self, open_page, tmp_path):
        with serving(tmp_path, settings={"WEBUI_REQUIRE_MFA": "staff"}) as strict:
            page = open_page(on=strict)
            sign_in(page, strict.accounts["support"])
            expect(page.get_by_text("Staff sign in with a second step.")).to_be_visible()
            check(page)


class TestNewPasswords:
    def test_that_are_weak_are_refused_beside_the_field(self, open_page):
        page = open_page()
        page.goto("/signup")
        page.get_by_label("Organisation").fill("Aurora Dental")
        page.get_by_label("Username").fill("ana.weak")
        page.get_by_label("E-mail").fill("ana@aurora.example")
        refuse(page, "Create the account")
        expect(page.get_by_label("Username")).to_have_value("ana.weak")
        check(page)

    @pytest.mark.parametrize(
        ("given", "button"),
        [
            ({"password_hash": NO_PASSWORD}, "Set password and sign in"),
            ({}, "Set the new password"),
        ],
        ids=["invitation", "reset"],
    )
    def test_behind_a_link(self, open_page, server, given, button):
        with server.inside():
            person = make_user("owner", **given).id
        staff = open_page("support")
        staff.goto(f"/users/{person}/link")
        check(staff)
        staff.get_by_label("Reason").fill(REASON)
        staff.get_by_label("Reason").press("Enter")
        link = staff.locator("#link-text").inner_text()
        check(staff)
        page = open_page()
        page.goto(link)
        refuse(page, button)
        check(page)


def refuse(page, button):
    """Chooses a password that anybody guesses."""
    page.locator("[name=password]").fill(WEAK)
    page.get_by_role("button", name=button).click()
    expect(page.get_by_text("too easy to guess")).to_be_visible()
    expect(page.locator("[name=password]")).to_be_focused()
    expect(page.locator("[name=password]")).to_have_value("")


class TestForged:
    def test_account_says_so_to_an_admin(self, open_page, server):
        with server.inside():
            forged = make_user("support", username="forged.kim").id
        page = open_page("admin")
        with server.inside(), raised_to_admin(forged):
            page.goto(f"/users/{forged}")
            alert = page.get_by_role("alert")
            expect(alert).to_contain_text("This account's row does not match its seal")
            expect(alert).to_contain_text("users reseal forged.kim")
            link = page.get_by_role("link", name="Reset link")
            expect(link).to_have_count(0)
            check(page)
        page.reload()
        expect(link).to_be_visible()
        expect(page.get_by_role("heading", level=1)).to_have_text("forged.kim")
        expect(alert).to_have_count(0)


@contextmanager
def raised_to_admin(user_id):
    """Somebody with the database writes the role; afterwards the row is as it was."""
    saved = row_of(USERS, user_id)
    with without_guards() as connection:
        put(connection, USERS, user_id, role="admin")
    yield
    with without_guards() as connection:
        put(connection, USERS, user_id, role=saved["role"])
