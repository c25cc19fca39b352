"""The tests' own ground: what a page does wrong is noticed, and a Chromium is found."""

import pytest
from playwright.sync_api import Error, expect

from tests.browser import chromium

_INLINE_SCRIPT = """() => {
  const script = document.createElement("script");
  script.append("window.ran = true");
  document.body.append(script);
}"""
_INLINE_STYLE = """() => document.body.setAttribute("style", "color: red")"""
_INLINE_MARKUP = """() => {
  try { document.body.insertAdjacentHTML("beforeend", "<p>"); } catch { /* it must not work */ }
}"""
_THROW = """() => new Promise((resolve) => setTimeout(() => {
  setTimeout(resolve);
  throw new Error("thrown");
}))"""
_FOREIGN = """() => new Promise((resolve) => {
  const image = new Image();
  image.onerror = resolve;
  image.src = "http://192.0.2.1/pixel.png";
})"""


class TestWatch:
    @pytest.mark.parametrize(
        ("deed", "fault"),
        [
            ("() => console.error('logged')", "logged"),
            (_THROW, "thrown"),
            (_INLINE_SCRIPT, "TrustedScript"),
            (_INLINE_MARKUP, "TrustedHTML"),
            (_INLINE_STYLE, "Content Security Policy"),
            (_FOREIGN, "Content Security Policy"),
            ("() => fetch('/static/no-such-file.css')", "404"),
        ],
        ids=[
            "logs",
            "throws",
            "inline script",
            "markup",
            "inline style",
            "foreign image",
            "missing file",
        ],
    )
    def test_notices(self, open_page, watches, deed, fault):
        page = open_page()
        page.goto("/login")
        page.evaluate(deed)
        expect(page.get_by_role("heading")).to_be_visible()
        faults = [words for watch in watches for words in watch.faults]
        watches.clear()
        assert [words for words in faults if fault in words] != []

    def test_notices_another_server(self, open_page, watches):
        page = open_page()
        page.goto("data:text/html,<p>Not ours")
        page.evaluate(_FOREIGN)
        faults = [fault for watch in watches for fault in watch.faults]
        watches.clear()
        assert "another server was asked: http://192.0.2.1/pixel.png" in faults


class TestChromium:
    def test_its_absence_is_a_failure_that_says_what_to_install(self, tmp_path):
        class Nothing:
            class chromium:  # noqa: N801
                @staticmethod
                def launch(**_options):
                    raise Error("Executable doesn't exist at /nowhere")

        with pytest.raises(pytest.fail.Exception) as failure:
            chromium.launch(Nothing(), debian=[tmp_path / "chromium"])
        assert "playwright install chromium" in str(failure.value)
        assert "apt-get install chromium" in str(failure.value)
