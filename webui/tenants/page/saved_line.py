"""The line that says what was just saved, with the way back: "Saved: … 1,200 → 60,000 · Undo".

After a redirect the entry's id comes with the person's cookie; the values never do.
"""

from dataclasses import dataclass
from uuid import UUID

from flask import flash, get_flashed_messages
from flask_login import current_user

from webui.history.narrative.fragments import Sentence, joined
from webui.history.narrative.short_clauses import short_clauses
from webui.history.query import history
from webui.history.query.entry_protocol import Entry
from webui.history.query.readers import readers
from webui.history.record import bodies
from webui.models import Tenant
from webui.tenants.core.sections import SECTIONS
from webui.tenants.page.overview import Overview

CATEGORY = "saved"
"""The category of the flashed message that is an entry's id."""
_FEW = 3


@dataclass(frozen=True)
class SavedLine:
    """What one entry changed. ``section`` is None for the status; ``more`` counts unnamed changes.

    ``undo_url`` is None for who cannot undo it.
    """

    verb: str
    section: str | None
    parts: Sentence
    more: int
    undo_url: str | None

    @property
    def words(self) -> str:
        """The line as plain text, for a screen reader."""
        said = "".join(part.text for part in self.parts).replace(" → ", " to ")
        return f"{self.verb}: {said}{f' and {self.more} more' if self.more else ''}"


def keep_for_next_page(entry: UUID) -> None:
    """Lets the next page of the tenant say what the entry changed."""
    flash(str(entry), CATEGORY)


def kept_line(page: Overview) -> SavedLine | None:
    """Returns the line kept for this page, or None."""
    kept = get_flashed_messages(category_filter=[CATEGORY])
    return line_of(page, UUID(str(kept[-1]))) if kept else None


def line_of(page: Overview, entry_id: UUID) -> SavedLine | None:
    """Returns the line of an entry of the page's tenant; None when there is nothing to name."""
    entry = page.entry(entry_id)
    return _line(entry) if entry else None


def own_entry(tenant: Tenant, action: str) -> UUID | None:
    """Returns the entry of the tenant's version when this person saved this very form by it.

    So a second click says what the first one saved.
    """
    entry = history.at_version(tenant.id, tenant.version)
    if entry is None or entry.actor_name != current_user.username:
        return None
    return entry.id if bodies.read_body(entry.body)["action"] == action else None


def _line(entry: Entry) -> SavedLine | None:
    body, [reader] = bodies.read_body(entry.body), readers([entry])
    clauses = short_clauses(body, reader)
    if not clauses:
        return None
    return SavedLine(
        verb="Undone" if "reverts" in body["changes"] else "Saved",
        section=_section_of(body["action"]),
        parts=joined(clauses[:_FEW], ", "),
        more=len(clauses[_FEW:]),
        undo_url=history.undo_links()(entry.id, body),
    )


def _section_of(action: str) -> str | None:
    found = (name for name, section in SECTIONS.items() if section.action == action)
    return next(found, None)
