"""One curl command for each operation, as the page shows it; a test runs them all."""

import json
from typing import Any

_BODIES: dict[str, Any] = {
    "put": {"max_concurrent_calls": 25, "recording_format": "wav"},
    "post": {"name": "Northwind Traders", "billing_plan": "business"},
    "put_status": {
        "status": "suspended",
        "blocked_services": ["calls"],
        "reason": "Invoice 812 is overdue",
    },
    "put_usage": {"usage_cents": 12950, "calls": 840, "minutes": 2310},
    "post_usage": {
        "rows": [
            {
                "tenant_id": "$TENANT",
                "month": "$MONTH",
                "usage_cents": 12950,
                "calls": 840,
                "minutes": 2310,
            }
        ]
    },
}
_QUERIES = {"tenants": "?limit=10&status_filter=active", "history": "?limit=10"}


def curl_of(name: str, method: str, path: str, site: str, is_public: bool = False) -> str:
    """Returns a command for a shell in which TOKEN, TENANT and MONTH are set."""
    address = path.replace("{tenant_id}", "$TENANT").replace("{month}", "$MONTH")
    lines = [f'curl -sS "{site}{address}{_QUERIES.get(name, "")}"']
    if not is_public:
        lines.append('-H "Authorization: Bearer $TOKEN"')
    if name in _BODIES:
        lines[0] += f" -X {method.upper()}"
        lines.append('-H "Content-Type: application/json"')
        lines.append(f'-d "{_quoted(_BODIES[name])}"')
    return " \\\n  ".join(lines)


def _quoted(body: Any) -> str:
    """Returns a JSON body inside double quotes, in which the shell fills in the variables."""
    return json.dumps(body).replace('"', '\\"')
