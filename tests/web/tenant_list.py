"""The list of tenants as tests read it."""

from urllib.parse import urlencode

from tests.factories import make_tenant
from tests.web import dom


def named(*names):
    for name in names:
        make_tenant(name=name)


def names(answer):
    """The names of the rows, in order."""
    return [dom.words(link) for link in dom.elements(answer.tree, "a", class_="name")]


def rows(answer):
    """Name -> the words of each cell of the row."""
    table = dom.elements(answer.tree, "tbody")[0]
    cells = [[dom.words(cell) for cell in row.findall("td")] for row in table.findall("tr")]
    return {row[0]: row[1:] for row in cells}


def found(browser, q, **more):
    """The names that a search finds, as htmx is sent them."""
    return names(browser.get(f"/tenants?{urlencode({'q': q, **more})}", htmx=True))
