"""A beginning that many tests share: made once on a database, then put back row by row."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from sqlalchemy import insert, select

from tests.tampering import without_guards
from webui.core.extensions import db

_Rows = dict[Any, list[dict[str, Any]]]
_kept: dict[tuple[str, Callable[[], object]], tuple[_Rows, bytes]] = {}


def begin(make: Callable[[], object], checkpoints: Path) -> None:
    """What ``make`` does to a database without rows and to the checkpoint file.

    It is kept by database, whose application has the same keys for all tests.
    """
    key = (str(db.engine.url), make)
    if key not in _kept:
        make()
        _kept[key] = _rows(), checkpoints.read_bytes()
        return
    rows, lines = _kept[key]
    with without_guards() as connection:
        for table, content in rows.items():
            connection.execute(insert(table), content)
    checkpoints.write_bytes(lines)


def _rows() -> _Rows:
    db.session.rollback()
    tables = db.metadata.sorted_tables
    found = {table: db.session.execute(select(table)).mappings().all() for table in tables}
    db.session.rollback()
    return {table: [dict(row) for row in rows] for table, rows in found.items() if rows}
