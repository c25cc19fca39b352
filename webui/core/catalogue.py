"""The fields of a tenant, each declared once: limits, label, section, audience and use.

Forms, HTML attributes, CHECK constraints, the wizard, webhook events, history sentences, the
list's filters and the API read them here. A field is a frozen record of one of the kinds in
:mod:`webui.core.field_types`; a field with an incomplete declaration stops the start.
"""

from functools import partial

from webui.core.field_types import (
    REQUIRED,
    Audience,
    Choice,
    Field,
    Metadata,
    Sealed,
    Secret,
    Services,
    Switch,
    Text,
    Use,
    Whole,
    catalogue,
)
from webui.core.limits import PLANS, RECORDING_FORMATS, STATUS_LABELS, Service, Status


def _choices(labels: dict) -> tuple[tuple[str, str], ...]:
    return tuple((str(value), label) for value, label in labels.items())


TENANT_UPDATED, TENANT_STATUS_CHANGED = "tenant.updated", "tenant.status_changed"
"""The webhook events that report changed fields to the customer."""

# Most fields: the owner sees and changes them, and a change sends a webhook event.
_shared = partial(Use, audience=Audience.OWNER, event=TENANT_UPDATED)
_of_status = partial(
    Use, section=None, audience=Audience.OWNER, event=TENANT_STATUS_CHANGED, noun="the status"
)

FIELDS: dict[str, Field] = catalogue(
    (
        Text(
            "name",
            "Name",
            "As the organisation itself writes it.",
            minimum=1,
            maximum=255,
            declared=_shared(section="organisation", default=REQUIRED, noun="", width="full"),
        ),
        Metadata(
            "meta_data",
            "Metadata",
            "A JSON object for staff: CRM ids, notes.",
            declared=Use(
                section="organisation",
                audience=Audience.STAFF,
                event=None,
                default={},
                noun="metadata",
                width="full",
            ),
        ),
        Choice(
            "status",
            "Status",
            choices=_choices(STATUS_LABELS),
            declared=_of_status(default=Status.ACTIVE.value, parameter="status"),
        ),
        Services(
            "blocked_services",
            "Stopped services",
            names=tuple(s.value for s in Service),
            declared=_of_status(default=[]),
        ),
        Choice(
            "billing_plan",
            "Billing plan",
            choices=tuple((plan.name, plan.label) for plan in PLANS.values()),
            details=tuple((plan.name, plan.summary) for plan in PLANS.values()),
            open_maximum=100,
            declared=_shared(
                section="billing",
                default="starter",
                noun="the billing plan",
                width="full",
                parameter="plan",
            ),
        ),
        Whole(
            "max_concurrent_calls",
            "Concurrent calls",
            minimum=1,
            maximum=1_000,
            declared=_shared(section="billing", default=10, noun="concurrent calls"),
        ),
        Whole(
            "monthly_call_limit",
            "Monthly call limit",
            "0 means no calls.",
            declared=_shared(section="billing", default=1_000, noun="monthly call limit"),
        ),
        Switch(
            "sip_enabled",
            "SIP calling",
            "Needs a domain, a username and a password.",
            declared=_shared(section="sip", default=False, noun="SIP calling", width="full"),
        ),
        Sealed(
            "sip_domain",
            "Domain",
            "Host name or IPv4 address, with :port if not 5060.",
            declared=_shared(section="sip", default=None, noun="SIP domain"),
        ),
        Sealed(
            "sip_username",
            "Username",
            maximum=100,
            declared=_shared(section="sip", default=None, noun="SIP username"),
        ),
        Secret(
            "sip_password",
            "Password",
            minimum=8,
            maximum=128,
            declared=_shared(section="sip", default=None, noun="SIP password", width="full"),
        ),
        Switch(
            "recording_enabled",
            "Record calls",
            declared=_shared(section="features", default=True, noun="recording", width="full"),
        ),
        Choice(
            "recording_format",
            "Format",
            choices=_choices(RECORDING_FORMATS),
            declared=_shared(section="features", default="mp4", noun="the recording format"),
        ),
        Whole(
            "retention_days",
            "Keep recordings for",
            "Days. Older recordings are deleted.",
            minimum=1,
            maximum=3_650,
            unit="day",
            declared=_shared(section="features", default=90, noun="days that recordings are kept"),
        ),
        Switch(
            "analytics_enabled",
            "Analytics",
            "Call statistics and transcripts.",
            declared=_shared(section="features", default=True, noun="analytics", width="full"),
        ),
        Switch(
            "hipaa_enabled",
            "HIPAA",
            "Health records are handled. Needs encryption.",
            declared=_shared(section="compliance", default=False, noun="HIPAA", width="third"),
        ),
        Switch(
            "pci_enabled",
            "PCI DSS",
            "Card payments are taken. Needs encryption.",
            declared=_shared(section="compliance", default=False, noun="PCI DSS", width="third"),
        ),
        Switch(
            "data_encryption_enabled",
            "Encrypt stored data",
            "Cannot be off while HIPAA or PCI DSS is on.",
            declared=_shared(
                section="compliance",
                default=True,
                noun="encryption of stored data",
                width="third",
            ),
        ),
        Sealed(
            "webhook_url",
            "URL",
            "https, port 443 or 8443, a public host name.",
            maximum=2_048,
            declared=_shared(
                section="webhook", default=None, noun="webhook URL", width="two-thirds"
            ),
        ),
        Whole(
            "webhook_timeout_seconds",
            "Timeout",
            "Seconds for one delivery.",
            minimum=1,
            maximum=60,
            unit="second",
            declared=_shared(
                section="webhook", default=20, noun="the webhook timeout", width="third"
            ),
        ),
        # No event: the customer's receiver gets a new secret from its owner, not from the console.
        Secret(
            "webhook_secret",
            "Signing secret",
            declared=Use(
                section=None,
                audience=Audience.OWNER,
                event=None,
                default=None,
                noun="webhook secret",
            ),
        ),
    )
)


def fields_of(section: str | None) -> list[Field]:
    """Returns the fields of a section, in catalogue order; for None, those without a section."""
    return [field for field in FIELDS.values() if field.use.section == section]


def filterable() -> dict[str, Choice]:
    """Returns query parameter of the list -> the field that it filters by."""
    return {
        field.use.parameter: choice(name) for name, field in FIELDS.items() if field.use.parameter
    }


def whole(name: str) -> Whole:
    """Returns the field as a Whole. Raises TypeError when it is of another kind."""
    field = FIELDS[name]
    if not isinstance(field, Whole):
        raise TypeError(f"{name} is not a whole number")
    return field


def choice(name: str) -> Choice:
    """Returns the field as a Choice. Raises TypeError when it is of another kind."""
    field = FIELDS[name]
    if not isinstance(field, Choice):
        raise TypeError(f"{name} is not a choice")
    return field
