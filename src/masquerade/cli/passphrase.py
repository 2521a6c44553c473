"""Passphrases: from the environment, or asked for without showing them; never from the command line."""

import os
import sys
from typing import Final

from masquerade.errors import UsageError, WrongPassphrase

VARIABLE: Final = "MASQUERADE_PASSPHRASE"
NEW_VARIABLE: Final = "MASQUERADE_NEW_PASSPHRASE"


def passphrase() -> str:
    """The passphrase of a file.

    Raises:
        WrongPassphrase: If there is neither a variable nor a terminal to ask at.
        UsageError: If what was typed is no text.
    """
    given = os.environ.get(VARIABLE)
    return _asked("passphrase: ", VARIABLE) if given is None else given


def new_passphrase(*, besides: bool = False) -> str:
    """A new passphrase; asked for twice, since a slip of a finger would lock its owner out.

    Args:
        besides: Whether there is an old one too, which ``MASQUERADE_PASSPHRASE`` is.

    Raises:
        WrongPassphrase: If there is neither a variable nor a terminal to ask at.
        UsageError: If it is empty, no text, or not the same the second time.
    """
    for variable in (NEW_VARIABLE,) if besides else (NEW_VARIABLE, VARIABLE):
        if (given := os.environ.get(variable)) is not None:
            return _not_empty(given)
    first = _not_empty(_asked("new passphrase: ", NEW_VARIABLE))
    if _asked("the same again: ", NEW_VARIABLE) != first:
        raise UsageError("the two passphrases differ", remedy="Nothing was written. Try again.")
    return first


def _asked(prompt: str, variable: str) -> str:
    if not sys.stdin.isatty():
        raise WrongPassphrase(
            "a passphrase is needed and there is no terminal to ask for it",
            remedy=f"Set the variable {variable}.",
        )
    from masquerade.cli.console import ask

    try:
        return ask(prompt, hidden=True)
    except UnicodeDecodeError:
        raise UsageError(
            "the terminal sent what is no text in its encoding",
            value=sys.stdin.encoding,
            remedy="Set terminal and LANG to UTF-8, or choose letters that both have.",
        ) from None


def _not_empty(phrase: str) -> str:
    if not phrase:
        raise UsageError("an empty passphrase", remedy="Give one, or leave --passphrase out.")
    return phrase
