"""Where the command line begins, and what a command's end means as an exit code."""

import sys
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import typer

INTERRUPTED: Final = 130
"""As shells count: 128 and the number of SIGINT."""


def main() -> None:
    """Run the command line and exit with its code."""
    try:
        from masquerade.cli.app import run

        sys.exit(run(sys.argv[1:]))
    except KeyboardInterrupt:  # while modules are loaded; typer turns later ones into a code
        sys.stderr.write("interrupted\n")
        sys.exit(INTERRUPTED)


def run_app(app: "typer.Typer", arguments: list[str]) -> int:
    """Run a command of these; returns the exit code instead of exiting."""
    from masquerade.cli.console import CommandFailed, complain, note
    from masquerade.errors import MasqueradeError

    try:
        app(arguments, prog_name="masquerade")
    except SystemExit as leaving:
        if leaving.code == INTERRUPTED:
            note("interrupted")
        # the command line's own errors leave with 2, which here means that some inputs failed
        return 1 if leaving.code == 2 else int(leaving.code or 0)
    except CommandFailed as failure:
        return failure.code
    except MasqueradeError as error:
        complain(str(error))
        return error.exit_code
    return 0
