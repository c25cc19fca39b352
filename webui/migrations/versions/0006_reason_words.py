"""What the history page's filters need: the words of reasons, and three more indexes."""

import sqlalchemy as sa
from alembic import op

from webui.values import search_words

revision = "0006"
down_revision = "0005"

BATCH = 10_000
INDEXES = ("outcome", "source", "address")


def upgrade() -> None:
    op.create_table(
        "audit_words",
        sa.Column(
            "word", sa.Text().with_variant(sa.Text(collation="C"), "postgresql"), nullable=False
        ),
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(["seq"], ["audit_entries.seq"], name=op.f("fk_audit_words_seq")),
        sa.PrimaryKeyConstraint("word", "seq", name=op.f("pk_audit_words")),
        sqlite_with_rowid=False,
    )
    for column in INDEXES:
        op.create_index(f"ix_audit_entries_{column}_seq", "audit_entries", [column, "seq"])
    index_reasons()


def index_reasons() -> None:
    connection, after = op.get_bind(), 0
    batch = sa.text(
        "SELECT seq, reason FROM audit_entries WHERE seq > :after ORDER BY seq LIMIT :size"
    )
    insert = sa.text("INSERT INTO audit_words (word, seq) VALUES (:word, :seq)")
    while rows := connection.execute(batch, {"after": after, "size": BATCH}).all():
        words = [{"word": w, "seq": seq} for seq, why in rows for w in search_words(why or "")]
        if words:
            connection.execute(insert, words)
        after = rows[-1].seq


def downgrade() -> None:
    for column in INDEXES:
        op.drop_index(f"ix_audit_entries_{column}_seq", "audit_entries")
    op.drop_table("audit_words")
