"""What of a tenant really runs (DESIGN 2.1): the one function that says so."""

from collections.abc import Collection
from enum import StrEnum

from webui.core.limits import Service, Status
from webui.models.tenant.tenant import Tenant


class ServiceState(StrEnum):
    """Why a service runs or does not."""

    RUNNING = "running"
    STOPPED = "stopped"
    OFF = "off"


_SWITCHES = {
    Service.SIP: "sip_enabled",
    Service.RECORDINGS: "recording_enabled",
    Service.ANALYTICS: "analytics_enabled",
}


def stopped_services(status: str, blocked: Collection[str]) -> set[Service]:
    """What a status with its list of services stops."""
    if status == Status.SUSPENDED:
        return {Service(name) for name in blocked}
    return set() if status == Status.ACTIVE else set(Service)


def effective_services(tenant: Tenant) -> dict[Service, ServiceState]:
    """What really runs: stopped by the status, switched off in its section, or running."""
    stopped = stopped_services(tenant.status, tenant.blocked_services)
    return {service: _service_state(tenant, service, stopped) for service in Service}


def _service_state(tenant: Tenant, service: Service, stopped: set[Service]) -> ServiceState:
    if service in stopped:
        return ServiceState.STOPPED
    switch = _SWITCHES.get(service)
    return ServiceState.OFF if switch and not getattr(tenant, switch) else ServiceState.RUNNING
