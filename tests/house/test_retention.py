"""No command and no migration deletes or rewrites an entry of the history (DESIGN 7)."""

from collections.abc import Iterator

from config import ROOT

HISTORY = ("audit_entries", "audit_checkpoints")
MODELS = ("auditentry", "auditcheckpoint")
COLUMNS = ("body", "hash", "seq", "line")


def faults(text: str) -> Iterator[str]:
    """What a module's text says that deletes or rewrites the history."""
    text = " ".join(text.split()).lower()
    upgrading = text.partition("def downgrade")[0]
    dropped = [f'drop_table("{table}")' for table in HISTORY]
    written = [f"delete from {table}" for table in HISTORY]
    written += [f"update {table} set {column}" for table in HISTORY for column in COLUMNS]
    written += [f"{verb}({model}" for verb in ("delete", "update") for model in MODELS]
    yield from (phrase for phrase in dropped if phrase in upgrading)
    yield from (phrase for phrase in written if phrase in text)


def test_no_code_deletes_or_rewrites_the_history():
    paths = sorted((ROOT / "webui").rglob("*.py"))
    assert len(paths) > 200
    found = {str(path.relative_to(ROOT)): list(faults(path.read_text())) for path in paths}
    assert {path: phrases for path, phrases in found.items() if phrases} == {}


def test_would_say_so():
    text = "DELETE  FROM audit_entries; update(AuditCheckpoint); def downgrade drop_table"
    assert list(faults(text)) == ["delete from audit_entries", "update(auditcheckpoint"]
    assert list(faults('drop_table("audit_entries")\ndef downgrade'))
    assert not list(faults('def downgrade(): op.drop_table("audit_entries")'))
