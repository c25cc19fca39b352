"""What of a tenant really runs (DESIGN 2.1): the one function that says so."""

from enum import StrEnum

from webui.limits import Service, Status
from webui.models.tenant import Tenant


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


def effective_services(tenant: Tenant) -> dict[Service, ServiceState]:
    """What really runs: stopped by the status, switched off in its section, or running."""
    stopped: set[str] = set()
    if tenant.status == Status.SUSPENDED:
        stopped = set(tenant.blocked_services)
    elif tenant.status != Status.ACTIVE:
        stopped = {service.value for service in Service}
    return {service: _service_state(tenant, service, stopped) for service in Service}


def _service_state(tenant: Tenant, service: Service, stopped: set[str]) -> ServiceState:
    if service.value in stopped:
        return ServiceState.STOPPED
    switch = _SWITCHES.get(service)
    return ServiceState.OFF if switch and not getattr(tenant, switch) else ServiceState.RUNNING
