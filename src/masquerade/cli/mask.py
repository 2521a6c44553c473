"""``masquerade mask``: a person's MaskNet from a provider."""

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from masquerade.cli.console import note
from masquerade.errors import UsageError
from masquerade.masknets.private_file import write_private


def join(
    url: Annotated[str, typer.Argument(help="The provider's address.", show_default=False)],
    code: Annotated[str, typer.Argument(help="The invitation's code.", show_default=False)],
    out: Annotated[Path, typer.Option("--out", "-o", help="MaskNet file to write.", show_default=False)],
) -> None:
    """Get a MaskNet that nobody else has; cut off, the same command goes on.

    The account is kept in OUT.account, for `mask forget`.
    """
    from masquerade.service.joining import Client
    from masquerade.service.joining_state import begun

    client, path = Client(url), _account_of(out)
    if out.exists() and not path.exists():
        raise UsageError("the file exists already", place=out, remedy="Choose another name.")
    state = begun(path, url, code)
    if not state.account:
        state = replace(state, **client.join(code, state.join_key))
        state.save(path)
    client.token = state.token
    if not out.exists():
        content = client.masknet(state.account, bytes.fromhex(state.public_key), state.issue_key)
        write_private(out, content, overwrite=False)
    state.finished().save(path)
    typer.echo(str(out))
    note("Keep it to yourself: whoever has it can learn to undo your cloaks.")


def forget(
    account: Annotated[Path, typer.Argument(help="OUT.account, from `mask join`.", show_default=False)],
) -> None:
    """Have the provider delete the account and the secret of its MaskNet; your file stays."""
    from masquerade.service.joining import Client
    from masquerade.service.joining_state import opened

    known = opened(account)
    Client(known.url, known.token).forget()
    account.unlink()


def _account_of(out: Path) -> Path:
    return out.with_name(out.name + ".account")
