"""Keyset pagination: pages do not shift when rows are added; no OFFSET and no COUNT.

A cursor contains a row's position in an order, which could reveal facts about other customers:
entry numbers count everyone's entries. So cursors are encrypted under the key ring.
"""

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Generic, TypeVar

from flask_login import current_user
from sqlalchemy import Select, bindparam, tuple_

from webui.core.extensions import db, keyring
from webui.crypto import fields
from webui.crypto.keyring import SecretError

PAGE_SIZE = 50
"""Rows per page of a list."""
NO_SUCH_PAGE = "That page of the list does not exist. Start at the first one."
Row = TypeVar("Row")
# The table name in the encryption context, and the prefix that all encrypted texts share.
_CURSORS = "cursors"
_SEALED = f"{fields.FORMAT}."


class BadCursor(ValueError):
    """A cursor that is not valid here."""


@dataclass(frozen=True)
class Page(Generic[Row]):
    """Rows in order; ``after`` and ``before`` are cursors of the next pages, None at an end."""

    rows: list[Row]
    after: str | None
    before: str | None


@dataclass(frozen=True)
class Keyset:
    """A total order: columns, of which the last is unique."""

    name: str
    columns: tuple[Any, ...]
    descending: bool = False

    def encode(self, values: Sequence[Any]) -> str:
        """Returns an encrypted cursor for a row; its length does not reveal the values."""
        text = json.dumps(list(map(str, values)), ensure_ascii=False)
        sealed = fields.seal(keyring(), text, _CURSORS, self.name, _reader())
        return sealed.removeprefix(_SEALED)

    def decode(self, cursor: str) -> list[Any]:
        """Decrypts a cursor and returns its values.

        Raises BadCursor, also for a cursor of another order or another tenant's owner, and for one
        under a retired key.
        """
        try:
            text = fields.unseal(keyring(), _SEALED + cursor, _CURSORS, self.name, _reader())
            values = json.loads(text)
            return [_typed(c, value) for c, value in zip(self.columns, values, strict=True)]
        except (SecretError, ValueError, TypeError, OverflowError):
            raise BadCursor("not a cursor") from None

    def page(
        self, query: Select[Any], size: int, after: str | None, before: str | None
    ) -> Page[Any]:
        """Returns one page of the query's rows; the key columns are added as the last ones.

        ``before`` has priority over ``after``. Raises BadCursor.
        """
        backwards = before is not None
        query = query.add_columns(*self.columns)
        if before is not None or after is not None:
            query = query.where(self.beyond(backwards))
        query = query.order_by(*self.order(self.columns, backwards)).limit(size + 1)
        rows = list(db.session.execute(query, self.parameters(after, before)).all())
        width = len(self.columns)
        return self.page_of(rows, size, after, before, key=lambda row: row[-width:])

    def order(self, columns: Sequence[Any], backwards: bool) -> list[Any]:
        """Returns the ORDER BY expressions for ``columns``, which replace the order's own."""
        falling = self.descending != backwards
        return [c.desc() if falling else c.asc() for c in columns]

    def beyond(self, backwards: bool) -> Any:
        """Returns the condition for rows after (or before) the cursor; see :meth:`parameters`."""
        here = tuple_(*self.columns)
        there = tuple_(*(bindparam(f"key_{n}", type_=c.type) for n, c in enumerate(self.columns)))
        return here < there if self.descending != backwards else here > there

    def parameters(self, after: str | None, before: str | None) -> dict[str, Any]:
        """Returns the bound values of :meth:`beyond`; empty without a cursor.

        Raises BadCursor.
        """
        cursor = after if before is None else before
        values = [] if cursor is None else self.decode(cursor)
        return {f"key_{n}": value for n, value in enumerate(values)}

    def page_of(
        self,
        rows: list[Row],
        size: int,
        after: str | None,
        before: str | None,
        key: Callable[[Row], Sequence[Any]],
    ) -> Page[Row]:
        """Returns the page for ``rows``, which contain up to one row more than ``size``."""
        backwards = before is not None
        more, rows = len(rows) > size, rows[:size]
        if backwards:
            rows.reverse()
        has_after = bool(rows) and (backwards or more)
        has_before = bool(rows) and (more if backwards else after is not None)
        return Page(
            rows,
            self.encode(key(rows[-1])) if has_after else None,
            self.encode(key(rows[0])) if has_before else None,
        )


def _reader() -> str:
    """Returns who may use a cursor: owners of one tenant, or all staff, who share URLs."""
    return str(getattr(current_user, "tenant_id", None) or "staff")


def _typed(column: Any, value: Any) -> Any:
    """Convert a cursor's text to the column's type. Raises ValueError."""
    if not isinstance(value, str):
        raise BadCursor("not a cursor")
    kind = column.type.python_type
    if kind is int and not re.fullmatch(r"[0-9]{1,18}", value):
        raise BadCursor("not a cursor")
    value.encode()  # a lone surrogate raises UnicodeEncodeError, which is a ValueError
    if "\0" in value:
        raise BadCursor("not a cursor")
    if kind is datetime:
        at = datetime.fromisoformat(value)
        if at.tzinfo is None:
            raise BadCursor("not a cursor")
        # Near the ends of the calendar the conversion raises an OverflowError.
        return at.astimezone(UTC)
    return kind(value)
