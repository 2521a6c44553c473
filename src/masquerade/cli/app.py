"""The commands under one name, and how errors and exit codes reach the shell."""

import sys
from typing import Annotated

import typer

import masquerade
from masquerade.cli import (
    audit,
    cloak,
    cloud,
    craft,
    demo,
    doctor,
    encoder,
    generator,
    inference,
    key,
    listing,
    mask,
    owner,
    pretrain,
    psp,
    psp_issue,
    psp_service,
    recognise,
)
from masquerade.cli.console import CommandFailed, complain
from masquerade.errors import MasqueradeError

EPILOGUE = "Exit codes: 0 done, 1 usage, 2 some inputs failed, 3 protection below what was asked."

app = typer.Typer(
    help="Deep learning on faces without handing over who is in them, and a measure of how well that works.",
    epilog=EPILOGUE,
    no_args_is_help=True,
    add_completion=False,
    # The pretty tracebacks print local variables, which may hold secrets.
    pretty_exceptions_enable=False,
)
app.add_typer(key.app, name="key")
psp.app.command()(psp_issue.issue)
for command in ("serve", "invite", "operator", "accounts", "revoke", "backup", "restore"):
    psp.app.command()(getattr(psp_service, command))
psp.app.add_typer(psp_service.audit, name="audit")
app.add_typer(mask.app, name="mask")
app.add_typer(psp.app, name="psp")
app.add_typer(generator.app, name="generator")
app.add_typer(encoder.app, name="encoder")
app.command()(cloak.cloak)
app.command()(pretrain.pretrain)
app.command()(owner.disguise)
app.command()(craft.craft)
app.command()(cloud.verify)
app.command()(cloud.train)
app.command()(recognise.predict)
app.command()(inference.distil)
app.command()(inference.obfuscate)
app.command()(inference.identify)
app.command()(audit.audit)
app.command("list")(listing.list_)
app.command()(doctor.doctor)
app.command()(demo.demo)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"masquerade {masquerade.__version__}")
        raise typer.Exit


@app.callback()
def _common(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    del version  # handled by its callback


def main() -> None:
    """Run the command line and exit with its code."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: list[str]) -> int:
    """Run one command; returns the exit code instead of exiting."""
    try:
        app(arguments, prog_name="masquerade")
    except SystemExit as leaving:
        # the command line's own errors leave with 2, which here means that some inputs failed
        return 1 if leaving.code == 2 else int(leaving.code or 0)
    except CommandFailed as failure:
        return failure.code
    except MasqueradeError as error:
        complain(str(error))
        return error.exit_code
    return 0
