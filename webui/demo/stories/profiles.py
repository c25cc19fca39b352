"""Realistic values for each section of a tenant."""

import base64
import secrets
from random import Random
from typing import Any

from webui.core.field_types import MAX_SAFE_INTEGER
from webui.core.limits import PLANS, RECORDING_FORMATS

Values = dict[str, Any]

_PLAN_WEIGHTS = {"starter": 60, "business": 30, "enterprise": 10}
_CONCURRENT = {
    "starter": (2, 3, 5, 10, 10),
    "business": (15, 20, 30, 50, 80, 100),
    "enterprise": (100, 150, 250, 500, 1_000),
}
_CALLS = {
    "starter": (250, 500, 750, 1_000, 1_000),
    "business": (2_500, 5_000, 10_000, 25_000, 40_000, 50_000),
    "enterprise": (80_000, 150_000, 300_000, 1_000_000, MAX_SAFE_INTEGER),
}
_RETENTION = (14, 30, 30, 60, 90, 180, 365, 730, 2_190, 3_650)
_PATHS = ("/calls", "/hooks/telephony", "/v2/events?source=voice", "/api/inbound/calls")
_SEGMENTS = ("small", "mid-market", "key account", "public sector", "non-profit")
_NOTES = (
    "Prefers e-mail to phone",
    "Renewal in spring, start talks early",
    "Runs a call centre in the season only",
    "Asks for the invoice on paper",
    "Große Telefonanlage, wird 2027 abgelöst",
    "担当者は日本語のみ",
)
_MANAGERS = ("sam.ortiz", "ines.weber", "ruth.levy")


def believable_plan(rng: Random) -> str:
    """Returns a random plan; most tenants are on the smallest."""
    return rng.choices(list(_PLAN_WEIGHTS), list(_PLAN_WEIGHTS.values()))[0]


def cheaper_plan(name: str) -> str:
    """Returns the next lower plan; the smallest stays."""
    names = list(PLANS)
    return names[max(0, names.index(name) - 1)]


def billing(rng: Random, plan_name: str) -> Values:
    """Limits that fit the plan."""
    return {
        "billing_plan": plan_name,
        "max_concurrent_calls": rng.choice(_CONCURRENT[plan_name]),
        "monthly_call_limit": rng.choice(_CALLS[plan_name]),
    }


def sip(rng: Random, domain: str) -> Values:
    """SIP switched on; the password is random in every run."""
    host = rng.choice(("sip", "pbx", "voice", "trunk"))
    port = rng.choice(("", "", ":5061", ":5080"))
    label = domain.partition(".")[0].split("-")[0][:12]
    return {
        "sip_enabled": True,
        "sip_domain": f"{host}.{domain}{port}",
        "sip_username": f"{label}-{rng.choice(('trunk', 'line'))}{rng.randrange(1, 100)}",
        "sip_password": secret(),
    }


def secret() -> str:
    """Returns a password that does not depend on the seed."""
    return secrets.token_urlsafe(18)


def features(rng: Random) -> Values:
    """Recording, its format and retention, and analytics."""
    return {
        "recording_enabled": rng.random() < 0.75,
        "recording_format": rng.choice(tuple(RECORDING_FORMATS)),
        "retention_days": rng.choice(_RETENTION),
        "analytics_enabled": rng.random() < 0.8,
    }


def compliance(rng: Random, plan_name: str) -> Values:
    """HIPAA and PCI on the plan that offers them; a few tenants store without encryption."""
    likely = 0.45 if PLANS[plan_name].allows_compliance else 0
    hipaa, pci = rng.random() < likely, rng.random() < likely * 0.7
    return {
        "hipaa_enabled": hipaa,
        "pci_enabled": pci,
        "data_encryption_enabled": hipaa or pci or rng.random() < 0.97,
    }


def webhook(rng: Random, domain: str) -> Values:
    """A webhook with a generated secret."""
    host = rng.choice(("hooks", "api", "integrations", "crm"))
    port = rng.choice(("", "", "", ":8443"))
    return {
        "webhook_url": f"https://{host}.{domain}{port}{rng.choice(_PATHS)}",
        "webhook_timeout_seconds": rng.choice((5, 10, 20, 20, 30, 60)),
        "webhook_secret": webhook_secret(),
    }


def webhook_secret() -> str:
    """Returns a signing secret in the product's format (DESIGN 2.1)."""
    return "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()


def metadata(rng: Random) -> dict[str, Any]:
    """The metadata that staff keep about a customer."""
    result: dict[str, Any] = {
        "crm": f"HS-{rng.randrange(10_000, 99_999)}",
        "segment": rng.choice(_SEGMENTS),
    }
    if rng.random() < 0.4:
        result["notes"] = {"text": rng.choice(_NOTES), "by": rng.choice(_MANAGERS)}
    if rng.random() < 0.2:
        result["seats"] = rng.randrange(3, 400)
    return result
