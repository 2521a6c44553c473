"""Where the command line begins, and what a command's end means as an exit code."""

import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

from masquerade.cli.exit_codes import DONE, FAILED, INTERRUPTED, NOBODY_READS, USAGE
from masquerade.cli.stopping import Stopping

if TYPE_CHECKING:
    import typer

_GOES_ON: Final = "interrupted: finished work is kept; run the same command again to resume"


def main() -> None:
    """Run the command line and exit with its code."""
    stopping = Stopping()
    stopping.begin()
    leave_no_core()
    try:
        from masquerade.cli.streams import take_over

        take_over()
        from masquerade.cli.app import run

        code = run(sys.argv[1:])
    except KeyboardInterrupt:  # while modules are loaded; typer turns later ones into a code
        sys.stderr.write("interrupted\n")
        code = INTERRUPTED
    stopping.leave(code)


def run(arguments: list[str]) -> int:
    """Run one command; returns the exit code instead of exiting."""
    from masquerade.cli.app import run as run_command

    return run_command(arguments)


def leave_no_core() -> None:
    """Have the system write no core file of this process and its children: keys lie in their memory."""
    with suppress(ImportError, OSError, ValueError):
        import resource  # not on Windows, which writes no core files

        resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))


def run_app(app: "typer.Typer", arguments: list[str], *, goes_on: bool = False) -> int:
    """Run a command of these; returns the exit code instead of exiting.

    Args:
        app: The commands.
        arguments: The words after the program's name.
        goes_on: Whether the command, called again, goes on where it was interrupted.
    """
    from masquerade.cli.console import CommandFailed, complain, note
    from masquerade.cli.failures import named
    from masquerade.cli.streams import OutputClosed
    from masquerade.errors import MasqueradeError

    code = DONE
    try:
        _require_folder()
        try:
            app(arguments, prog_name="masquerade")
        except SystemExit as leaving:
            if leaving.code == INTERRUPTED:
                note(_GOES_ON if goes_on else "interrupted: run the same command again")
            # typer leaves usage errors with 2, which here means that some inputs failed
            code = USAGE if leaving.code == 2 else int(leaving.code or DONE)
        except CommandFailed as failure:
            code = failure.code
        sys.stdout.flush()
    except OutputClosed:
        return NOBODY_READS
    except MasqueradeError as error:
        complain(str(error))
        return error.exit_code
    except Exception as error:  # noqa: BLE001  (the last place: what nobody foresaw is told in one line)
        complain(named(error))
        return FAILED
    return code


def _require_folder() -> None:
    """Refuse to work in a folder that was deleted: torch ends the process there, without an exception."""
    from masquerade.errors import UsageError

    try:
        Path.cwd()
    except OSError:
        raise UsageError("the folder that you are in was deleted", remedy="Change to another one.") from None
