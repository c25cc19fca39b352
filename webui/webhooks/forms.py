"""The forms of the webhook panel."""

from webui.forms import PostedForm, reason_field, submission_field
from webui.tenants.forms import TenantForm


class SecretForm(TenantForm):
    """Makes or replaces the signing secret."""

    reason = reason_field()
    submission = submission_field()


class EndForm(TenantForm):
    """Ends the old secret before its time."""

    reason = reason_field()


class SendForm(PostedForm):
    """Sends a test event."""

    submission = submission_field()
