"""The commands ``flask --app wsgi keys ...``: status, add, promote, rotate, retire."""

import getpass
import sys
from collections.abc import Callable
from typing import TypeVar

import click
from flask.cli import AppGroup

from webui import values
from webui.core.extensions import LOG_REMAINS, empty_log, keyring
from webui.core.limits import REASON
from webui.crypto.keyring import KeyRing
from webui.history.record.actor import Actor, command_actor
from webui.keys import operations, rotation, uses

keys = AppGroup("keys", help="The encryption key ring.")
_reason = click.option("--reason", help="Why; kept in the history.")
T = TypeVar("T")
RESTART = "Restart every process now, so that all of them know the ring."


def _operator() -> Actor:
    return command_actor(getpass.getuser())


def _checked(reason: str | None) -> str | None:
    try:
        return values.text(reason, REASON) if reason else None
    except values.Refused as error:
        raise click.ClickException(str(error)) from error


@keys.command("status")
def status() -> None:
    """Say the state, age and use of every key."""
    click.echo(f"{'KEY':<12} {'STATE':<22} {'ADDED':<12} {'VALUES':>12}")
    for key in uses.states(keyring()):
        added = f"{key.added_at:%Y-%m-%d}" if key.added_at else "not yet"
        click.echo(f"{key.kid:<12} {key.state.value:<22} {added:<12} {key.values:>12,}")


@keys.command("add")
@_reason
def add(reason: str | None) -> None:
    """Make a new key that decrypts only."""
    kid, ring = _or_exit(lambda: operations.add_key(_operator(), _checked(reason)))
    _print_ring(ring)
    click.echo(f"Added key {kid}. {RESTART} Then: keys promote {kid}", err=True)


@keys.command("promote")
@click.argument("kid")
@_reason
def promote(kid: str, reason: str | None) -> None:
    """Make KID the key for new values."""
    _print_ring(_or_exit(lambda: operations.promote(kid, _operator(), _checked(reason))))
    click.echo(f"Key {kid} is the primary key. {RESTART} Then: keys rotate", err=True)


@keys.command("retire")
@click.argument("kid")
@_reason
def retire(kid: str, reason: str | None) -> None:
    """Take KID out of the ring, when no value uses it."""
    _print_ring(_or_exit(lambda: operations.retire(kid, _operator(), _checked(reason))))
    click.echo(f"Retired key {kid}. {RESTART}", err=True)


@keys.command("rotate")
@_reason
def rotate(reason: str | None) -> None:
    """Re-encrypt everything with the primary key. Can be stopped and run again."""
    reason = _checked(reason)
    with click.progressbar(length=rotation.due_values(), label="Values", file=sys.stderr) as bar:
        result = rotation.rotate_values(_operator(), reason, bar.update)
    click.echo(f"Re-encrypted {result.moved:,} value(s) with key {result.primary}.")
    if not empty_log():
        click.echo(LOG_REMAINS, err=True)
    problems = _problems(result)
    for problem in problems:
        click.echo(problem, err=True)
    if problems:
        raise SystemExit(1)


def _problems(result: rotation.Rotated) -> list[str]:
    """Returns the reasons why old keys are still in use, one line each."""
    lines = [f"Cannot be read: {place}" for place in result.named]
    if result.unreadable:
        lines.append(
            f"{result.unreadable:,} value(s) cannot be read and stay as they are. "
            "Set them again or remove them on the tenant's page."
        )
    if result.left > 0:
        lines.append(
            f"{result.left:,} value(s) were written under an old key meanwhile: "
            "restart every process, then run this again."
        )
    return lines


def _or_exit(operation: Callable[[], T]) -> T:
    try:
        return operation()
    except operations.NotPossible as error:
        raise click.ClickException(str(error)) from error


def _print_ring(ring: KeyRing) -> None:
    """Prints the ring when it is not in a file, for the operator to put into the environment."""
    if operations.key_file() is None:
        click.echo("Put this into WEBUI_KEYRING:", err=True)
        click.echo(ring.to_json(), nl=False)
