"""Showing a new link once."""

from flask import Response, make_response, render_template, url_for

from webui.links.operations import Issued
from webui.models import User
from webui.models.link import LinkKind
from webui.web.htmx import part_of
from webui.web.request_actor import site

_VIEWS = {LinkKind.INVITATION: "links.invitation", LinkKind.RESET: "links.reset"}


def show_once(user: User, issued: Issued) -> Response:
    """Renders the page with the link. It is shown only this once and never cached."""
    page = render_template(
        part_of("users/link.html"), user=user, issued=issued, link=_absolute(issued)
    )
    return make_response(page)


def _absolute(issued: Issued) -> str:
    return f"{site()}{url_for(_VIEWS[issued.kind], token=issued.token)}"
