"""Strict parsing: html5lib reads every page and fragment of a new shape, which takes long.

Two texts have the same shape when they differ only in words and in values of attributes that
mean nothing to a parser. Once html5lib found no error in a shape, and read what `_build` builds,
the next one of that shape is only built. Whatever is unusual goes to html5lib every time.
"""

import html
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from xml.etree import ElementTree

import html5lib
from html5lib.constants import voidElements

Element = Any

_BETWEEN = re.compile(r"(<[^<>]*>)")
_ONE = r"""([a-z][a-z0-9-]*)(?:="([^"]*)"|='([^']*)')?"""
_ATTRIBUTE = re.compile(_ONE)
_TAG = re.compile(rf"<(/?)([a-z][a-z0-9-]*)((?:\s+{_ONE})*)\s*>")
# What is read as something else than itself: controls, surrogates, characters that are none,
# and references but those that escaping makes.
_UNUSUAL = re.compile(
    "[\0-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]"
    "|[^\0-\U0000ffff]|&(?!(?:amp|lt|gt|#34|#39);)"
)
_SPACE = " \t\n"
# Shapes that html5lib read without an error as `_build` does.
_known: set[tuple[str, str]] = set()


class _Unusual(Exception):
    """html5lib must read this."""


@dataclass(frozen=True)
class _Tag:
    shape: str
    name: str
    closing: bool
    attributes: dict[str, str]


def read(text: str, container: str = "") -> Element:
    """The tree of a page, or of a fragment inside `container`; an error of the standard fails."""
    try:
        shape, tree = _build(text, container)
    except _Unusual:
        return _parse(text, container)
    if (container, shape) in _known:
        return tree
    parsed = _parse(text, container)
    if ElementTree.tostring(parsed) == ElementTree.tostring(tree):
        _known.add((container, shape))
    return parsed


def _parse(text: str, container: str) -> Element:
    parser = html5lib.HTMLParser(namespaceHTMLElements=False)
    tree = parser.parseFragment(text, container=container) if container else parser.parse(text)
    # A control character that somebody typed is shown to them as it is: HTML has no other way.
    errors = [(where, code) for where, code, _ in parser.errors if code != "invalid-codepoint"]
    assert errors == []
    return tree


def _build(text: str, container: str) -> tuple[str, Element]:
    """The shape of a text, and its tree if every element is closed where it was opened."""
    if _UNUSUAL.search(text):
        raise _Unusual
    start = "" if container else "<!doctype html>"
    if not text.startswith(start):
        raise _Unusual
    tree = _Tree(container)
    pieces = _BETWEEN.split(text[len(start) :])
    shape = []
    for words, markup in zip(pieces[::2], [*pieces[1::2], ""], strict=True):
        shape.append(_shape_of_words(words))
        tree.add_words(words)
        if markup:
            tag = _tag(markup)
            shape.append(tag.shape)
            tree.add_tag(tag)
    return "".join(shape), tree.whole()


def _shape_of_words(words: str) -> str:
    """White space stands elsewhere than words do, and the first line break may be dropped."""
    if "<" in words or ">" in words:
        raise _Unusual
    first = words[:1] if words[:1] in _SPACE else ""
    return first + ("x" if words.strip(_SPACE) else "")


@lru_cache(maxsize=20_000)
def _tag(markup: str) -> _Tag:
    found = _TAG.fullmatch(markup)
    if not found:
        raise _Unusual
    pairs = [(name, one or other) for name, one, other in _ATTRIBUTE.findall(found[3])]
    # A hidden field may stand where another one may not.
    names = " ".join(f"{name}={value}" if name == "type" else name for name, value in pairs)
    attributes = {name: html.unescape(value) for name, value in pairs}
    return _Tag(f"<{found[1]}{found[2]} {names}>", found[2], bool(found[1]), attributes)


class _Tree:
    """Elements as their tags open and close them."""

    def __init__(self, container: str) -> None:
        self._root = ElementTree.Element("DOCUMENT_FRAGMENT" if container else "DOCUMENT")
        self._open = [self._root]
        # What stands alone when everything is read: in a page also what `add_tag` leaves open.
        self._left = [self._root.tag] if container else [self._root.tag, "html", "body"]

    def add_words(self, words: str) -> None:
        parent = self._open[-1]
        # Between the start, <html> and <head> there is nothing.
        if parent.tag == "DOCUMENT" or (parent.tag == "html" and not len(parent)):
            return
        if parent.tag in ("pre", "textarea") and not parent.text and not len(parent):
            words = words.removeprefix("\n")
        if len(parent):
            parent[-1].tail = (parent[-1].tail or "") + html.unescape(words) or None
        else:
            parent.text = (parent.text or "") + html.unescape(words) or None

    def add_tag(self, tag: _Tag) -> None:
        parent = self._open[-1]
        if not tag.closing:
            element = ElementTree.SubElement(parent, tag.name, tag.attributes)
            if tag.name not in voidElements:
                self._open.append(element)
        elif tag.name in ("body", "html"):
            # White space after them belongs to the body.
            return
        elif parent.tag == tag.name:
            self._open.pop()
        else:
            raise _Unusual

    def whole(self) -> Element:
        if [element.tag for element in self._open] != self._left:
            raise _Unusual
        return self._root if self._root.tag == "DOCUMENT_FRAGMENT" else self._root[0]
