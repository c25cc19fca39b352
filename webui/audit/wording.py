"""Judging audit_words: is an entry found by the words of its reason, and by no other?"""

from collections.abc import Iterable

from webui.audit.checking import Fingerprint, Note
from webui.audit.retold import Row
from webui.values import search_words


def judge(reasons: Iterable[Row], held: dict[int, Fingerprint]) -> list[Note]:
    """What does not hold of reasons, given as (seq, reason), and the words held, used up here."""
    wrong = []
    for seq, reason in reasons:
        if held.pop(seq, 0) != sum(map(hash, search_words(reason))):
            wrong.append(seq)
    # Whatever is left has no reason, or is of no entry.
    return [Note("words", seq, seq) for seq in sorted([*wrong, *held])]
