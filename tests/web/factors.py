"""An authenticator app for tests, and setting one up through the pages."""

import re

from sqlalchemy import select

from tests.web import dom
from tests.web.saved import bodies
from webui.accounts.factors import factors
from webui.core.extensions import db, write_transaction
from webui.crypto import totp
from webui.history.narrative.sentences import Reader, sentence
from webui.models import UserSession
from webui.models.columns import now


class Phone:
    """Knows a secret and the time; `shift` steps early or late."""

    def __init__(self, key: str) -> None:
        self.secret = key.replace(" ", "")

    def code(self, shift: int = 0) -> str:
        return totp.code_at(self.secret, totp.current_step(now()) + shift)


def confirmation(browser):
    """The password and, once there are factors, a recovery code: what a change of them takes."""
    given = {"current_password": browser.password}
    return given | ({"current_code": browser.codes.pop(), "assertion": ""} if browser.codes else {})


def enrol(browser, **changes):
    """Sets up an authenticator; the phone, and the recovery codes that are shown once."""
    page = browser.get("/account/authenticator")
    phone = Phone(page.words_of("key"))
    # The code of the step before, so that the one of now is still to be used.
    early = phone.code(-1)
    answer = browser.submit(page, code=early, **(confirmation(browser) | changes))
    if phone.code(-1) != early and answer.status == 422:
        # A step ended meanwhile, and with it the time in which that code is good.
        answer = browser.submit(page, code=phone.code(-1), **(confirmation(browser) | changes))
    assert answer.status == 200
    codes = [dom.words(item) for item in dom.elements(answer.by_id("codes"), "li")]
    assert len(codes) == factors.RECOVERY_CODES
    assert all(re.fullmatch(r"[a-z2-7]{4}(-[a-z2-7]{4}){3}", code) for code in codes)
    browser.secrets |= {phone.secret, *codes}
    browser.codes = codes[::-1]
    return phone, codes


def sign_out(browser):
    browser.post("/logout", {"csrf_token": browser.token()}, 303)


def give_password(browser, status=303):
    """The first step; the answer leads to the code page."""
    answer = browser.sign_in(browser.user.username, status=status)
    if status == 303:
        assert answer.location.startswith("/login/code")
    return answer


def enter(browser, code, status=303, page="/login/code"):
    return browser.post_form(page, status, code=code)


def said(body=None):
    """An entry as a sentence, the newest by default."""
    return "".join(part.text for part in sentence(body or bodies()[-1], Reader()))


def grow_old(length):
    """Every session was started earlier."""
    with write_transaction():
        for session in db.session.scalars(select(UserSession)):
            session.revise_sealed(created_at=session.created_at - length)
