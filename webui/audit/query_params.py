"""The query of the history pages, read from the URL and the form."""

from dataclasses import replace

from flask import request
from werkzeug.datastructures import MultiDict

from webui.audit import pickers
from webui.audit.form_errors import Refusal, keep_for_form
from webui.audit.view import View
from webui.core.permissions import Permission, may
from webui.history.query import find
from webui.history.query.filters import BadFilter, Filters
from webui.models import Tenant

ONE_TENANT = "This is the history of one tenant. Open the whole history to choose another."


def matches(tenant: Tenant | None) -> View:
    """For the picker while a person types: matches and no entries. Raises BadFilter."""
    resolved = pickers.resolve_pickers(request.args, decide=False)
    return View(tenant, _filters(resolved, tenant), find.NOTHING, resolved)


def view(tenant: Tenant | None) -> View:
    """Returns a page of entries or, after wrong input, the form with its errors and no entries.

    Raises BadFilter for a parameter without a form field, and BadCursor.
    """
    arguments: MultiDict[str, str] = request.args
    refused: dict[str, Refusal] = {}
    while True:
        try:
            resolved = pickers.resolve_pickers(arguments)
            filters = _filters(resolved, tenant)
            break
        except BadFilter as error:
            arguments = keep_for_form(arguments, error, refused)
    if refused:
        return View(tenant, filters, find.NOTHING, resolved, refused=refused)
    narrowed = replace(filters, tenant=(tenant.id,)) if tenant else filters
    after, before = request.args.get("after"), request.args.get("before")
    found = find.find_entries(narrowed, after, before, denials=may(Permission.VIEW_ALL_HISTORY))
    return View(tenant, filters, found, resolved, newer=before is not None)


def _filters(resolved: pickers.Resolved, tenant: Tenant | None) -> Filters:
    """Returns the filters; on a tenant's own page the tenant is not one of them."""
    filters = Filters.from_url(resolved.arguments)
    if tenant and set(filters.tenant) - {tenant.id}:
        raise BadFilter(ONE_TENANT)
    return replace(filters, tenant=()) if tenant else filters
