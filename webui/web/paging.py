"""Keyset paging: pages that stay put while rows come and go, without OFFSET or COUNT.

A cursor names a row by its place in an order, and a place may tell of other customers: the
number of an entry counts everybody's. So cursors are sealed under the key ring.
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
"""Rows on a page of a list."""
Row = TypeVar("Row")
# The logical table of the sealed text, and the head that all sealed texts share.
_CURSORS = "cursors"
_SEALED = f"{fields.FORMAT}."


class BadCursor(ValueError):
    """A cursor that this product did not make."""


@dataclass(frozen=True)
class Page(Generic[Row]):
    """Some rows in order; ``after`` and ``before`` lead on, None at an end."""

    rows: list[Row]
    after: str | None
    before: str | None


@dataclass(frozen=True)
class Keyset:
    """An order that no two rows share: columns, the last one unique."""

    name: str
    columns: tuple[Any, ...]
    descending: bool = False

    def encode(self, values: Sequence[Any]) -> str:
        """An opaque cursor for the row with these values, of a length that tells no number."""
        text = json.dumps(list(map(str, values)), ensure_ascii=False)
        sealed = fields.seal(keyring(), text, _CURSORS, self.name, _reader())
        return sealed.removeprefix(_SEALED)

    def decode(self, cursor: str) -> list[Any]:
        """The values of a cursor.

        Raises BadCursor, also for another order's cursor, another tenant's owner's, and one
        under a key that was retired.
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
        """One page of the query's rows; the key columns must be the row's last ones.

        ``before`` wins over ``after``. Raises BadCursor.
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
        """How rows are sorted by these columns, which stand for the order's own."""
        falling = self.descending != backwards
        return [c.desc() if falling else c.asc() for c in columns]

    def beyond(self, backwards: bool) -> Any:
        """What comes after the cursor, or before it. Its values are :meth:`parameters`."""
        here = tuple_(*self.columns)
        there = tuple_(*(bindparam(f"key_{n}", type_=c.type) for n, c in enumerate(self.columns)))
        return here < there if self.descending != backwards else here > there

    def parameters(self, after: str | None, before: str | None) -> dict[str, Any]:
        """The values that :meth:`beyond` compares with; none without a cursor.

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
        """The page that the rows, of which one more was asked for than it holds, are."""
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
    """Whom a cursor is for: the owners of one tenant, or staff, who pass addresses on."""
    return str(getattr(current_user, "tenant_id", None) or "staff")


def _typed(column: Any, value: Any) -> Any:
    """A cursor's text as the column's own type. Raises ValueError."""
    if not isinstance(value, str):
        raise BadCursor("not a cursor")
    kind = column.type.python_type
    if kind is int and not re.fullmatch(r"[0-9]{1,18}", value):
        raise BadCursor("not a cursor")
    value.encode()  # a lone surrogate is a UnicodeEncodeError, which is a ValueError
    if "\0" in value:
        raise BadCursor("not a cursor")
    if kind is datetime:
        at = datetime.fromisoformat(value)
        if at.tzinfo is None:
            raise BadCursor("not a cursor")
        # Near the ends of the calendar a zone leads out of it: an OverflowError.
        return at.astimezone(UTC)
    return kind(value)
