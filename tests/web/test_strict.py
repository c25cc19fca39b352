"""Pages of a shape that is known are read as html5lib reads them, and no error passes."""

from xml.etree import ElementTree

import pytest

from tests.web import strict

PAGE = """<!doctype html>
<html lang="en">
<head>
  <meta name="x" content='{"a": 1}'>
  <title>ONE</title>
</head>
<body>
<main id="TWO">
  <p>ONE <a href="/TWO">ONE</a> TWO</p>
  <table><tbody><tr><td>ONE</td></tr></tbody></table>
  <form method="post"><input type="text" name="n" value="TWO"><textarea name="t">
ONE</textarea><select name="s"><option value="TWO" selected>ONE</option></select></form>
</main>
</body>
</html>
"""


def page(one="one", two="two"):
    return PAGE.replace("ONE", one).replace("TWO", two)


@pytest.fixture
def parsed(monkeypatch):
    """What html5lib was asked for; nothing is known at first."""
    asked = []
    parse = strict._parse
    monkeypatch.setattr(strict, "_known", set())
    monkeypatch.setattr(strict, "_parse", lambda *given: asked.append(given) or parse(*given))
    return asked


@pytest.fixture
def known(parsed):
    strict.read(page())
    parsed.clear()


def test_a_known_shape_is_not_parsed_again_and_read_the_same(known, parsed):
    for one, two in (
        ("other", "words"),
        ("o\n\n", "w\n"),
        ("a &amp; b", "&lt;&#34;&#39;&gt;"),
        ("Zürich", "ü"),
    ):
        text = page(one, two)
        tree = strict.read(text)
        assert parsed == []
        assert ElementTree.tostring(tree) == ElementTree.tostring(strict._parse(text, ""))
        parsed.clear()


@pytest.mark.parametrize("one", ["", "&nbsp;", "a\0b", "a\rb", "&amp", "<b>x</b>", "a > b"])
def test_words_that_a_parser_does_not_take_as_they_are_are_parsed(known, parsed, one):
    text = PAGE.replace("\nONE", f"\n{one}")
    try:
        strict.read(text)
    except AssertionError:
        assert one in ("&amp",)
    assert [given for given, _ in parsed] == [text]


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("</a>", "<a href='/'>x</a></a>"),
        ("</a>", "</b>"),
        ("<tr>", '<input type="text"><tr>'),
        ('name="n"', 'name="n" name="n"'),
        ("ONE <a", "&unknown; <a"),
        ("ONE <a", "a < b <a"),
        ("ONE <a", "<div>x</div><a"),
        ("<!doctype html>", ""),
        ("</main>", "</main></main>"),
        ("<option", "<div>x</div><option"),
        ("</form>", '<form method="post"></form></form>'),
        ("</html>", "</html><p>x</p>"),
        ("<body>", "<body><body>"),
        ("<head>", "x<head>"),
        ("</main>", "</main><!-- -- -->--!>"),
        ("ONE</td>", "&#128;</td>"),
    ],
)
def test_no_error_passes_beside_a_known_shape(known, right, wrong):
    assert right in PAGE
    for _ in range(2):
        with pytest.raises(AssertionError):
            strict.read(PAGE.replace(right, wrong))


def test_a_shape_is_known_only_where_it_stood(known, parsed):
    row = "<tr><td>x</td></tr>"
    strict.read(row, "tbody")
    for _ in range(2):
        with pytest.raises(AssertionError):
            strict.read(row, "div")
    assert parsed == [(row, "tbody"), (row, "div"), (row, "div")]
