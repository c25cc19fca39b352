"""Which services of a tenant run, from its status and its switches (DESIGN 2.1)."""

from collections.abc import Collection
from enum import StrEnum

from webui.core.limits import Service, Status
from webui.models.tenant.tenant import Tenant


class ServiceState(StrEnum):
    """Whether a service runs, is stopped by the status, or is switched off."""

    RUNNING = "running"
    STOPPED = "stopped"
    OFF = "off"


SWITCHES = {
    Service.SIP: "sip_enabled",
    Service.RECORDINGS: "recording_enabled",
    Service.ANALYTICS: "analytics_enabled",
}
"""Service -> the field that switches it on or off; the other services have none."""


def stopped_services(status: str, blocked: Collection[str]) -> set[Service]:
    """Returns the services that a status stops; ``blocked`` counts for a suspended tenant."""
    if status == Status.SUSPENDED:
        return {Service(name) for name in blocked}
    return set() if status == Status.ACTIVE else set(Service)


def effective_services(tenant: Tenant) -> dict[Service, ServiceState]:
    """Returns the state of every service; stopped by the status wins over switched off."""
    stopped = stopped_services(tenant.status, tenant.blocked_services)
    return {service: _service_state(tenant, service, stopped) for service in Service}


def _service_state(tenant: Tenant, service: Service, stopped: set[Service]) -> ServiceState:
    if service in stopped:
        return ServiceState.STOPPED
    switch = SWITCHES.get(service)
    return ServiceState.OFF if switch and not getattr(tenant, switch) else ServiceState.RUNNING
