"""Pages are read as the standard says, each markup once."""

import pytest

from tests.web import dom, strict_html

PAGE = '<!doctype html><html lang="en"><head><title>T</title></head><body>{}</body></html>'


@pytest.mark.parametrize(
    "wrong",
    [
        "<p>a</div>",
        "<b><p>a</b></p>",
        "<table>words</table>",
        "<a href='x' href='y'>a</a>",
        "a &nonsense; b",
        "<input/ value=a>",
        "<div/>",
        "<ul><li>a</ul></li>",
    ],
)
def test_an_error_of_the_standard_fails(wrong):
    # The same words around right markup before it, and every time anew.
    dom.parse(PAGE.format("<p>a</p><main><p>a</p></main>"))
    for _ in range(2):
        for page in (wrong, f"<main>{wrong}</main>", f"{wrong}<main><p>a</p></main>"):
            with pytest.raises(AssertionError):
                dom.parse(PAGE.format(page))
        with pytest.raises(AssertionError):
            dom.parse_fragment(wrong)


def test_only_harmless_text_is_left_out():
    same = '<p class="x">x</p> <br>'
    assert strict_html.markup_of('<p class="some thing">Some words.</p> <br>') == same
    for kept in ('<p class="">a &amp; b</p>', "<p class=a>", '<p title="&lt;"> </p>', '>"<'):
        assert strict_html.markup_of(kept) == kept


def test_another_tree_than_the_standard_s_fails():
    text = PAGE.format("<p>a</p>")
    strict_html._read.clear()
    with pytest.raises(AssertionError, match="differ first in"):
        strict_html.check(text, dom.parse(PAGE.format("<p>b</p>"), strict=False))
    text = PAGE.format("<main><p>a</p></main>")
    with pytest.raises(AssertionError, match="differ first in"):
        strict_html.check(text, dom.parse(text.replace("<p>a", "<p>b"), strict=False))


def test_text_areas_begin_after_a_line_break():
    tree = dom.parse(PAGE.format("<form><textarea name=a>\n\n b &lt;p&gt;</textarea></form>"))
    assert dom.fields(tree)["a"] == ["\r\n b <p>"]


def test_rows_are_read_inside_a_table():
    text = '<hx-partial hx-target="#x tbody"><tr><td>a</td></tr></hx-partial><p>b</p>'
    tree, parts = dom.parse_fragment(text)
    assert [e.tag for e in tree] == ["p"]
    assert [e.tag for e in parts["#x tbody"].iter()] == ["fragment", "tr", "td"]
