"""Fields that are too pale: their borders (WCAG 1.4.11) and placeholders (1.4.3), as rendered."""

from playwright.sync_api import Page

BORDER, PLACEHOLDER = 3, 4.5
# A colour is painted and read back, whatever notation it has; what lies under it comes first.
_PALE = """([border, placeholder]) => {
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = 1;
  const paper = canvas.getContext("2d", { willReadFrequently: true });
  const painted = (colours) => {
    for (const colour of ["#fff", ...colours]) {
      paper.fillStyle = colour;
      paper.fillRect(0, 0, 1, 1);
    }
    return paper.getImageData(0, 0, 1, 1).data;
  };
  const below = (element) => {
    const colours = [];
    for (let at = element; at; at = at.parentElement) {
      colours.unshift(getComputedStyle(at).backgroundColor);
    }
    return colours;
  };
  const luminance = (colours) => {
    const [red, green, blue] = [...painted(colours)].map((part) => part / 255)
      .map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const contrast = (above, under) => {
    const [dark, light] = [luminance([...under, above]), luminance(under)].sort((a, b) => a - b);
    return (light + 0.05) / (dark + 0.05);
  };
  const faults = [];
  const require = (field, least, found, what) => {
    if (found >= least) return;
    faults.push(`${what} ${found.toFixed(2)}:1 of ${field.outerHTML.slice(0, 120)}`);
  };
  for (const field of document.querySelectorAll("input, select, textarea")) {
    if (!field.checkVisibility() || field.closest(".visually-hidden")) continue;
    const look = getComputedStyle(field);
    const around = below(field.parentElement);
    // A ticked box is filled, and the outline of the focused field lies on its border.
    const drawn = [look.backgroundColor, look.borderTopColor];
    if (look.outlineStyle !== "none") drawn.push(look.outlineColor);
    require(field, border, Math.max(...drawn.map((colour) => contrast(colour, around))), "border");
    if (!field.placeholder) continue;
    const typed = getComputedStyle(field, "::placeholder");
    require(field, placeholder, contrast(typed.color, below(field)), "placeholder");
  }
  return faults;
}"""


def pale(page: Page) -> list[str]:
    """The fields of the page whose border or placeholder is too pale, with the contrast."""
    found: list[str] = page.evaluate(_PALE, [BORDER, PLACEHOLDER])
    return found
