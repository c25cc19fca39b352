"""Static files: hashed names, compressed, cached for ever."""

import gzip
import hashlib
import re

import brotli
import pytest

from config import ROOT
from tests.web import dom
from webui.web.endpoints import assets

# The classes that have a rule of their own.
CLASS = re.compile(r"(?<=[},])\.([a-z][\w-]*)(?=[,{])")
USED, DEFINED = re.compile(r"var\((--[\w-]+)"), re.compile(r"(--[\w-]+)\s*:")
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
        assert len(files) == len(set(files)) == len(assets.BUNDLES)
        for url in files:
            stem, digest, suffix = HASHED.fullmatch(url).groups()
            content = client.get(url).data
            assert hashlib.sha256(content).hexdigest().startswith(digest)
            for part in assets.BUNDLES[f"{stem}{suffix}"]:
                assert (assets.SOURCE / part).read_bytes() in content

    def test_of_each_component_is_in_a_bundle(self):
        sources = {
            path.relative_to(assets.SOURCE).as_posix()
            for folder in ("css", "js")
            for path in (assets.SOURCE / folder).iterdir()
        }
        assert sources <= {part for parts in assets.BUNDLES.values() for part in parts}

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
        large = [url for url in files if "app" in url]
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


class TestReducedStyles:
    """`make vendor` takes what the pages use out of Tabler's style sheet."""

    def test_have_every_class_that_a_page_uses(self):
        [full] = (assets.SOURCE / "vendor").glob("tabler-*.css")
        reduced = (assets.SOURCE / "built/tabler.css").read_text()
        known = set(CLASS.findall(full.read_text()))
        used = {
            word
            for path in (*ROOT.glob("templates/**/*.html"), *ROOT.glob("static/js/*.js"))
            for word in re.findall(r"[A-Za-z0-9_-]+", path.read_text())
        }
        assert len(known & used) > 30
        assert known & used <= set(CLASS.findall(reduced))

    def test_have_every_variable_of_tabler_s_that_ours_use(self):
        [full] = (assets.SOURCE / "vendor").glob("tabler-*.css")
        reduced = (assets.SOURCE / "built/tabler.css").read_text()
        ours = "".join(path.read_text() for path in (assets.SOURCE / "css").iterdir())
        known = set(DEFINED.findall(full.read_text()))
        assert set(USED.findall(ours)) & known <= set(DEFINED.findall(reduced))


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
