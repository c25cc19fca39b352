"""Static files: hashed names, compressed, cached for ever."""

import gzip
import hashlib
import re

import brotli
import pytest

from tests.web import dom
from webui.web.endpoints import assets

HASHED = re.compile(r"/static/([\w/.-]+)\.([0-9a-f]{12})(\.\w+)")


@pytest.fixture
def files(admin):
    """The addresses of all static files that a page asks for."""
    page = admin.get("/tenants")
    links = [e.get("href") for e in dom.elements(page.tree, "link")]
    scripts = [e.get("src") for e in dom.elements(page.tree, "script")]
    return links + scripts


class TestFile:
    def test_carries_the_hash_of_its_content(self, client, files):
        assert len(files) == len(set(files)) >= 10
        for url in files:
            stem, digest, suffix = HASHED.fullmatch(url).groups()
            content = client.get(url).data
            assert hashlib.sha256(content).hexdigest().startswith(digest)
            assert content == (assets.SOURCE / f"{stem}{suffix}").read_bytes()

    def test_is_cached_for_ever(self, client, files):
        for url in files:
            answer = client.get(url)
            assert answer.status_code == 200
            assert answer.headers["Cache-Control"] == "max-age=315360000, public, immutable"
            assert "Set-Cookie" not in answer.headers

    def test_has_the_right_type_and_no_other(self, client, files):
        kinds = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
        for url in files:
            answer = client.get(url)
            assert answer.headers["Content-Type"].startswith(kinds[url[url.rindex(".") :]])
            assert answer.headers["X-Content-Type-Options"] == "nosniff"

    def test_is_for_no_other_site(self, client, files):
        for url in files:
            answer = client.get(url, headers={"Origin": "https://elsewhere.example"})
            assert answer.headers["Cross-Origin-Resource-Policy"] == "same-origin"
            assert "Access-Control-Allow-Origin" not in answer.headers

    @pytest.mark.parametrize(
        ("accepts", "encoding", "unpack"),
        [
            ("br", "br", brotli.decompress),
            ("gzip", "gzip", gzip.decompress),
            ("gzip, deflate, br", "br", brotli.decompress),
        ],
    )
    def test_is_sent_compressed(self, client, files, accepts, encoding, unpack):
        large = [url for url in files if "vendor" in url]
        assert len(large) == 2
        for url in large:
            plain = client.get(url)
            packed = client.get(url, headers={"Accept-Encoding": accepts})
            assert packed.headers["Content-Encoding"] == encoding
            assert "Accept-Encoding" in packed.headers["Vary"]
            assert unpack(packed.data) == plain.data
            assert len(packed.data) * 2 < len(plain.data)
            assert "Content-Encoding" not in plain.headers

    def test_needs_no_session(self, client, files):
        assert {client.get(url).status_code for url in files} == {200}

    def test_of_the_vendor_is_the_one_that_was_checked(self):
        sums = list((assets.SOURCE / "vendor").glob("*.sha256"))
        assert sums
        for path in sums:
            digest, name = path.read_text().split()
            content = (path.parent / name).read_bytes()
            assert content
            assert hashlib.sha256(content).hexdigest() == digest


class TestUnknownFile:
    def test_is_not_found(self, browser, files):
        wrong = files[0].replace(HASHED.fullmatch(files[0]).group(2), "0" * 12)
        for url in (
            *(wrong, "/static/", "/static", "/static/css/base.css", "/static/../config.py"),
            *("/static/..%2f..%2fconfig.py", "/static/%2e%2e/wsgi.py", "/static/manifest.json"),
            *("/static/css/", "/static//etc/passwd", "/config.py", "/instance/secret_key"),
        ):
            answer = browser.client.get(url, follow_redirects=True)
            assert answer.status_code == 404, url
            assert answer.headers["Cache-Control"] == "no-store"
