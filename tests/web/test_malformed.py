"""Malformed input is never an error of the server, and never reaches a header as it is."""

import json
import re
from io import BytesIO

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from werkzeug import formparser

from tests.raw import rows
from tests.web.factors import confirmation
from tests.web.malformed import DEEP, OBJECTS, Requests
from tests.web.pages import PASSWORD
from tests.web.soft_key import SoftKey, text

# What a server can send (RFC 9110, 5.5), without the letters that few clients can read.
SENDABLE = re.compile(r"[\t\x20-\x7e]*")


def judge(answer):
    """No error of the server, and headers that can be sent."""
    assert answer.status_code < 500, answer.text[:500]
    for name, value in answer.headers:
        assert SENDABLE.fullmatch(value), (name, value)


class TestAnyRequest:
    def test_is_answered(self, app, sign_in, browser, request, caplog):
        requests = Requests(app, sign_in, browser)

        @settings(
            max_examples=request.config.getoption("--fuzz"),
            derandomize=True,
            database=None,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        )
        @given(st.data())
        def ask(data):
            caplog.clear()
            person, asked = requests.draw(data)
            answer = person.client.open(**asked)
            try:
                judge(answer)
                assert [r for r in caplog.records if r.levelname in ("ERROR", "CRITICAL")] == []
            finally:
                requests.come_back(person)

        ask()


def passkey_answers():
    """Answers that are no credential, as text."""
    deep = text(DEEP.encode())
    key, asked = SoftKey(), {"challenge": "AAAA", "user": {"id": "AAAA"}}
    good = json.loads(key.made(asked)) | {"response": json.loads(key.used(asked))["response"]}
    yield from (DEEP, OBJECTS, "null", "[]", '"x"', '{"id": 1e999}', "\0")
    for name, wrong in (("clientDataJSON", deep), ("authenticatorData", "AA"), ("signature", "")):
        yield json.dumps(good | {"response": good["response"] | {name: wrong}})
    for cbor in (b"\x81" * 20_000, b"\x5b\x7f" + b"\xff" * 8, b"\xa1\x00", b"\xd8\x1c" * 400, b""):
        made = json.loads(key.made(asked))
        made["response"]["attestationObject"] = text(cbor)
        yield json.dumps(made)
    yield json.dumps(good | {"id": "\ud800", "rawId": "\ud800"})


class TestPasskeyAnswer:
    """16,000 brackets were an error 500, also for who is not signed in."""

    def test_that_is_none_is_refused(self, browser, logged):
        for answer in passkey_answers():
            data = {"csrf_token": browser.token("/login"), "credential": answer, "next": ""}
            assert browser.client.post("/login/passkey/options", data=data).status_code == 200
            browser.post("/login/passkey", data, 422)
        assert "Traceback" not in logged()

    def test_that_is_none_makes_no_passkey(self, admin, logged):
        for answer in passkey_answers():
            data = {"csrf_token": admin.token(), "credential": answer, "name": "Laptop"}
            asked = data | confirmation(admin)
            assert admin.client.post("/account/passkeys/options", data=asked).status_code == 200
            admin.post("/account/passkeys", data, 422)
        assert rows("SELECT count(*) FROM passkeys") == [(0,)]
        assert "Traceback" not in logged()

    def test_with_a_longer_id_than_there_is_makes_no_passkey(self, admin):
        for length, status in ((1_024, 422), (1_023, 200)):
            key = SoftKey()
            key.id = bytes(length)
            asked = admin.client.post(
                "/account/passkeys/options",
                data={"csrf_token": admin.token(), **confirmation(admin)},
            ).json
            data = {"csrf_token": admin.token(), "credential": key.made(asked), "name": "Laptop"}
            admin.post("/account/passkeys", data, status)


class TestPlaceToGoOnTo:
    @pytest.mark.parametrize("htmx", [False, True])
    @pytest.mark.parametrize(
        ("target", "sent"),
        [
            ("/\u0100", "/%C4%80"),
            ("/ü\x80?q=\u2028", "/%C3%BC%C2%80?q=%E2%80%A8"),
            ("/\U0001f600#ß", "/%F0%9F%98%80#%C3%9F"),
            ("/a%20b?c=%zz", "/a%20b?c=%zz"),
        ],
    )
    def test_is_encoded_as_browsers_do_it(self, browser, sign_in, htmx, target, sent):
        user = sign_in().user
        data = {"csrf_token": browser.token("/login"), "next": target, "theme": "dark"}
        data |= {"username": user.username, "password": PASSWORD}
        for url in ("/theme", "/login"):
            answer = browser.post(url, data, 200 if htmx else 303, htmx=htmx)
            judge(answer.response)
            # With htmx the theme changes in place, and a redirect within a page would only scroll.
            place = None if htmx and url == "/theme" else sent.partition("#")[0] if htmx else sent
            assert answer.headers.get("HX-Redirect" if htmx else "Location") == place

    def test_of_who_is_signed_in_already_is_encoded_too(self, admin):
        answer = admin.get("/login?next=/%C4%80", 303)
        assert answer.location == "/%C4%80"


class TestAddress:
    @pytest.mark.parametrize("query", ["\xff", "q=\xff\xfe", "q=%ff", "%", "q=%00\x80"])
    @pytest.mark.parametrize("url", ["/login", "/tenants", "/audit", "/nothing-here", "/static/x"])
    def test_with_bytes_that_are_no_text_is_read(self, admin, url, query):
        answer = admin.client.get(url, environ_overrides={"QUERY_STRING": query})
        judge(answer)

    def test_of_a_page_before_that_is_none_is_no_error(self, admin):
        data = {"csrf_token": admin.token(), "theme": "dark"}
        headers = {"Referer": "https://["}
        answer = admin.client.post(
            "/theme", data=data, headers=headers, base_url="https://localhost"
        )
        assert answer.status_code == 400


class TestFile:
    def test_is_never_written_to_the_disk(self, admin, monkeypatch):
        monkeypatch.delattr(formparser, "SpooledTemporaryFile")
        data = {"theme": (BytesIO(b"x" * 200_000), "theme.txt"), "csrf_token": admin.token()}
        assert admin.client.post("/theme", data=data).status_code == 303
