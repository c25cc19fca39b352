"""The forms of the sections, of the status and of a new tenant.

Limits, labels and help come from :mod:`webui.core.limits`; what is here is which fields stand
together, and who gets which.
"""

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
from webui.web.posted.forms import (
    BaseForm,
    ChoiceField,
    SwitchField,
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


def shown(value: Any) -> Any:
    """A stored value as a form shows it for editing."""
    if value is None or value is UNREADABLE:
        return ""
    if isinstance(value, dict):
        return pretty_json(value) if value else ""
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def stored_values(tenant: Tenant, names: list[str]) -> dict[str, Any]:
    """The tenant's values for a form; secrets are never among them."""
    open_names = [name for name in names if not isinstance(FIELDS[name], Secret)]
    return {name: shown(tenant.readable(name)) for name in open_names}


class TenantForm(BaseForm):
    """A form about one tenant. Fields that the role may not have are not in it."""

    section: ClassVar[str | None] = None

    def __init__(self, tenant: Tenant | None = None, **options: Any) -> None:
        data = stored_values(tenant, self.tenant_fields()) if tenant else {}
        super().__init__(data=data, **options)
        self.tenant = tenant
        for field in self:
            if tenant and isinstance(field, ChoiceField):
                field.stored = getattr(tenant, field.name)
        for name in [field.name for field in self if not _may_fill_in(field.name)]:
            del self[name]

    def __init_subclass__(cls) -> None:
        """A section's form has the fields that the catalogue gives to the section, and a reason."""
        if cls.section:
            for field in fields_of(cls.section):
                setattr(cls, field.name, tenant_field(field.name))
            cls.reason = reason_field()

    @classmethod
    def tenant_fields(cls) -> list[str]:
        """The tenant fields of the form, in the catalogue's order."""
        return [name for name in FIELDS if hasattr(cls, name)]

    @property
    def reason_given(self) -> str | None:
        """The reason as validated; None for who gives none."""
        return self["reason"].value if "reason" in self else None

    def unreadable(self, name: str) -> bool:
        """Whether the stored value of a field cannot be decrypted now."""
        return self.tenant is not None and self.tenant.readable(name) is UNREADABLE


class OrganisationForm(TenantForm):
    """Who the customer is."""

    section = "organisation"


class BillingForm(TenantForm):
    """Plan and limits. ``ceilings_seen`` names the plan whose ceilings were pointed out."""

    section = "billing"

    ceilings_seen = HiddenField()


class SipForm(TenantForm):
    """SIP credentials: a blank password keeps the stored one, the box removes it."""

    section = "sip"

    remove_sip_password = SwitchField("Remove the stored password")

    def validate_remove_sip_password(self, field: SwitchField) -> None:
        """Typing a password and removing it contradict each other."""
        if field.data and self["sip_password"].data:
            raise ValidationError("Either type a new password or remove the stored one.")

    @property
    def values(self) -> dict[str, Any]:
        """The values; without the password when it stays."""
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
    """HIPAA, PCI DSS and the encryption both need."""

    section = "compliance"


class WebhookForm(TenantForm):
    """Where events are delivered."""

    section = "webhook"


class StatusForm(TenantForm):
    """The status of a tenant, and which services a suspension stops."""

    status = RadioField("Status", choices=[SelectChoice(s.value, STATUS_LABELS[s]) for s in Status])
    blocked_services = SelectMultipleField(
        "Services to stop", choices=[SelectChoice(s.value, SERVICE_LABELS[s]) for s in Service]
    )
    reason = reason_field()

    def validate_status(self, field: RadioField) -> None:
        """WTForms judges the choice; this words the refusal."""
        if field.data not in list(Status):
            field.errors = []
            raise ValidationError("Choose one of the four statuses.")

    def validate_blocked_services(self, field: SelectMultipleField) -> None:
        """Services go with a suspension, and with nothing else."""
        if field.errors:
            # WTForms has judged the names; this words the refusal.
            field.errors = []
            raise ValidationError("Choose from the services in the list.")
        chosen, status = field.data or [], self.status.data
        if status == Status.SUSPENDED and not chosen:
            raise ValidationError("Choose at least one service to stop.")
        # What is stored stands ticked, out of sight, when somebody reactivates a tenant.
        stored = self.tenant.blocked_services if self.tenant else []
        if status == Status.ACTIVE and set(chosen) - set(stored):
            raise ValidationError("To stop services, choose Suspended. Active runs all of them.")

    @property
    def values(self) -> dict[str, Any]:
        """Status and the sorted services; closed and blocked tenants stop all anyway."""
        suspended = self.status.data == Status.SUSPENDED
        services = sorted(set(cast(list[str], self.blocked_services.data))) if suspended else []
        return {"status": self.status.data, "blocked_services": services}


class NewTenantForm(TenantForm):
    """A tenant made by staff: name and plan are enough."""

    name = tenant_field("name")
    billing_plan = tenant_field("billing_plan")
    reason = reason_field()
    submission = submission_field()

    def __init__(self, **options: Any) -> None:
        super().__init__(None, **options)
        if self.billing_plan.data is None:
            self.billing_plan.data = FIELDS["billing_plan"].use.default
