"""What is wrong with a page as it is: axe's violations, pale fields, content that is too wide."""

from pathlib import Path

from playwright.sync_api import Page, expect

from tests.browser.contrast import pale

SOURCE = Path(__file__).parent / "vendor" / "axe-4.14.1.min.js"
# Structure does not change with the theme, nor colours with the width: each is judged in full
# once per theme and once per width, and the two other pairs for their colours.
_COLOURS = ["color-contrast"]
_PASSES = {
    1440: {"light": None, "dark": _COLOURS},
    390: {"dark": None, "light": _COLOURS},
}
WIDTHS = tuple(_PASSES)
_RUN = """async (rules) => {
  // Further down, the sticky header would cover a part of some target.
  window.scrollTo(0, 0);
  // Off by default, because no level of WCAG 2.1 asks for it (2.5.8 is of 2.2).
  const options = rules ? { runOnly: rules } : { rules: { "target-size": { enabled: true } } };
  const found = await axe.run(document, { ...options, resultTypes: ["violations"] });
  return found.violations.map(({ id, help, nodes }) =>
    `${id} (${help}): ${nodes.map((node) => node.html.slice(0, 200)).join("\\n    ")}`);
}"""
# What is fading away has any contrast.
_STAND_STILL = """() => {
  for (const animation of document.getAnimations()) {
    animation.pause();
    animation.currentTime = 0;
  }
}"""
# The page, and whatever in it scrolls sideways on its own; a line that is typed into may.
_TOO_WIDE = """() => {
  const scrolls = (element) => getComputedStyle(element).overflowX !== "visible"
    && element.clientWidth > 1 && !element.matches("input, textarea, select");
  const root = document.documentElement;
  const inner = [...document.querySelectorAll("body *")].filter(scrolls)
    .filter((element) => element.scrollWidth > element.clientWidth);
  return [...(root.scrollWidth > innerWidth ? [root] : []), ...inner].map((element) =>
    `${element.scrollWidth} px wide: ${element.outerHTML.slice(0, 120)}`);
}"""


def check(page: Page) -> None:
    """Nothing is wrong with the page as it is."""
    found = faults(page)
    assert not found, "\n\n".join(found)


def faults(page: Page) -> list[str]:
    """The faults of the page in both themes, on a wide screen and on a phone."""
    # Evaluated from outside, axe needs no exception from the CSP.
    page.evaluate(SOURCE.read_text("utf-8"))
    page.evaluate(_STAND_STILL)
    found = []
    for width, passes in _PASSES.items():
        found += _overflow(page, width)
        for scheme, rules in passes.items():
            page.emulate_media(color_scheme=scheme)
            expect(page.locator("html")).to_have_attribute("data-bs-theme", scheme)
            wrong = [*page.evaluate(_RUN, rules), *pale(page)]
            found += [f"{scheme}, {width} px: {fault}" for fault in wrong]
    return found


def overflow(page: Page, widths: tuple[int, ...] = WIDTHS) -> list[str]:
    """What is wider than the window and would have to be scrolled to."""
    return [fault for width in widths for fault in _overflow(page, width)]


def _overflow(page: Page, width: int) -> list[str]:
    page.set_viewport_size({"width": width, "height": 900})
    return [f"{width} px: {fault}" for fault in page.evaluate(_TOO_WIDE)]
