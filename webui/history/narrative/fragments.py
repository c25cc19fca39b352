"""The parts of a sentence of the history, and how sentences are combined."""

from typing import NamedTuple


class Part(NamedTuple):
    """A piece of a sentence. ``kind`` is text, old or new; ``mono`` for identifiers."""

    kind: str
    text: str
    mono: bool = False


Sentence = list[Part]


def plain_text(words: str) -> Part:
    """Returns a part of plain words."""
    return Part("text", words)


def old(value: str, mono: bool = False) -> Part:
    """Returns a part with a value before the change."""
    return Part("old", value, mono)


def new(value: str, mono: bool = False) -> Part:
    """Returns a part with a value after the change."""
    return Part("new", value, mono)


def from_to(verb: str, noun: str, before: str, after: str) -> Sentence:
    """Returns "<verb> <noun> from <before> to <after>"."""
    start = f"{verb} {noun} from " if noun else f"{verb} from "
    return [plain_text(start), old(before), plain_text(" to "), new(after)]


def joined(clauses: list[Sentence], between: str = "; ") -> Sentence:
    """Returns one sentence of all clauses, separated by semicolons or ``between``."""
    parts: Sentence = []
    for parts_of_clause in clauses:
        if parts and parts_of_clause:
            parts.append(plain_text(between))
        parts += parts_of_clause
    return parts


def capitalised(parts: Sentence) -> Sentence:
    """Returns the sentence with a capital first letter."""
    if not parts:
        return parts
    first = parts[0]
    return [Part(first.kind, first.text[:1].upper() + first.text[1:], first.mono), *parts[1:]]


def uncapitalised(parts: Sentence) -> Sentence:
    """Returns the sentence with a small first letter, to follow other words."""
    first = parts[0]
    return [Part(first.kind, first.text[:1].lower() + first.text[1:], first.mono), *parts[1:]]
