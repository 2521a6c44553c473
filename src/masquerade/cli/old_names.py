"""Old names of options: they work until the version named here, help leaves them out, and a note says the new name."""

from collections.abc import Mapping, Sequence
from typing import Final

UNTIL: Final = "0.3"
"""The version that knows the old names no more."""
_FOLDERS: Final = {"--min-images": "--min-photos"}
OLD_OPTIONS: Final[Mapping[str, Mapping[str, str]]] = {
    "audit:audit": {"--runs": "--cache-dir"},
    "cloak:cloak": {"--list": "--verbose"},
    "craft:craft": _FOLDERS,
    "disguise:disguise": _FOLDERS,
    "encoder:train": {"--side": "--size"},
    "encoder:train_generator": {"--side": "--size"},
    "masknet_new:new": {"--issued": "--register"},
    "pretrain:pretrain": {"--size": "--architecture"},
    "psp:train": {"--keep-every": "--snapshot-every"},
    "psp_service:serve": {"--open-joins": "--open-registrations-per-day"},
    "study:run": {"--runs": "--cache-dir"},
    "xnn_d:distil": {"--amount": "--noise-rms"},
    "xnn_d:obfuscate": {"--named": "--gallery"},
}
"""Old options and new ones, by the place of their command."""


def under_new_names(
    arguments: Sequence[str], renamed: Mapping[str, str], options: Mapping[str, bool]
) -> list[str]:
    """The arguments, with options under their new names; values that read like one stay as they are.

    Args:
        arguments: What follows the command's name.
        renamed: Old names and new ones.
        options: Names of today's options, and whether a value follows.
    """
    found: list[str] = []
    value_follows = False
    for at, word in enumerate(arguments):
        if word == "--" and not value_follows:
            return [*found, *arguments[at:]]
        name, equals, value = word.partition("=")
        new = None if value_follows else renamed.get(name)
        if new is not None:
            _tell(name, new)
            name, word = new, f"{new}{equals}{value}"
        value_follows = not value_follows and not equals and options.get(name, False)
        found.append(word)
    return found


def _tell(old: str, new: str) -> None:
    from masquerade.cli.console import note

    note(f"{old} is now {new}; the old name works until {UNTIL}.")
