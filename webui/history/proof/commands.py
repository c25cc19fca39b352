"""The commands ``flask --app wsgi audit ...``. Exit: 0 valid, 1 not valid, 2 could not check."""

import getpass
import sys
from pathlib import Path
from typing import BinaryIO, NoReturn
from uuid import UUID

import click
from flask import current_app
from flask.cli import AppGroup

from config import Config
from webui import values
from webui.core.extensions import LOG_REMAINS, db, empty_log
from webui.core.limits import REASON
from webui.crypto import signing
from webui.history.checkpoints import checkpoints
from webui.history.proof import erasure, export, export_verifier
from webui.history.query.filters import Filters
from webui.history.record.actor import command_actor
from webui.history.verification import sealed_values, verifier
from webui.history.verification.verdict import Verdict

HOLDS, FAILS, UNCHECKED = 0, 1, 2
audit = AppGroup("audit", help="The history's proof.")


@audit.command("checkpoint")
def checkpoint() -> None:
    """Sign how the history ends now, in the database and the checkpoint file."""
    try:
        made = checkpoints.make()
    except checkpoints.NothingYet:
        click.echo("There are no entries yet.")
        return
    except OSError as error:
        _unchecked(f"the checkpoint is in the database, but not in the file: {error}")
    click.echo(made.line)


@audit.command("key")
def key() -> None:
    """Print the public key that checkpoints and exports are verified with."""
    click.echo(_public_key())


@audit.command("export")
@click.option("--format", "kind", type=click.Choice(export.FORMATS), default="jsonl")
@click.option("--output", type=click.File("wb"), default="-", help="A file; stdout without it.")
def export_history(kind: str, output: BinaryIO) -> None:
    """Export the whole history; recorded in it."""
    try:
        begun = export.begin_export(Filters(), kind, command_actor(getpass.getuser()))
    except checkpoints.NothingYet:
        raise click.ClickException("there are no entries yet") from None
    made = export.as_csv(begun) if kind == "csv" else export.as_jsonl(begun)
    with click.progressbar(length=begun.seq, label="Exporting", file=sys.stderr) as bar:
        for piece in made:
            output.write(piece)
            bar.update(piece.count(b"\n"))


@audit.command("verify")
@click.option(
    "--from-export",
    "exported_file",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="An export in JSON Lines, instead of the database.",
)
@click.option(
    "--checkpoints",
    "file",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="A checkpoint file kept elsewhere, instead of WEBUI_CHECKPOINTS.",
)
@click.option(
    "--public-key", help="What `audit key` printed; needed where WEBUI_AUDIT_KEY is not set."
)
def verify_history(exported_file: Path | None, file: Path | None, public_key: str | None) -> None:
    """Verify the history, or an export of it."""
    key = public_key or _public_key()
    try:
        verdict = _from_export(exported_file, key, file) if exported_file else _stored(key, file)
    except (verifier.Unchecked, OSError, signing.BadKey) as error:
        _unchecked(str(error))
    sys.exit(_print_result(verdict))


def _from_export(path: Path, key: str, file: Path | None) -> Verdict:
    size = path.stat().st_size
    with click.progressbar(length=size, label="Verifying", file=sys.stderr) as bar:
        return export_verifier.verify_export(path, key, file, bar.update)


def _stored(key: str, file: Path | None) -> Verdict:
    url = db.engine.url.render_as_string(hide_password=False)
    with click.progressbar(length=1, label="Verifying", file=sys.stderr) as bar:

        def progress(done: int, total: int) -> None:
            bar.length = total
            bar.update(done - bar.pos)

        lines = file or _config().checkpoints
        return verifier.verify_history(url, key, lines, progress, is_copy=file is not None)


@audit.command("erase")
@click.option("--entry", type=click.UUID, help="The sealed values of one entry.")
@click.option("--tenant", type=click.UUID, help="Those of all entries of a tenant.")
@click.option(
    "--field", type=click.Choice(sealed_values.SEALED_FIELDS), help="Only those of this field."
)
@click.option("--reason", required=True, help="Why; kept in the history.")
@click.confirmation_option(prompt="Erased values cannot be brought back. Erase them?")
def erase_values(entry: UUID | None, tenant: UUID | None, field: str | None, reason: str) -> None:
    """Erase sealed values of the history; entries and chain stay as they are."""
    try:
        why = values.text(reason, REASON)
        count = erasure.erase(
            command_actor(getpass.getuser()), why, entry=entry, tenant=tenant, field=field
        )
    except (ValueError, values.Refused) as error:
        raise click.ClickException(str(error)) from error
    click.echo(f"Erased {count:,} sealed value(s).")
    if not empty_log():
        click.echo(LOG_REMAINS, err=True)


def _print_result(verdict: Verdict) -> int:
    """Prints the result and returns the exit status."""
    for problem in verdict.problems:
        click.echo(f"- {problem.text}")
    for notice in verdict.notices:
        click.echo(notice)
    click.echo(verdict.summary)
    return HOLDS if verdict.holds else FAILS


def _config() -> Config:
    config = current_app.extensions["webui_config"]
    assert isinstance(config, Config)
    return config


def _public_key() -> str:
    seed = _config().audit_key
    if not seed:
        _unchecked("WEBUI_AUDIT_KEY is not set")
    return signing.public_key(seed)


def _unchecked(why: str) -> NoReturn:
    click.echo(f"Could not check: {why}", err=True)
    sys.exit(UNCHECKED)
