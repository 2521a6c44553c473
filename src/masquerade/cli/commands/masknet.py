"""``masquerade masknet join|leave``: a person's MaskNet from a provider."""

import sys
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Final

import typer

from masquerade.cli.answer_types import JoinAnswer, LeaveAnswer
from masquerade.cli.answers import AsJson, answer
from masquerade.cli.console import ask, note
from masquerade.errors import UsageError
from masquerade.files.durable import write_durably
from masquerade.files.kinds import Kind
from masquerade.files.opening import read_text
from masquerade.files.outputs import require_new, require_output

VARIABLE: Final = "MASQUERADE_INVITATION"
LONGEST: Final = 4096
"""Characters of a line with a code, or with a link that has one."""


def join(
    url: Annotated[
        str, typer.Argument(help="The provider's address, or an invitation link.", show_default=False)
    ],
    code: Annotated[
        str | None,
        typer.Argument(
            help="The invitation code. Better leave it out: other users of this machine can see it here. "
            "You are asked for it, or it is read from standard input.",
            envvar=VARIABLE,
            show_default=False,
        ),
    ] = None,
    *,
    out: Annotated[Path, typer.Option("--out", "-o", help="MaskNet file to write.", show_default=False)],
    code_file: Annotated[Path | None, typer.Option(help="File with the invitation code.")] = None,
    as_json: AsJson = False,
) -> None:
    """Get a MaskNet of your own from a provider. Asks for the invitation code.

    Safe to interrupt; run the same command again to resume.

    The account is stored in OUT.account, for `masknet leave`.
    """
    from masquerade.service.person.client import Client
    from masquerade.service.person.client_state import begun, waiting

    address, _, linked = url.partition("#")
    address = address.rstrip("/")
    client, path = Client(address), _account_of(out)
    require_output(path, Kind.ACCOUNT)
    require_new(
        out, Kind.MASKNET, overwrite=path.exists()
    )  # by an earlier call, which is only to be finished
    given = linked or code
    before = waiting(path, address) if given is None and code_file is None else None
    state = before or begun(path, address, _spelled(_code(given, code_file)))
    if not state.account:
        state = replace(state, **client.join(state.code, state.join_key))
        state.save(path)
    client.token = state.token
    if not out.exists():
        content = client.masknet(state.account, bytes.fromhex(state.public_key), state.issue_key)
        write_durably(out, [content], 0o600, replace=False, secret=True)
    state.finished().save(path)
    answer(JoinAnswer(masknet=str(out), account=str(path)), as_json, str(out))
    note("Keep the MaskNet secret: whoever has it can learn to undo your cloaks.")


def _code(given: str | None, file: Path | None) -> str:
    """The code from where it was given; else asked for, or a line of standard input."""
    if given is not None and file is not None:
        raise UsageError("two invitations", place="CODE, --code-file", remedy="Give one of them.")
    if given is not None:
        return given
    if file is not None:
        return _line(file)
    if sys.stdin.isatty():
        return ask("Invitation code: ")
    return sys.stdin.readline(LONGEST)


def _line(file: Path) -> str:
    try:
        return read_text(file, 4 * LONGEST).partition("\n")[0][:LONGEST]
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise UsageError("cannot read the code", value=why, place=file) from None


def _spelled(code: str) -> str:
    """A code in one spelling, so that the same one is known again; nothing, where there is none."""
    from masquerade.service.accounts.invitation_code import read_code

    return read_code(code).text if code.strip() else ""


def leave(
    account: Annotated[Path, typer.Argument(help="OUT.account, from `masknet join`.", show_default=False)],
    as_json: AsJson = False,
) -> None:
    """Have the provider delete your account and your MaskNet's secret; your file stays."""
    from masquerade.service.person.client import Client
    from masquerade.service.person.client_state import opened

    known = opened(account)
    later = Client(known.url, known.token).forget()
    account.unlink()
    if as_json:
        answer(LeaveAnswer(account=str(account), notice=later or ""), as_json)
    elif later:
        note(f"The provider: {later}")


def _account_of(out: Path) -> Path:
    return out.with_name(out.name + ".account")
