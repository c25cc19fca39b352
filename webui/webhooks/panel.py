"""What the tenant page shows of webhooks besides the section's own fields."""

from dataclasses import dataclass
from datetime import datetime

from webui.models import Tenant
from webui.webhooks import secret


@dataclass(frozen=True)
class Panel:
    """The state of the secret."""

    old_secret_until: datetime | None


def build(tenant: Tenant) -> Panel:
    """The panel of a tenant, for the person of the request."""
    return Panel(secret.old_until(tenant))
