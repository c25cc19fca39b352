"""Somebody without a mouse: where the focus is, and whether one can see it."""

from playwright.sync_api import Locator, Page, expect

# More stops than any page has.
_MOST_STOPS = 150
# The focused element's name, and what is wrong with how it shows.
_STOP = """() => {
  const element = document.activeElement;
  if (element === document.body || element === document.documentElement) return null;
  const name = element.outerHTML.slice(0, 120);
  const look = () => {
    const { outlineStyle, outlineWidth, outlineColor, boxShadow } = getComputedStyle(element);
    return [outlineStyle === "none" ? "none" : `${outlineWidth} ${outlineColor}`, boxShadow];
  };
  const focused = look();
  element.blur();
  const plain = look();
  element.focus();
  const faults = [];
  if (!element.matches("a[href], button, input, select, textarea, summary")) {
    faults.push("is no control");
  }
  if (focused.join() === plain.join()) faults.push("looks as if it had no focus");
  const { left, right, top, bottom } = element.getClientRects()[0];
  const points = [[(left + right) / 2, (top + bottom) / 2], [left + 4, top + 4],
    [right - 4, top + 4], [left + 4, bottom - 4], [right - 4, bottom - 4]];
  const shows = ([x, y]) => {
    const hit = document.elementFromPoint(x, y);
    return hit && (element.contains(hit) || hit.contains(element));
  };
  if (!points.some(shows)) faults.push("is covered or out of sight");
  return { name, faults };
}"""


class Keyboard:
    """The keys, and a check at every stop that the focus can be seen (WCAG 2.4.7, 2.4.11)."""

    def __init__(self, page: Page) -> None:
        self._page = page

    def press(self, key: str) -> None:
        self._page.keyboard.press(key)

    def type(self, text: str) -> None:
        """Types over what is in the focused field."""
        self.press("ControlOrMeta+a")
        self._page.keyboard.type(text)

    def tab(self, key: str = "Tab") -> str | None:
        """Goes on by one stop and returns its element; None at the end of the page."""
        self.press(key)
        stop = self._page.evaluate(_STOP)
        if stop is None:
            return None
        assert stop["faults"] == [], f"{stop['name']} {' and '.join(stop['faults'])}"
        return str(stop["name"])

    def tab_to(self, target: Locator, key: str = "Tab") -> None:
        """Goes on until the target has the focus."""
        expect(target).to_be_visible()
        for _ in range(_MOST_STOPS):
            self.tab(key)
            if target.evaluate("element => element === document.activeElement"):
                return
        raise AssertionError(f"{key} never reaches {target}")

    def walk(self) -> list[str]:
        """Every stop of the page after the skip link, to its end."""
        self._page.get_by_role("link", name="Skip to content").focus()
        stops: list[str] = []
        while len(stops) < _MOST_STOPS and (stop := self.tab()) is not None:
            stops.append(stop)
        assert len(stops) < _MOST_STOPS, "the focus goes in circles"
        return stops
