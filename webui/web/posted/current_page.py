"""The page that the person sees, for forms that lead back to it."""

from flask import request, url_for

from webui.web.navigation import referring_page
from webui.web.posted.drafts import form_page


def here() -> str:
    """Returns path and query of the page; for a posted form, of the page that has the form.

    "" when a posted form has no such page and the browser does not say where it came from.
    """
    if request.method == "GET":
        return request.full_path.rstrip("?")
    page = form_page()
    return url_for(page, **(request.view_args or {})) if page else referring_page() or ""
