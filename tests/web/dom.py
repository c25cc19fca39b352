"""HTML as a browser reads it: parsing, finding things, and what no page may hold."""

import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

from lxml import etree

from tests.web import strict_html

Element = Any
Fields = dict[str, list[str]]

_PARTIAL = re.compile(r"<hx-partial ([^>]*)>(.*?)</hx-partial>", re.DOTALL)
_TARGET = re.compile(r'hx-target="([^"]*)"')
_CONTROLS = {"input", "select", "textarea"}
_INLINE = {"a", "bdi", "button", "del", "ins", "kbd", "label", "span", "strong", "time"}
_REFERENCES = (
    *("for", "aria-describedby", "aria-labelledby"),
    *("data-take", "data-copy", "data-reveal"),
)


def parse(text: str, *, strict: bool = True) -> Element:
    """The tree of a page; if ``strict``, any parse error of the standard fails."""
    tree = _read(text)
    if strict:
        strict_html.check(text, tree)
    return tree


def parse_fragment(text: str, *, strict: bool = True) -> tuple[Element, dict[str, Element]]:
    """What htmx is sent: the tree of what replaces the target, and target -> tree of each part.

    Rows are parsed inside a table, because outside of one they are nothing.
    """
    parts = {}
    for attributes, content in _PARTIAL.findall(text):
        found = _TARGET.search(attributes)
        assert found, f"a part without a target: {attributes}"
        container = "tbody" if found.group(1).endswith("tbody") else "div"
        parts[found.group(1)] = _fragment(content, container, strict)
    return _fragment(_PARTIAL.sub("", text), "div", strict), parts


def _fragment(text: str, container: str, strict: bool) -> Element:
    around = ("<table><tbody>", "</tbody></table>") if container == "tbody" else ("<div>", "</div>")
    tree = next(_read(f"<!doctype html><body>{text.join(around)}</body>").iter(container))
    # No element of the fragment itself.
    tree.tag = "fragment"
    if strict:
        strict_html.check(text, tree, container)
    return tree


def _read(text: str) -> Element:
    # Plain elements: lxml.html would choose a class in Python for each one that is looked at.
    tree = etree.fromstring(text, etree.HTMLParser())
    # What HTML says and lxml does not: a line break that begins a text area is not of its text.
    for area in tree.iter("textarea"):
        area.text = (area.text or "").removeprefix("\n")
    return tree


def elements(tree: Element, tag: str | None = None, /, **attributes: str) -> list[Element]:
    """The elements of a tag with these attributes; `class_` asks for one class among many."""
    found = list(tree.iter(tag or etree.Element))
    class_ = attributes.pop("class_", None)
    for key, value in attributes.items():
        name = key.rstrip("_").replace("_", "-")
        found = [element for element in found if element.get(name) == value]
    return [e for e in found if class_ is None or class_ in e.get("class", "").split()]


def words(element: Element) -> str:
    """What can be read, white space as one space; blocks stand apart, inline elements do not."""
    return re.sub(r"\s+", " ", "".join(_texts(element))).strip()


def _texts(element: Element) -> Iterator[str]:
    gap = "" if element.tag in _INLINE else " "
    yield gap
    # Comments have a function for a tag, and no text that can be read.
    yield (element.text or "") if isinstance(element.tag, str) else ""
    for child in element:
        yield from _texts(child)
        yield child.tail or ""
    yield gap


def fields(form: Element) -> Fields:
    """What a browser would send for the form as it stands, except for a button."""
    sent: Fields = {}
    for control in form.iter():
        name = control.get("name") if control.tag in _CONTROLS else None
        if name is not None and control.get("disabled") is None:
            for value in _values(control):
                sent.setdefault(name, []).append(value)
    return sent


def _values(control: Element) -> Iterator[str]:
    if control.tag == "textarea":
        yield re.sub(r"\r?\n", "\r\n", "".join(control.itertext()))
    elif control.tag == "select":
        options = elements(control, "option")
        chosen = [o for o in options if o.get("selected") is not None] or options[:1]
        yield from (o.get("value", words(o)) for o in chosen)
    elif control.get("type") not in ("checkbox", "radio"):
        yield control.get("value", "")
    elif control.get("checked") is not None:
        yield control.get("value", "on")


def faults(tree: Element) -> list[str]:
    """What no page and no fragment may hold, one line each."""
    everything = elements(tree)
    checks = (_inline, _links, _ids, _forms, _as_typed, _secrets)
    return [fault for check in checks for fault in check(everything)]


def _inline(everything: list[Element]) -> Iterator[str]:
    for element in everything:
        tag, attributes = element.tag, element.attrib.keys()
        if tag == "style" or "style" in attributes:
            yield f"inline style in <{tag}>"
        if tag == "script" and (not element.get("src") or words(element)):
            yield "inline script"
        yield from (f"{name} on <{tag}>" for name in attributes if name[:2] == "on")


def _links(everything: list[Element]) -> Iterator[str]:
    # What a field fetches comes with the page as well when its form is sent.
    sent = {e: f.get("action") for f in everything if f.tag == "form" for e in f.iter()}
    for element in everything:
        for name in ("href", "src", "action", "hx-get", "hx-post"):
            url = element.get(name)
            if element.tag == "img" and (url or "").startswith("data:image/svg+xml"):
                # A picture is inert, and the policy allows it.
                continue
            if url is not None and (not url.startswith(("/", "#")) or url.startswith("//")):
                yield f"{name} leads off the site: {url}"
        if element.tag == "a" and not element.get("href"):
            yield "a link without an address"
        # What is asked for again and again is there after a reload too.
        polled = element.get("hx-trigger", "").startswith(("every ", "shown "))
        if (
            element.get("hx-get")
            and not polled
            and element.get("hx-get")
            not in (
                element.get("href"),
                sent.get(element),
            )
        ):
            yield f"{element.get('hx-get')} does not work without JavaScript"
        if element.tag in ("a", "button") and not (element.get("aria-label") or words(element)):
            yield f"<{element.tag}> without a name"


def _ids(everything: list[Element]) -> Iterator[str]:
    ids = Counter(e.get("id") for e in everything if e.get("id") is not None)
    yield from (f"id {name} stands {count} times" for name, count in ids.items() if count > 1)
    for element in everything:
        for name in _REFERENCES:
            for target in element.get(name, "").split():
                if target not in ids:
                    yield f"{name} of <{element.tag}> leads to no id: {target}"


# Words of a language, which a keyboard may correct. Everything else is taken exactly as typed.
_PROSE = {"name", "organisation", "purpose", "reason"}
_TEXT = {"text", "search", "email", "url", "tel", "password"}
_EXACTLY = {"autocapitalize": "none", "autocorrect": "off", "spellcheck": "false"}


def _as_typed(everything: list[Element]) -> Iterator[str]:
    for control in [e for e in everything if e.tag in ("input", "textarea")]:
        typed = control.tag == "textarea" or control.get("type", "text") in _TEXT
        if typed and control.get("readonly") is None and control.get("name") not in _PROSE:
            wrong = [name for name, value in _EXACTLY.items() if control.get(name) != value]
            yield from (f"{name} of {control.get('name')} may change the text" for name in wrong)


def _secrets(everything: list[Element]) -> Iterator[str]:
    buttons = [element for element in everything if element.tag == "button"]
    revealed = {button.get("data-reveal") for button in buttons}
    for control in everything:
        if control.get("type") == "password" and control.get("id") not in revealed:
            yield f"{control.get('name')} can only be typed unseen"
    for button in buttons:
        # Nothing happens without JavaScript, and nothing is sent.
        inert = button.get("type") == "button" and "needs-script" in button.get("class", "")
        if {"data-copy", "data-reveal"} & set(button.attrib) and not inert:
            yield f"{words(button)} is there without JavaScript"


def _forms(everything: list[Element]) -> Iterator[str]:
    labels = [element for element in everything if element.tag == "label"]
    labelled = {label.get("for") for label in labels}
    inside = {child for label in labels for child in label.iter()}
    for control in [e for e in everything if e.tag in _CONTROLS]:
        named = control.get("id") in labelled or control in inside or control.get("aria-label")
        if not named and control.get("type") != "hidden":
            yield f"{control.tag} {control.get('name')} without a label"
    for form in [element for element in everything if element.tag == "form"]:
        if form.get("method") == "post" and len(fields(form).get("csrf_token", [])) != 1:
            yield f"form {form.get('action')} without its CSRF token"
    if sum(e.get("autofocus") is not None for e in everything) > 1:
        yield "more than one autofocus"
