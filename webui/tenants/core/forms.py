"""The forms of the sections, of the status and of a new tenant.

Limits, labels and help come from :mod:`webui.core.limits`; this module groups the fields into forms
and removes those that the role may not edit.
"""

from functools import cached_property
from typing import Any, ClassVar, cast

from wtforms import HiddenField, RadioField, SelectMultipleField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]
from wtforms.validators import ValidationError

from webui.core.catalogue import FIELDS, fields_of
from webui.core.field_types import Secret
from webui.core.limits import REASON, SERVICE_LABELS, STATUS_LABELS, Service, Status
from webui.core.permissions import Permission, may
from webui.models import Tenant
from webui.models.tenant.tenant import UNREADABLE
from webui.usage import thresholds
from webui.web.posted.forms import (
    BaseForm,
    BoxField,
    ParsedField,
    reason_field,
    submission_field,
    tenant_field,
)
from webui.web.template_filters import pretty_json


def _may_fill_in(name: str) -> bool:
    """Whether the person may change a field of a form that is open to them."""
    if name == REASON.name:
        return may(Permission.GIVE_REASON)
    field = FIELDS.get(name)
    return field is None or field.use.is_for(may(Permission.EDIT_STAFF_FIELDS))


def form_value(value: Any) -> Any:
    """Convert a stored value to what a form shows for editing."""
    if value is None or value is UNREADABLE:
        return ""
    if isinstance(value, dict):
        return pretty_json(value) if value else ""
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def stored_values(tenant: Tenant, names: list[str]) -> dict[str, Any]:
    """Returns the tenant's values for a form, without secrets."""
    open_names = [name for name in names if not isinstance(FIELDS[name], Secret)]
    return {name: form_value(tenant.readable(name)) for name in open_names}


class TenantForm(BaseForm):
    """A form about one tenant, without the fields that the role may not edit."""

    section: ClassVar[str | None] = None

    def __init__(self, tenant: Tenant | None = None, **options: Any) -> None:
        data = stored_values(tenant, self.tenant_fields()) if tenant else {}
        super().__init__(data=data, **options)
        self.tenant = tenant
        for name, shown in data.items():
            if tenant and shown and isinstance(self[name], ParsedField):
                self[name].stored = (shown, tenant.readable(name))
        for name in [field.name for field in self if not _may_fill_in(field.name)]:
            del self[name]

    def __init_subclass__(cls) -> None:
        """Adds the section's fields from the catalogue, and a reason."""
        if cls.section:
            for field in fields_of(cls.section):
                setattr(cls, field.name, tenant_field(field.name))
            cls.reason = reason_field()

    @classmethod
    def tenant_fields(cls) -> list[str]:
        """The names of the form's tenant fields, in the catalogue's order."""
        return [name for name in FIELDS if hasattr(cls, name)]

    @property
    def reason_given(self) -> str | None:
        """The validated reason; None when it is empty or the role gives no reason."""
        return self["reason"].value if "reason" in self else None

    @cached_property
    def calls_used(self) -> int:
        """The tenant's calls in the current month so far."""
        return (thresholds.calls_this_month(self.tenant.id) or 0) if self.tenant else 0

    def unreadable(self, name: str) -> bool:
        """Whether the stored value of a field cannot be decrypted now."""
        return self.tenant is not None and self.tenant.readable(name) is UNREADABLE


class OrganisationForm(TenantForm):
    """The name of the customer and other facts about the organisation."""

    section = "organisation"


class BillingForm(TenantForm):
    """Plan and limits. ``ceilings_seen`` is the plan whose lower ceilings were already shown."""

    section = "billing"

    ceilings_seen = HiddenField()


class SipForm(TenantForm):
    """SIP credentials: a blank password keeps the stored one, a checkbox removes it."""

    section = "sip"

    remove_sip_password = BoxField("Remove the stored password")

    def validate_remove_sip_password(self, field: BoxField) -> None:
        """Refuses a new password together with the removal of the stored one."""
        if field.data and self["sip_password"].data:
            raise ValidationError("Either type a new password or remove the stored one.")

    @property
    def values(self) -> dict[str, Any]:
        """The values, without the password when the stored one is kept."""
        values = super().values
        if self.remove_sip_password.data:
            values["sip_password"] = None
        elif values["sip_password"] is None:
            del values["sip_password"]
        return values


class FeaturesForm(TenantForm):
    """Recording and analytics."""

    section = "features"


class ComplianceForm(TenantForm):
    """The switches for HIPAA, PCI DSS and the encryption that both require."""

    section = "compliance"


class WebhookForm(TenantForm):
    """The address that events are delivered to."""

    section = "webhook"


class StatusForm(TenantForm):
    """The status of a tenant, and the services that a suspension stops."""

    status = RadioField("Status", choices=[SelectChoice(s.value, STATUS_LABELS[s]) for s in Status])
    blocked_services = SelectMultipleField(
        "Services to stop", choices=[SelectChoice(s.value, SERVICE_LABELS[s]) for s in Service]
    )
    reason = reason_field()

    def validate_status(self, field: RadioField) -> None:
        """Replaces the error message of WTForms with our own."""
        if field.data not in list(Status):
            field.errors = []
            raise ValidationError("Choose one of the four statuses.")

    def validate_blocked_services(self, field: SelectMultipleField) -> None:
        """Requires services for a suspension and refuses new ones for the active status."""
        if field.errors:
            # WTForms has checked the names; replace its message with our own.
            field.errors = []
            raise ValidationError("Choose from the services in the list.")
        chosen, status = field.data or [], self.status.data
        if status == Status.SUSPENDED and not chosen:
            raise ValidationError("Choose at least one service to stop.")
        # The stored services are still ticked in hidden checkboxes when a tenant is reactivated.
        stored = self.tenant.blocked_services if self.tenant else []
        if status == Status.ACTIVE and set(chosen) - set(stored):
            raise ValidationError("To stop services, choose Suspended. Active runs all of them.")

    @property
    def values(self) -> dict[str, Any]:
        """Status and sorted services; no services unless suspended: the others imply them."""
        suspended = self.status.data == Status.SUSPENDED
        services = sorted(set(cast(list[str], self.blocked_services.data))) if suspended else []
        return {"status": self.status.data, "blocked_services": services}


class NewTenantForm(TenantForm):
    """A new tenant created by staff: only name and plan are required."""

    name = tenant_field("name")
    billing_plan = tenant_field("billing_plan")
    reason = reason_field()
    submission = submission_field()

    def __init__(self, **options: Any) -> None:
        super().__init__(None, **options)
        if self.billing_plan.data is None:
            self.billing_plan.data = FIELDS["billing_plan"].use.default
