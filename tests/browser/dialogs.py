"""The questions that a browser asks before a page is left."""

from playwright.sync_api import Dialog, Page


class Questions:
    """Answers every question of a page with "stay" and keeps its kind."""

    def __init__(self, page: Page) -> None:
        self._kinds: list[str] = []
        page.on("dialog", self._answer)

    def _answer(self, dialog: Dialog) -> None:
        self._kinds.append(dialog.type)
        dialog.dismiss()

    def asked(self) -> int:
        """How often the page asked before leaving since this was called last."""
        kinds, self._kinds = self._kinds, []
        assert set(kinds) <= {"beforeunload"}, kinds
        return len(kinds)
