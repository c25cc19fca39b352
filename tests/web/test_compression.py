"""Pages are compressed, and their lengths tell nothing about the token in them (BREACH)."""

import base64
import gzip
import random
import re
import string
from statistics import mean, stdev

import brotli
import pytest

from webui.web.compression import PADDING
from webui.web.posted import csrf_tokens

TOKEN = re.compile(r'name="csrf_token"[^>]* value="([^"]+)"')
PACKED = {"Accept-Encoding": "gzip, deflate, br"}
FOREIGN = {"Sec-Fetch-Site": "cross-site"}


def page(admin, path="/tenants", **headers):
    return admin.client.get(path, headers=headers)


class TestPages:
    @pytest.mark.parametrize(
        ("accepts", "unpack"), [("br", brotli.decompress), ("gzip", gzip.decompress)]
    )
    def test_are_compressed_as_the_browser_accepts(self, admin, accepts, unpack):
        answer = page(admin, **{"Accept-Encoding": accepts})
        assert answer.headers["Content-Encoding"] == accepts
        assert "Accept-Encoding" in answer.headers["Vary"]
        assert b"</html>" in unpack(answer.data)
        assert len(answer.data) == int(answer.headers["Content-Length"])
        assert "Content-Encoding" not in page(admin).headers
        fragment = page(admin, **PACKED, **{"HX-Request-Type": "partial"})
        assert fragment.headers["Content-Encoding"] == "br"

    @pytest.mark.parametrize("site", ["cross-site", "same-site"])
    def test_that_another_site_asks_for_are_not(self, admin, site):
        answer = page(admin, **PACKED, **{"Sec-Fetch-Site": site})
        assert "Content-Encoding" not in answer.headers
        assert b"</html>" in answer.data

    def test_have_a_header_of_random_length(self, admin):
        assert len({len(page(admin).headers[PADDING]) for _ in range(8)}) > 1


class TestToken:
    def test_looks_different_in_each_response_and_stays_good(self, admin, tenant):
        shown = {TOKEN.search(page(admin).text).group(1) for _ in range(3)}
        assert len(shown) == 3
        one = page(admin, f"/tenants/{tenant.id}/features/edit").text
        assert len(set(TOKEN.findall(one))) == 1
        for token in shown:
            data = {"csrf_token": token, "theme": "dark", "next": "/tenants"}
            assert admin.client.post("/theme", data=data).status_code == 303

    @pytest.mark.parametrize("mask", ["", "x", "====", "é", base64.b64encode(b"\0" * 40).decode()])
    def test_that_never_was_one_is_refused(self, admin, mask):
        data = {"csrf_token": mask, "theme": "dark", "next": "/tenants"}
        assert admin.client.post("/theme", data=data).status_code == 400

    def test_as_the_session_knows_it_is_refused(self, admin):
        plain = csrf_tokens.unmasked(TOKEN.search(page(admin).text).group(1))
        data = {"csrf_token": plain, "theme": "dark", "next": "/tenants"}
        assert admin.client.post("/theme", data=data).status_code == 400


class TestProbe:
    """A thousand guesses of the token, reflected by the page that asks to sign in."""

    def test_finds_nothing_in_the_lengths(self, browser):
        known = csrf_tokens.unmasked(browser.token("/login"))
        choose = random.Random(7)
        letters = string.ascii_letters + string.digits
        wrong = ["".join(choose.choices(letters, k=len(known) // 2)) for _ in range(1000)]
        lengths = [self.length_of(browser, guess) for guess in wrong]
        # What half of the token would save is far more than a header of random length hides.
        right = [self.length_of(browser, known[: len(known) // 2]) for _ in range(40)]
        average, spread = mean(lengths), stdev(lengths)
        assert abs(mean(right) - average) < spread

    def length_of(self, browser, guess):
        answer = page(browser, f"/login?next=/{guess}", **PACKED)
        assert answer.headers["Content-Encoding"] == "br"
        return len(answer.data) + len(answer.headers[PADDING])
