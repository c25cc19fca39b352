"""The standard's own reading of a page: no parse error, and the same tree as the quick parser's.

html5lib takes three times as long for a page as the product takes to make it, and lxml a
twentieth of that. So lxml gives the trees that tests look into, and html5lib reads every markup
once: a page that differs from an earlier one in harmless text alone has the same errors. The middle
of a page is read apart from what is around it, which is much the same on every page.
"""

import re
from collections.abc import Callable, Iterator
from itertools import zip_longest
from typing import Any

import html5lib

# Text and values without a character that means something to a parser.
_TEXT = re.compile(r'>[^<>&"\0]*[^<>&"\0\s][^<>&"\0]*<')
_VALUE = re.compile(r'="[^"<>&\0]*[^"<>&\0\s][^"<>&\0]*"')
_MIDDLE = re.compile(r"<main\b[^>]*>(.*)</main>", re.DOTALL)
_SVG = "{http://www.w3.org/2000/svg}"
_SPACES = re.compile(r"\s+")
_read: set[tuple[str | None, str]] = set()


def check(text: str, tree: Any, container: str | None = None) -> None:
    """Fails for a parse error, and when ``tree`` is another than the standard gives."""
    middle = None if container else _MIDDLE.search(text)
    if middle is None:
        _check_once(text, container, lambda: _nodes(tree))
        return
    [main] = tree.iter("main")
    around = text[: middle.start(1)] + text[middle.end(1) :]
    _check_once(around, None, lambda: _nodes(tree, without=main))
    _check_once(middle.group(1), "main", lambda: _nodes(main))


def _check_once(text: str, container: str | None, nodes: Callable[[], Iterator[Any]]) -> None:
    markup = container, markup_of(text)
    if markup in _read:
        return
    parser = html5lib.HTMLParser(namespaceHTMLElements=False)
    expected = parser.parseFragment(text, container) if container else parser.parse(text)
    # A control character that somebody typed is shown to them as it is: HTML has no other way.
    errors = [(where, code) for where, code, _ in parser.errors if code != "invalid-codepoint"]
    assert not errors, errors
    differing = [pair for pair in zip_longest(nodes(), _nodes(expected)) if pair[0] != pair[1]]
    assert not differing, f"lxml and html5lib differ first in {differing[0]}"
    _read.add(markup)


def markup_of(text: str) -> str:
    """The text without what no parser minds: words between tags and inside of quotes."""
    return _VALUE.sub('="x"', _TEXT.sub(">x<", text))


def _nodes(tree: Any, without: Any = None) -> Iterator[tuple[Any, ...]]:
    """Every element below the root as the tests see it: name, attributes and text around it.

    Left out is what no test asks for: white space after the page, its amount between elements,
    the value of an attribute that needs none, and what is inside of ``without``. Names of SVG are
    compared in small letters without their namespace, which lxml does not know.
    """
    content = set() if without is None else set(without.iter()) - {without}
    for element in tree.iter():
        if isinstance(element.tag, str) and element is not tree and element not in content:
            attributes = {n.lower(): "" if v == n else v for n, v in element.attrib.items()}
            tail = "" if element.tag == "body" else _SPACES.sub(" ", element.tail or "")
            text = "" if element is without else element.text or ""
            yield element.tag.removeprefix(_SVG).lower(), attributes, text, tail
