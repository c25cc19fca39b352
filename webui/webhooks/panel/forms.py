"""The forms of the webhook panel."""

from webui.tenants.core.forms import TenantForm
from webui.web.posted.forms import PostedForm, reason_field, submission_field


class SecretForm(TenantForm):
    """Creates or replaces the signing secret."""

    reason = reason_field()
    submission = submission_field()


class EndForm(TenantForm):
    """Ends the validity of the old secret early."""

    reason = reason_field()


class SendForm(PostedForm):
    """Sends a test event."""

    submission = submission_field()
