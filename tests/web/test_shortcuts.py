"""The keyboard shortcuts: what each key does, and that an account can switch them off."""

from tests.history import assert_audited
from tests.web import dom
from tests.web.factors import said
from tests.web.pages import tenant_url
from tests.web.saved import fresh
from webui.history.record.actions import Action


def save(browser, on):
    page = browser.get("/account")
    [form] = dom.elements(page.tree, "form", action="/account/preferences")
    data = dom.fields(form) | ({"shortcuts": ["y"]} if on else {})
    if not on:
        data.pop("shortcuts")
    browser.post("/account/preferences", data, 303)


def told_to_pages(browser, tenant):
    """What a page's script reads, and whether the search names its key."""
    page = browser.get(tenant_url(tenant))
    [root] = dom.elements(page.tree, "html")
    return root.get("data-shortcuts"), [dom.words(key) for key in dom.elements(page.tree, "kbd")]


class TestSwitch:
    def test_turns_them_off_and_on_again_and_is_recorded(self, admin, tenant):
        save(admin, on=True)
        assert told_to_pages(admin, tenant) == (None, ["/"])
        save(admin, on=False)
        assert fresh(admin.user).shortcuts is False
        body = assert_audited(Action.USER_PREFERENCES, actor={"id": str(admin.user.id)})
        assert body["changes"]["shortcuts"] == [True, False]
        assert said() == "Switched keyboard shortcuts on → off"
        assert told_to_pages(admin, tenant) == ("off", [])
        save(admin, on=True)
        assert told_to_pages(admin, tenant) == (None, ["/"])


class TestHelp:
    def test_names_every_key_and_the_menu_leads_to_it(self, owner):
        page = owner.get("/account")
        [place] = dom.elements(page.tree, "div", id="shortcuts")
        assert [dom.words(key) for key in dom.elements(place, "kbd")] == ["/", "h", "Esc"]
        assert dom.elements(page.tree, "a", href="/account#shortcuts")
