"""Reasons that staff give for changes."""

from random import Random

_FIRST_TICKET, _TICKETS = 40_000, 48_200

_REASONS = {
    "created": (
        "Contract signed, ticket {t}",
        "Migrated from the old platform, batch {t}",
        "Pilot agreed with sales, ticket {t}",
        "Reseller order {t}",
    ),
    "owner": (
        "Account for the contact named in the contract, ticket {t}",
        "Owner asked for a second account, ticket {t}",
        "New office manager, ticket {t}",
    ),
    "name": (
        "Company renamed, extract from the register seen, ticket {t}",
        "Typo in the order form, ticket {t}",
        "Merged with a sister company, ticket {t}",
    ),
    "metadata": (
        "CRM record linked, ticket {t}",
        "Segment corrected after the quarterly review",
        "Notes from the call of today",
        "Account manager changed, ticket {t}",
    ),
    "raise": (
        "Upgrade agreed, ticket {t}",
        "Seasonal peak, ticket {t}",
        "Customer hit the limit at noon and calls were rejected, ticket {t}",
        "Second location opens on Monday, ticket {t}",
        "Agreed with sales until the end of the quarter, above the plan's ceiling, ticket {t}",
    ),
    "lower": (
        "Season is over, ticket {t}",
        "Customer asked for a lower cap after an expensive month, ticket {t}",
        "Back to the contract's limit, ticket {t}",
        "Unusual traffic at night, limited until it is understood, ticket {t}",
    ),
    "plan": (
        "Plan changed with the new contract, ticket {t}",
        "Upgrade agreed on the phone, written order in ticket {t}",
        "Trial of the higher plan is over, ticket {t}",
    ),
    "sip": (
        "New trunk, ticket {t}",
        "Carrier moved to another host, ticket {t}",
        "Registration failed with 403, credentials entered again with the customer, ticket {t}",
    ),
    "sip_password": (
        "Password may have leaked in an e-mail, ticket {t}",
        "Yearly rotation of trunk credentials",
        "Technician left the customer's company, ticket {t}",
        "Registration failed with 401, new password agreed on the phone, ticket {t}",
    ),
    "features": (
        "Checked together with the customer, ticket {t}",
        "As ordered, ticket {t}",
    ),
    "recording_enabled": (
        "Works council's decision on recordings, ticket {t}",
        "Customer asked on the phone, ticket {t}",
    ),
    "recording_format": (
        "Format asked for by the transcription partner, ticket {t}",
        "Old player cannot read the other format, ticket {t}",
    ),
    "retention_days": (
        "Retention as in the signed data processing agreement, ticket {t}",
        "Storage costs, agreed with the customer, ticket {t}",
        "Legal hold, ticket {t}",
    ),
    "analytics_enabled": (
        "Transcripts are ordered from another provider, ticket {t}",
        "Trial of analytics agreed, ticket {t}",
    ),
    "compliance": (
        "Business associate agreement received, ticket {t}",
        "Card payments by phone start next week, ticket {t}",
        "No health records are handled any more, ticket {t}",
        "Auditor's finding, ticket {t}",
    ),
    "webhook": (
        "Customer's new integration, ticket {t}",
        "Endpoint answers slowly, longer timeout agreed, ticket {t}",
        "Secret stood in a screenshot of ticket {t}, rotated",
        "Old endpoint is switched off on Friday, ticket {t}",
    ),
    "suspended": (
        "Payment 30 days overdue, ticket {t}",
        "Payment 60 days overdue, ticket {t}",
        "Card declined three times, ticket {t}",
        "Suspected toll fraud: 900 calls to premium numbers in one night, ticket {t}",
        "Complaints about robocalls, waiting for the customer's answer, ticket {t}",
    ),
    "active": (
        "Paid in full, ticket {t}",
        "Payment plan agreed, ticket {t}",
        "Checked with the customer, traffic is legitimate, ticket {t}",
    ),
    "inactive": (
        "Contract ended, ticket {t}",
        "Practice closed for good, ticket {t}",
        "Moved to another provider, number porting done, ticket {t}",
    ),
    "blocked": (
        "Fraud confirmed by the carrier, ticket {t}",
        "Account taken over, owner locked out until identity is proven, ticket {t}",
        "Order of the regulator, case {t}",
    ),
}
TOPICS = tuple(_REASONS)


def believable_reason(rng: Random, topic: str, share: float) -> str:
    """Returns a reason for a kind of change; ticket numbers grow with the time line."""
    ticket = _FIRST_TICKET + int(share * _TICKETS) + rng.randrange(60)
    return rng.choice(_REASONS[topic]).format(t=ticket)
