"""Compliance findings: what is met, what is missing, what a person must check.

The word "compliant" is never used: each finding names the paragraph of the rule and a state.
"""

from dataclasses import dataclass
from enum import StrEnum

from webui.models import Tenant


class State(StrEnum):
    """The result of checking one requirement."""

    MET = "met"
    NOT_MET = "not met"
    CHECK_MANUALLY = "check manually"
    NOT_APPLICABLE = "not applicable"


@dataclass(frozen=True)
class Finding:
    """One requirement: its state, a sentence, and the paragraph of the standard."""

    state: State
    words: str
    source: str


@dataclass(frozen=True)
class Standard:
    """A standard with its findings; ``on`` is the tenant's switch for it.

    ``anchor`` is the id of its place on the page.
    """

    name: str
    anchor: str
    on: bool
    findings: list[Finding]

    @property
    def summary(self) -> str:
        """Text for the card's head, for example "off · 1 not met, 2 to check"."""
        counts = [
            f"{count} {words}"
            for state, words in (
                (State.NOT_MET, "not met"),
                (State.CHECK_MANUALLY, "to check"),
            )
            if (count := sum(finding.state is state for finding in self.findings))
        ]
        return " · ".join(["on" if self.on else "off", ", ".join(counts) or "nothing missing"])


def standards(tenant: Tenant) -> list[Standard]:
    """Returns the findings of DESIGN 4 for a tenant."""
    return [
        Standard("HIPAA", "standard-hipaa", tenant.hipaa_enabled, _hipaa(tenant)),
        Standard("PCI DSS 4.0.1", "standard-pci", tenant.pci_enabled, _pci(tenant)),
    ]


def _hipaa(tenant: Tenant) -> list[Finding]:
    return [
        _encryption(tenant, "164.312(a)(2)(iv)"),
        _transmission(tenant, "164.312(e)(1)"),
        Finding(State.MET, "Every change is in the history below", "164.312(b)"),
        Finding(State.CHECK_MANUALLY, "Business associate agreement signed?", "164.504(e)"),
        _kept(tenant, "Does the customer's policy say so?", "164.316(b)(2)(i)"),
    ]


def _pci(tenant: Tenant) -> list[Finding]:
    recording = tenant.recording_enabled
    codes = Finding(
        State.CHECK_MANUALLY if recording else State.MET,
        "Are recordings paused while cards are read?"
        if recording
        else "No recordings, so no card verification codes in them",
        "3.3.1",
    )
    return [
        codes,
        _encryption(tenant, "3.5.1"),
        _kept(tenant, "Is that as short as possible?", "3.2.1"),
        _transmission(tenant, "4.2.1"),
        Finding(State.CHECK_MANUALLY, "Does the trunk use SIP over TLS?", "4.2.1")
        if tenant.sip_enabled
        else Finding(State.NOT_APPLICABLE, "SIP calling is off", "4.2.1"),
    ]


def _encryption(tenant: Tenant, source: str) -> Finding:
    if tenant.data_encryption_enabled:
        return Finding(State.MET, "Stored data is encrypted", source)
    return Finding(State.NOT_MET, "Stored data is not encrypted", source)


def _transmission(tenant: Tenant, source: str) -> Finding:
    # The field accepts only https URLs, so a stored webhook always uses https.
    words = "Webhook over https" if tenant.is_set("webhook_url") else "No webhook, nothing is sent"
    return Finding(State.MET, words, source)


def _kept(tenant: Tenant, question: str, source: str) -> Finding:
    if not tenant.recording_enabled:
        return Finding(State.NOT_APPLICABLE, "Nothing is recorded", source)
    return Finding(
        State.CHECK_MANUALLY,
        f"Recordings are kept {tenant.retention_days:,} days. {question}",
        source,
    )
