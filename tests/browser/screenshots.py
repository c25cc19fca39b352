"""The pictures in docs/, from a server with the demo's 250 tenants: `make screenshots`."""

import tempfile
from pathlib import Path
from uuid import uuid4

from playwright.sync_api import Browser, sync_playwright

from config import ROOT
from tests.browser import chromium
from tests.browser.pages import sign_in
from tests.browser.server import NORTHWIND, Server, serving
from webui.commands.groups import DEMO_TENANTS
from webui.jobs import leases

DOCS = ROOT / "docs"
WIDE, PHONE = 1440, 390
# Of a page that goes on, the part that says what it is.
_LIST_HEIGHT, _TENANT_HEIGHT, _PHONE_HEIGHT = 900, 1_800, 844


def take_all(browser: Browser, server: Server) -> None:
    """Writes list.png, tenant.png, tenant-dark.png, tenant-phone.png and history.png."""
    northwind = f"/tenants/{server.tenant_named(NORTHWIND)}"
    _take(browser, server, "/tenants?sort=-updated", "list", (WIDE, _LIST_HEIGHT))
    _take(browser, server, northwind, "tenant", (WIDE, _TENANT_HEIGHT))
    _take(browser, server, northwind, "tenant-dark", (WIDE, _TENANT_HEIGHT), "dark")
    _take(browser, server, northwind, "tenant-phone", (PHONE, _PHONE_HEIGHT))
    _take(browser, server, "/audit?q=ticket", "history", (WIDE, _LIST_HEIGHT))


def _take(
    browser: Browser,
    server: Server,
    path: str,
    name: str,
    size: tuple[int, int],
    scheme: str = "light",
) -> None:
    width, height = size
    with browser.new_context(
        base_url=server.origin,
        viewport={"width": width, "height": height},
        color_scheme="dark" if scheme == "dark" else "light",
        reduced_motion="reduce",
    ) as context:
        page = context.new_page()
        sign_in(page, server.accounts["support"])
        page.goto(path)
        # The focus that the list's search has looks like a selection in a picture.
        page.evaluate("document.activeElement.blur()")
        page.screenshot(path=DOCS / f"{name}.png")


def main() -> None:
    """Starts the server and takes the pictures."""
    DOCS.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        browser = chromium.launch(playwright)
        with serving(Path(folder), DEMO_TENANTS) as server:
            with server.inside():
                # The pages look as with `make run`, which starts a worker.
                leases.beat(uuid4())
            take_all(browser, server)
        browser.close()


if __name__ == "__main__":
    main()
