"""What a first and a second visit cost on the line: requests and bytes, headers included."""

import pytest

from tests.browser.server import NORTHWIND

FIRST_REQUESTS, FIRST_BYTES, SECOND_BYTES = 10, 70_000, 12_000


class Line:
    """Counts what a page asks for."""

    def __init__(self, page):
        self.requests = []
        page.on("requestfinished", self._note)

    def _note(self, request):
        self.requests.append(request)

    def take(self):
        """Requests and bytes received since the last time; of files from the cache none."""
        sizes = [request.sizes() for request in self.requests]
        self.requests.clear()
        got = [size["responseBodySize"] + size["responseHeadersSize"] for size in sizes]
        return len([one for one in got if one > 0]), sum(got)


@pytest.mark.parametrize("first", ["list", "tenant"])
def test_visits_are_cheap(open_page, server, first):
    page = open_page("support")
    line = Line(page)
    paths = {"list": "/tenants", "tenant": f"/tenants/{server.tenant_named(NORTHWIND)}"}
    page.goto(paths.pop(first), wait_until="networkidle")
    requests, received = line.take()
    assert (requests <= FIRST_REQUESTS, received < FIRST_BYTES) == (True, True), received
    for path in paths.values():
        page.goto(path, wait_until="networkidle")
        assert line.take()[1] < SECOND_BYTES
