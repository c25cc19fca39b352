"""Checks that audit_words has exactly the words of each entry's reason."""

from array import array
from collections.abc import Iterable

from webui.history.verification.checks import Note
from webui.history.verification.quick_check import Row
from webui.values import search_words

_LAST = 2**64 - 1
"""The largest number in the array."""


def check_words(first: int, last: int, reasons: Iterable[Row], words: Iterable[Row]) -> list[Note]:
    """Returns the problems of the words of the entries from ``first`` to ``last``.

    ``reasons`` are (seq, reason), ``words`` are (seq, word). Words below ``first`` belong to no
    entry, which is a problem.
    """
    # Eight bytes for each entry, because there may be millions: the sum of its words' hashes. A
    # sum, because in XOR a word that is there twice would cancel itself. Python chooses a new key
    # for its hashes at each start, so nobody can prepare other words with the same sum.
    sums = array("Q", bytes(8 * (last - first + 1)))
    wrong = set()
    for seq, word in words:
        if seq < first:
            wrong.add(seq)
        else:
            sums[seq - first] = (sums[seq - first] + hash(word)) & _LAST
    for seq, reason in reasons:
        # SQLite also stores a reason that is not text; it has no words.
        found = search_words(reason) if isinstance(reason, str) else []
        if sums[seq - first] != sum(map(hash, found)) & _LAST:
            wrong.add(seq)
        sums[seq - first] = 0
    # The rest are words of entries that have no reason, or of none.
    if any(sums):
        wrong.update(seq for seq, left in enumerate(sums, first) if left)
    return [Note("words", seq, seq) for seq in sorted(wrong)]
