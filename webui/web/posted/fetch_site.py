"""Which site's page caused a request (W3C Fetch Metadata, Sec-Fetch-Site)."""

from collections.abc import Callable
from typing import Any, TypeVar

from flask import abort, current_app, request

from webui.web.errors import Detail
from webui.web.programs import is_for_programs

# "none" is the person: a typed URL or a bookmark. Another host of the same domain ("same-site") is
# as foreign as any other site, although its requests carry our cookies.
_OURS = ("same-origin", "none")
_SAFE_METHODS = ("GET", "HEAD", "OPTIONS")
FROM_ELSEWHERE = "Another site sent this form. Nothing was saved. Open the page here and try again."

View = TypeVar("View", bound=Callable[..., Any])


def from_another_site() -> bool:
    """Whether the browser says that another site caused the request.

    Programs and old browsers send no header and are accepted: the CSRF token protects these.
    """
    return request.headers.get("Sec-Fetch-Site", "none") not in _OURS


def changes_nothing(view: View) -> View:
    """Declares a POST that saves nothing: it needs no token and may come from any site."""
    view.changes_nothing = True  # type: ignore[attr-defined]
    return view


def is_write() -> bool:
    """Whether the current request is a person's that may save something."""
    if request.endpoint is None or request.method in _SAFE_METHODS or is_for_programs():
        return False
    return not getattr(current_app.view_functions[request.endpoint], "changes_nothing", False)


def refuse_other_sites() -> None:
    """Before every request: refuses writes from another site's page (ASVS 5.0, 3.5.3).

    400, not 403: otherwise the history would record a denial of a person who did nothing.
    """
    if is_write() and from_another_site():
        abort(400, Detail(FROM_ELSEWHERE))
