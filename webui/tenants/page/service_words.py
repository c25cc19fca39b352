"""Which services are stopped or run, as text for the list, the cards and the banner."""

from collections.abc import Collection
from typing import Any

from webui.core.limits import SERVICE_LABELS, STATUS_LABELS, Service, Status
from webui.models.tenant.services import SWITCHES, stopped_services

ALL = "all services"
# Short names of the list's column; the services among them can be stopped.
_SWITCHES = {
    "SIP": "sip_enabled",
    "Recording": "recording_enabled",
    "Analytics": "analytics_enabled",
    "HIPAA": "hipaa_enabled",
    "PCI": "pci_enabled",
}
_SERVICES = {field: service for service, field in SWITCHES.items()}


def service_word(service: str) -> str:
    """Returns a service's label as used in the middle of a sentence."""
    label = SERVICE_LABELS[Service(service)]
    return label if label.isupper() else label.lower()


def services_in_words(services: Collection[str]) -> str:
    """Returns "calls, SIP", or "all services"; empty for none."""
    if not services:
        return ""
    if len(set(services)) == len(Service):
        return ALL
    return ", ".join(service_word(service) for service in sorted(services))


def stopped_words(row: Any) -> str:
    """Returns what the status of a tenant or a row of the list stops; empty for nothing."""
    return services_in_words(_stopped(row))


def switched_on(row: Any) -> str:
    """Returns what is switched on and not stopped, for a row of the list: "SIP · HIPAA"."""
    stopped = _stopped(row)
    on = [
        name
        for name, field in _SWITCHES.items()
        if getattr(row, field) and _SERVICES.get(field) not in stopped
    ]
    return " · ".join(on)


def stop_of(tenant: Any, field: str) -> str:
    """Returns why a service that is switched on does not run: "stopped now (suspended)".

    SIP calling needs calls too. Empty when it runs or is off.
    """
    service, stopped = _SERVICES.get(field), _stopped(tenant)
    if service is None or not getattr(tenant, field):
        return ""
    why = f"now ({STATUS_LABELS[Status(tenant.status)].lower()})"
    if service in stopped:
        return f"stopped {why}"
    return f"calls stopped {why}" if service is Service.SIP and Service.CALLS in stopped else ""


def _stopped(row: Any) -> Collection[str]:
    # Most rows of a list are active: nothing is stopped.
    return () if row.status == Status.ACTIVE else stopped_services(row.status, row.blocked_services)
