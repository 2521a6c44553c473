"""``masquerade verify``: whether a released data set is whole; loads no network."""

from contextlib import suppress
from pathlib import Path
from typing import Annotated

import typer

from masquerade.cli.answer_types import VerifyAnswer
from masquerade.cli.answers import AsJson, answer
from masquerade.cli.console import CommandFailed
from masquerade.cli.exit_codes import SOME_FAILED
from masquerade.files.kinds import Kind, kind_behind
from masquerade.released.verify import verify as findings

Released = Annotated[
    Path, typer.Argument(help="A released data set or a sealed gallery.", show_default=False)
]


def verify(
    released: Released,
    quick: Annotated[bool, typer.Option("--quick", help="Check only sizes and headers.")] = False,
    as_json: AsJson = False,
) -> None:
    """Check a released data set or sealed gallery: name damaged, missing, swapped and foreign files."""
    sealed = _public_part(released)
    if sealed is not None:
        from masquerade.sealed.verify import verify as sealed_findings

        found = sealed_findings(sealed, read_data=not quick)
    else:
        found = findings(released, read_data=not quick)
    findings_told = [str(finding) for finding in found]
    facts = VerifyAnswer(folder=str(released), sound=not found, findings=findings_told)
    answer(facts, as_json, *(findings_told or [f"sound: {released}"]))
    if found:
        raise CommandFailed(SOME_FAILED)


def _public_part(folder: Path) -> Path | None:
    """The public part that a folder is, or that a sealed gallery in it has; None if it is something else."""
    for each in (folder, folder / "public"):
        with suppress(OSError):  # the folder is a file: the other check says so
            if kind_behind(each / "manifest.json") is Kind.SEALED:
                return each
    return None
