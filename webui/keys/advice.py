"""Advice for the operator: the next steps that follow from the state of the keys."""

from collections.abc import Sequence
from dataclasses import dataclass

from webui.keys.uses import KeyState, State


@dataclass(frozen=True)
class Advice:
    """A sentence, the command for it if any, and whether it is about an error."""

    words: str
    command: str = ""
    bad: bool = False


def advice(keys: Sequence[KeyState], stale: bool) -> list[Advice]:
    """Returns the next steps, the most urgent first; empty when there are none.

    ``stale``: the key file was changed after this process read it.
    """
    found = [
        # Not when stale: the restart that is advised below may be enough.
        Advice(
            f"This process lacks {key.kid}, so values under it cannot be read here. "
            "Restart it with a ring that contains the key.",
            bad=True,
        )
        for key in keys
        if key.state is State.MISSING and not stale
    ]
    if stale:
        found.append(Advice("The key file has changed: restart every process to use it."))
    primary = next(key for key in keys if key.state is State.PRIMARY)
    for key in keys:
        if key.state is State.DECRYPT_ONLY:
            found.append(_advice_for(key, primary))
    return found


def _advice_for(key: KeyState, primary: KeyState) -> Advice:
    """Returns the next step for a decrypt-only key, which is older or newer than the primary."""
    newer = key.added_at is None or (primary.added_at and key.added_at > primary.added_at)
    if newer and not key.values:
        return Advice(
            f"{key.kid} is new. When every process was restarted, use it for new values:",
            f"keys promote {key.kid}",
        )
    if key.values:
        return Advice(
            f"Values still use {key.kid}. Re-encrypt them with {primary.kid}:", "keys rotate"
        )
    return Advice(f"Nothing uses {key.kid} any more. Retire it:", f"keys retire {key.kid}")
