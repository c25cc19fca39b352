"""The messages about rows that differ from their entries: table, row, column and entry."""

from webui.history.checkpoints.problems import Problem


def contradicted(table: str, row: str, column: str, seq: int | None, entry: str | None) -> Problem:
    """A column that differs from the newest entry about it; ``seq`` is None or 0 for no entry."""
    says = f"is not what entry {seq:,} ({entry}) says" if seq else "is said by no entry"
    return _about(seq, f"{_row(table, row)}: column {column} {says}.")


def skipped(table: str, row: str, entries: int, version: int) -> Problem:
    """A row that does not have one entry for each version."""
    words = f"{entries:,} entries do not lead to version {version:,}, one for each"
    return _about(None, f"{_row(table, row)}: {words}.")


def unopened(row: str, column: str) -> Problem:
    """A sealed value that does not open: changed, or copied from another row or column."""
    words = f"column {column} does not open: it was changed, or is of another row"
    return _about(None, f"{_row('tenants', row)}: {words}.")


def unmade(table: str, row: str) -> Problem:
    """A row without the entry of its creation."""
    return _about(None, f"{_row(table, row)} is there, and no entry says that it was made.")


def missing(table: str, row: str, seq: int, entry: str) -> Problem:
    """A row that is missing, although there are entries about it."""
    return _about(seq, f"{_row(table, row)} is missing: entry {seq:,} ({entry}) is about it.")


def _row(table: str, row: str) -> str:
    return f"In {table}, row {row}"


def _about(seq: int | None, text: str) -> Problem:
    return Problem("row", seq, seq, text)
