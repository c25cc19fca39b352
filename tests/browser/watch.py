"""What no page may do: log an error, throw one, break the CSP, or ask another server."""

import re

from playwright.sync_api import BrowserContext, ConsoleMessage, Request, Response, WebError

# Chromium logs every answer of 400 and more; these are the ones that pages are made for.
_EXPECTED = re.compile(
    r"Failed to load resource: the server responded with a status of"
    r" (401|403|404|409|413|422|429) .*"
)


class Watch:
    """Collects the faults of every page of a context, and every address that was asked."""

    def __init__(self, context: BrowserContext, origin: str) -> None:
        self._origin = origin
        self.faults: list[str] = []
        self.asked: list[str] = []
        context.on("console", self._logged)
        context.on("weberror", self._threw)
        context.on("request", self._request)
        context.on("response", self._response)

    def forgive(self, words: str) -> None:
        """Takes away the faults that a test makes on purpose."""
        self.faults = [fault for fault in self.faults if not re.search(words, fault)]

    def _logged(self, message: ConsoleMessage) -> None:
        if message.type not in ("error", "warning"):
            return
        address = message.location["url"]
        if _EXPECTED.fullmatch(message.text) and "/static/" not in address:
            return
        self.faults.append(f"console {message.type} at {address}: {message.text}")

    def _threw(self, error: WebError) -> None:
        self.faults.append(f"page error: {error.error}")

    def _request(self, request: Request) -> None:
        self.asked.append(request.url)
        if not request.url.startswith((f"{self._origin}/", "data:")):
            self.faults.append(f"another server was asked: {request.url}")

    def _response(self, response: Response) -> None:
        if response.status >= 500:
            self.faults.append(f"{response.status} for {response.request.method} {response.url}")
