"""All commands under one name."""

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
    recognise,
)
from masquerade.cli.starting import add_service, run_app

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
add_service(psp.app)
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


def run(arguments: list[str]) -> int:
    """Run one command; returns the exit code instead of exiting."""
    return run_app(app, arguments)
