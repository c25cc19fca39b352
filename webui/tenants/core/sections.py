"""The sections of a tenant in page order, each declared once."""

from dataclasses import dataclass

from webui.core.catalogue import FIELDS, TENANT_STATUS_CHANGED
from webui.history.record.actions import Action, section_action
from webui.tenants.core import forms


@dataclass(frozen=True)
class Section:
    """A card of the tenant page: its name, title and form.

    ``more`` is a template fragment at the end of the list of values; ``panel`` is one below the
    values that shows the section's activity.
    """

    name: str
    title: str
    form: type[forms.TenantForm]
    more: str | None = None
    panel: str | None = None

    def __str__(self) -> str:
        """The section's name in a URL."""
        return self.name

    @property
    def fields(self) -> list[str]:
        """The tenant fields that the section edits, in the catalogue's order."""
        return self.form.tenant_fields()

    @property
    def action(self) -> Action:
        """The history action that an edit records."""
        return section_action(self.name)

    @property
    def anchor(self) -> str:
        """The HTML id of the card."""
        return f"section-{self.name}"


SECTIONS = {
    section.name: section
    for section in (
        Section("organisation", "Organisation", forms.OrganisationForm),
        Section("billing", "Billing and limits", forms.BillingForm),
        Section("sip", "SIP", forms.SipForm, "tenants/_sip.html"),
        Section("features", "Recording and analytics", forms.FeaturesForm),
        Section("compliance", "Compliance", forms.ComplianceForm),
        Section(
            "webhook",
            "Webhook",
            forms.WebhookForm,
            "tenants/_webhook.html",
            "webhooks/_panel.html",
        ),
    )
}
STATUS_FIELDS = [name for name, field in FIELDS.items() if field.use.event == TENANT_STATUS_CHANGED]
