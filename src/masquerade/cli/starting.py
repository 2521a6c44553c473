"""Where the command line begins: commands of the provider's service do not wait for all others to be loaded.

All commands together bring networks, attacks and studies with them, seconds of processor time; an operator who
looks at the audit log of a busy machine should not have to wait for them.
"""

import sys
from typing import Final

import typer

from masquerade.errors import MasqueradeError

SERVICE: Final = ("serve", "invite", "operator", "accounts", "revoke", "backup", "restore")


def main() -> None:
    """Run the command line and exit with its code."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: list[str]) -> int:
    """Run one command; returns the exit code instead of exiting."""
    if arguments[:1] == ["psp"] and arguments[1:2] and arguments[1] in (*SERVICE, "audit"):
        return run_app(_service(), arguments)
    from masquerade.cli.app import app

    return run_app(app, arguments)


def run_app(app: typer.Typer, arguments: list[str]) -> int:
    """Run a command of these; returns the exit code instead of exiting."""
    from masquerade.cli.console import CommandFailed, complain

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


def add_service(psp: typer.Typer) -> None:
    """Add the commands of the provider's service to ``masquerade psp``."""
    from masquerade.cli import psp_service

    for name in SERVICE:
        psp.command()(getattr(psp_service, name))
    psp.add_typer(psp_service.audit, name="audit")


def _service() -> typer.Typer:
    # the pretty tracebacks print local variables, which may hold secrets
    app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
    app.callback()(lambda: None)
    psp = typer.Typer(no_args_is_help=True)
    add_service(psp)
    app.add_typer(psp, name="psp")
    return app
