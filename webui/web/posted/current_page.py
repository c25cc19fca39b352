"""The page that the person sees, for forms that lead back to it."""

from contextlib import suppress

from flask import request, url_for
from werkzeug.routing import BuildError

from webui.web.navigation import referring_page
from webui.web.posted.drafts import form_page


def here() -> str:
    """Returns path and query of the page; for a posted form, of the page that has the form.

    "" when a posted form has no such page and the browser does not say where it came from.
    """
    if request.method == "GET":
        return request.full_path.rstrip("?")
    page = form_page()
    if page:
        # A form of a step that is posted to the wizard's own address names no step.
        with suppress(BuildError):
            return url_for(page, **(request.view_args or {}))
    return referring_page() or ""
