"""Show and Hide beside a password field: what is typed can be read, until it is sent."""

from playwright.sync_api import expect


class TestReveal:
    def test_shows_and_hides_what_is_typed_and_says_so(self, open_page):
        page = open_page()
        page.goto("/login")
        password, spoken = page.get_by_label("Password"), page.locator("#spoken")
        password.fill("typed once")
        shown = page.get_by_role("button", name="Show password")
        shown.click()
        expect(password).to_have_attribute("type", "text")
        expect(spoken).to_have_text("The password is shown.")
        hide = page.get_by_role("button", name="Hide password")
        expect(hide).to_be_focused()
        page.keyboard.press("Enter")
        expect(password).to_have_attribute("type", "password")
        expect(spoken).to_have_text("The password is hidden.")
        expect(shown).to_be_focused()
        assert password.input_value() == "typed once"

    def test_is_hidden_again_when_the_form_is_sent(self, open_page):
        page = open_page()
        page.goto("/login")
        page.get_by_label("Password").fill("typed once")
        page.get_by_role("button", name="Show password").click()
        page.evaluate("""() => {
            document.addEventListener("submit", (event) => event.preventDefault());
        }""")
        page.get_by_label("Username").fill("somebody")
        page.get_by_label("Username").press("Enter")
        expect(page.get_by_label("Password")).to_have_attribute("type", "password")

    def test_is_not_there_without_javascript(self, open_page):
        page = open_page(java_script_enabled=False)
        page.goto("/signup")
        expect(page.get_by_label("Password")).to_have_attribute("type", "password")
        expect(page.get_by_role("button", name="Show password")).to_be_hidden()
