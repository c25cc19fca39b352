"""The bar on top: where one can go, and where one is."""

import pytest

from tests.web import dom


class TestPlaces:
    @pytest.mark.parametrize(
        ("path", "marked"),
        [
            ("/tenants", ("Tenants", "page")),
            ("/tenants/new", ("Tenants", "true")),
            ("/users/new", ("Users", "true")),
            ("/keys", ("Keys", "page")),
            ("/account", None),
        ],
    )
    def test_tell_where_one_is(self, admin, path, marked):
        [bar] = dom.elements(admin.get(path).tree, "nav", **{"aria-label": "Main"})
        links = [(dom.words(link), link.get("aria-current")) for link in dom.elements(bar, "a")]
        assert [link for link in links if link[1]] == [marked] * (marked is not None)
