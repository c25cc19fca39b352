"""What a sentence of the history is made of."""

from typing import NamedTuple


class Part(NamedTuple):
    """A piece of a sentence. ``kind`` is text, old or new; ``mono`` for identifiers."""

    kind: str
    text: str
    mono: bool = False


Sentence = list[Part]


def plain_text(words: str) -> Part:
    """Words that are no value."""
    return Part("text", words)


def old(value: str, mono: bool = False) -> Part:
    """A value that was."""
    return Part("old", value, mono)


def new(value: str, mono: bool = False) -> Part:
    """A value that is."""
    return Part("new", value, mono)


def from_to(verb: str, noun: str, before: str, after: str) -> Sentence:
    """What changed a value, with both."""
    start = f"{verb} {noun} from " if noun else f"{verb} from "
    return [plain_text(start), old(before), plain_text(" to "), new(after)]


def joined(clauses: list[Sentence]) -> Sentence:
    """One sentence of several clauses."""
    parts: Sentence = []
    for parts_of_clause in clauses:
        if parts and parts_of_clause:
            parts.append(plain_text("; "))
        parts += parts_of_clause
    return parts


def capitalised(parts: Sentence) -> Sentence:
    """The sentence with a capital letter in front."""
    if not parts:
        return parts
    first = parts[0]
    return [Part(first.kind, first.text[:1].upper() + first.text[1:], first.mono), *parts[1:]]


def uncapitalised(parts: Sentence) -> Sentence:
    """The sentence as it goes on after other words."""
    first = parts[0]
    return [Part(first.kind, first.text[:1].lower() + first.text[1:], first.mono), *parts[1:]]
