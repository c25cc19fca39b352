"""Judging audit_words: is an entry found by the words of its reason, and by no other?"""

from array import array
from collections.abc import Iterable

from webui.history.verification.checks import Note
from webui.history.verification.reconstruct import Row
from webui.values import search_words

_LAST = 2**64 - 1
"""The largest number of the array, which is the last bits of a `checking.Fingerprint`."""


def check_words(first: int, last: int, reasons: Iterable[Row], words: Iterable[Row]) -> list[Note]:
    """What does not hold of the words of the entries from ``first`` to ``last``.

    ``reasons`` are rows of seq and reason, ``words`` of seq and word, where those below ``first``
    are of no entry.
    """
    # Eight bytes for an entry, of which there may be millions.
    held = array("Q", bytes(8 * (last - first + 1)))
    wrong = set()
    for seq, word in words:
        if seq < first:
            wrong.add(seq)
        else:
            held[seq - first] = (held[seq - first] + hash(word)) & _LAST
    for seq, reason in reasons:
        # What is no text, which SQLite does not refuse, has no words.
        found = search_words(reason) if isinstance(reason, str) else []
        if held[seq - first] != sum(map(hash, found)) & _LAST:
            wrong.add(seq)
        held[seq - first] = 0
    # Whatever is left has no reason, or is of no entry.
    if any(held):
        wrong.update(seq for seq, left in enumerate(held, first) if left)
    return [Note("words", seq, seq) for seq in sorted(wrong)]
