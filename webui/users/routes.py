"""The pages of accounts: the list, and the page of one account."""

from typing import Any
from uuid import UUID

from flask import Blueprint, abort, make_response, render_template, request, url_for

from webui.core.permissions import Permission, requires
from webui.tenants.search.search import BadFilter
from webui.users import profile, search
from webui.users.scope import get_user
from webui.web.errors import Detail
from webui.web.htmx import part_of, wants_fragment
from webui.web.paging import NO_SUCH_PAGE, BadCursor

bp = Blueprint("users", __name__, url_prefix="/users")


@bp.get("")
@requires(Permission.LIST_USERS)
def index() -> Any:
    """The list, as a page or as the fragment that a search replaces."""
    try:
        filters = search.Filters.from_url(request.args)
        found = search.find_users(filters, request.args.get("after"), request.args.get("before"))
    except BadFilter as error:
        abort(400, Detail(error))
    except BadCursor:
        abort(400, Detail(NO_SUCH_PAGE))
    template = "users/_found.html" if wants_fragment() else "users/index.html"
    response = make_response(render_template(template, filters=filters, found=found))
    if wants_fragment():
        cursors = {name: request.args[name] for name in ("after", "before") if name in request.args}
        values: dict[str, Any] = {**filters.arguments(), **cursors}
        response.headers["HX-Replace-Url"] = url_for(".index", **values)
    return response


@bp.get("/<uuid:user_id>")
@requires(Permission.LIST_USERS)
def page(user_id: UUID) -> str:
    """The page of an account."""
    page = profile.user_profile(get_user(user_id))
    return render_template(part_of("users/page.html"), page=page)
