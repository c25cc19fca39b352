"""When, by whom and why each service was stopped, read from the history."""

from collections.abc import Iterable

from webui.core.limits import Service
from webui.history.query import history
from webui.history.query.entry_protocol import Entry
from webui.history.record import bodies
from webui.models import Tenant
from webui.models.tenant.services import stopped_services
from webui.tenants.core.sections import STATUS_FIELDS

# A service that stayed stopped through more status changes than these shows the oldest one.
_MOST = 50


def current_stops(tenant: Tenant) -> list[tuple[Entry, list[Service]]]:
    """Returns (entry, services that it stopped and that are still stopped), newest first."""
    still = stopped_services(tenant.status, tenant.blocked_services)
    if not still:
        return []
    entries = history.changes_of(tenant.id, STATUS_FIELDS, _MOST)
    found: list[tuple[Entry, list[Service]]] = []
    for entry, before in _states_before(tenant, entries):
        here = sorted(still - before)
        if here:
            found.append((entry, here))
        still &= before
        if not still:
            break
    return found


def _states_before(
    tenant: Tenant, entries: Iterable[Entry]
) -> Iterable[tuple[Entry, set[Service]]]:
    """Yields each entry with the services that were stopped before it."""
    status, blocked = tenant.status, tenant.blocked_services
    for entry in entries:
        changes = bodies.read_body(entry.body)["changes"]
        status = changes.get("status", [status])[0]
        blocked = changes.get("blocked_services", [blocked])[0]
        # Before its creation a tenant has no status, so nothing was stopped.
        yield entry, stopped_services(status, blocked) if status else set()
