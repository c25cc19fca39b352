"""What an open page is told when its tab is shown again: whether somebody changed the tenant."""

import pytest

from tests.factories import an_actor, make_tenant, revise
from tests.web import dom
from tests.web.pages import edit_url, tenant_url
from webui.history.record.actions import Action

pytestmark = pytest.mark.both_databases


def url(tenant, version):
    return f"{tenant_url(tenant, 'news')}?version={version}"


def asked(page):
    """What the page will ask."""
    [element] = [e for e in dom.elements(page.tree) if e.get("id") == "tenant-news"]
    return element.get("hx-get")


class TestNews:
    def test_is_none_while_nothing_changed(self, admin, tenant, queries):
        page = admin.get(tenant_url(tenant))
        assert asked(page) == url(tenant, 1)
        with queries() as seen:
            answer = admin.get(asked(page), 204, htmx=True)
        assert answer.text == ""
        assert len([one for one in seen if "SELECT" in one]) <= 3
        for version in ("1", "2", "x", ""):
            admin.get(url(tenant, version), 204, htmx=True)

    def test_is_who_changed_it_and_when(self, admin, owner, tenant):
        before = asked(admin.get(tenant_url(tenant)))
        ines = an_actor(name="ines.weber", role="support")
        revise(tenant, Action.TENANT_BILLING, actor=ines, max_concurrent_calls=7)
        answer = admin.get(before, htmx=True)
        assert answer.words == "ines.weber changed this just now. Reload"
        [link] = dom.elements(answer.tree, "a")
        assert link.get("href") == tenant_url(tenant)
        answer = owner.get(before, htmx=True)
        assert answer.words == "Support team changed this just now. Reload"
        assert "ines" not in answer.text

    def test_names_others_before_the_person(self, admin, tenant):
        before = asked(admin.get(tenant_url(tenant)))
        admin.edit(tenant, "features", retention_days=5)
        assert admin.get(before, htmx=True).words.startswith("You changed this just now.")
        ines = an_actor(name="ines.weber", role="support")
        revise(tenant, Action.TENANT_BILLING, actor=ines, max_concurrent_calls=7)
        admin.edit(tenant, "features", retention_days=6)
        assert admin.get(before, htmx=True).words.startswith("ines.weber changed this")

    def test_is_asked_from_the_version_of_the_cards(self, admin, tenant):
        """A save shows its own card anew; the others are as old as before."""
        form = admin.get(edit_url(tenant, "features"), htmx=True)
        answer = admin.submit(form, 200, htmx=True, retention_days=5, reason="for a test")
        [news] = dom.elements(answer.parts["#tenant-news"], "div", id="tenant-news")
        assert news.get("hx-get") == url(tenant, 2)
        form = admin.get(edit_url(tenant, "features"), htmx=True)
        revise(tenant, Action.TENANT_BILLING, max_concurrent_calls=7)
        answer = admin.submit(form, 200, htmx=True, retention_days=6, reason="for a test")
        [news] = dom.elements(answer.parts["#tenant-news"], "div", id="tenant-news")
        assert news.get("hx-get") == url(tenant, 2)
        assert "tester changed this" in admin.get(news.get("hx-get"), htmx=True).words

    def test_of_another_tenant_is_not_there(self, owner):
        owner.get(url(make_tenant(), 0), 404, htmx=True)

    def test_without_htmx_is_the_page(self, admin, tenant):
        assert admin.get(url(tenant, 0), 303).location == tenant_url(tenant)
