"""The metadata of a tenant: a small JSON object."""

import json
from typing import Any

from webui.core.field_types import MAX_SAFE_INTEGER, Metadata
from webui.values.hidden_characters import is_hidden, name_of
from webui.values.text import Refused


def json_object(raw: str, field: Metadata) -> dict[str, Any]:
    """Parses a JSON object within the field's limits and keeps its key order; blank gives {}."""
    if not raw.strip():
        return {}
    value = _parse_json(raw)
    if not isinstance(value, dict):
        raise Refused('Enter a JSON object: { "key": "value" }.')
    try:
        keys = _check_nesting(value, field.maximum_depth)
    except _TooDeep:
        raise Refused(f"Nest at most {field.maximum_depth} levels deep.") from None
    if keys > field.maximum_keys:
        raise Refused(f"Use at most {field.maximum_keys} keys in all. This has {keys:,}.")
    try:
        size = len(compact_json(value).encode())
    except UnicodeEncodeError:
        raise Refused("Remove the incomplete character escapes (lone surrogates).") from None
    if size > field.maximum_bytes:
        raise Refused(f"Use at most {field.maximum_bytes:,} bytes. This has {size:,}.")
    return value


def compact_json(value: Any) -> str:
    """Returns JSON without white space and without \\u escapes for non-ASCII characters."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def same_json(one: Any, other: Any) -> bool:
    """Whether two values are the same JSON: key order is ignored, true differs from 1."""
    return json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)


def _parse_json(raw: str) -> Any:
    try:
        return json.loads(
            raw,
            object_pairs_hook=unique_keys,
            parse_float=_no_float,
            parse_constant=_no_float,
            parse_int=_safe_integer,
        )
    except Refused:
        raise
    except json.JSONDecodeError as error:
        what = _hidden_at(raw, error.pos)
        raise Refused(
            f"This is not JSON: line {error.lineno}, column {error.colno}{what}."
        ) from None
    except RecursionError:
        raise Refused("This is nested too deeply.") from None


def _hidden_at(raw: str, place: int) -> str:
    """Returns the name of the character that JSON does not allow there, if it cannot be seen."""
    character = raw[place : place + 1]
    unseen = character and (is_hidden(character) or character.isspace())
    return f" ({name_of(character)})" if unseen else ""


def unique_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Returns the members of a JSON object. Refuses a duplicate key."""
    result: dict[str, Any] = {}
    for name, value in pairs:
        if name in result:
            raise Refused(f"The key {json.dumps(name)} appears twice.")
        result[name] = value
    return result


def _no_float(_text: str) -> None:
    raise Refused("Use whole numbers only; write others as text.")


def _safe_integer(digits: str) -> int:
    if len(digits) > 17 or abs(int(digits)) > MAX_SAFE_INTEGER:
        raise Refused(f"Use numbers up to {MAX_SAFE_INTEGER:,}; write larger ones as text.")
    return int(digits)


class _TooDeep(Exception):
    """The value has more levels than allowed."""


def _check_nesting(value: Any, depth: int) -> int:
    """Returns the number of keys at all levels.

    Refuses NUL characters. Raises _TooDeep for more than ``depth`` levels.
    """
    if isinstance(value, str) and "\0" in value:
        raise Refused("Remove the NUL characters.")
    if not isinstance(value, dict | list):
        return 0
    if depth == 0:
        raise _TooDeep
    if isinstance(value, list):
        return sum(_check_nesting(item, depth - 1) for item in value)
    _check_nesting("".join(value), depth)
    return len(value) + sum(_check_nesting(item, depth - 1) for item in value.values())
