"""What ``masquerade list`` shows and what a shell completes, as a file of the package.

The code tells it too, but loads torch for seconds.
``python -m masquerade.cli.catalogue`` writes the file anew; a test compares it with the code.
"""

import json
from collections.abc import Iterable, Mapping
from enum import Enum
from pathlib import Path
from typing import Any, Final, TypedDict, get_args, get_type_hints

from masquerade.api.catalogue import shipped

FILE: Final = Path(__file__).with_name("catalogue.json")
_LISTS: Final = {
    "attack": "attacks",
    "network": "networks",
    "preset": "presets",
    "names": "named",
    "recipe": "recipes",
    "studies": "studies",
}
"""Options and arguments by their parameter, and the list that their values come from."""

_OF_THE_API: Final = {"recipes": "protections", "attacks": "attacks", "metrics": "metrics"}
"""Lists that ``masquerade.api.catalogue`` keeps."""

Lines = list[tuple[str, str]]
"""Names, and a line on each."""


class Option(TypedDict):
    """An option or argument of a command.

    Args:
        name: Its parameter.
        names: Its names; none of an argument.
        flag: Whether no value follows.
        many: Whether it takes several values.
        help: Its line of help.
        values: Words that it takes, or the name of a list; empty where it takes any.
    """

    name: str
    names: list[str]
    flag: bool
    many: bool
    help: str
    values: str | list[str]


def kept(kind: str) -> Lines:
    """The lines of a kind, from the file, or from that of the Python API.

    Raises:
        KeyError: If there is no such kind.
    """
    if kind in _OF_THE_API:
        every = shipped(_OF_THE_API[kind])
        return [(each.name, f"[{each.status}] {each.title}" if each.status else each.title) for each in every]
    return [(name, words) for name, words in json.loads(FILE.read_text(encoding="utf-8"))[kind]]


def command_options(place: str) -> list[Option]:
    """The options and arguments of a command, from the file."""
    found: list[Option] = json.loads(FILE.read_text(encoding="utf-8"))["commands"].get(place, [])
    return found


def compiled() -> dict[str, Any]:
    """The lines of all kinds and the options of all commands, from the code."""
    from masquerade.networks import EVERY_NETWORK

    return {
        "networks": [(network.name, _first_line(network.__doc__)) for network in EVERY_NETWORK],
        "presets": list(_presets()),
        "commands": _commands(),
    }


def as_text(catalogue: Mapping[str, Any]) -> str:
    """The contents of the file."""
    return json.dumps(catalogue, indent=1, ensure_ascii=False) + "\n"


def _presets() -> Iterable[tuple[str, str]]:
    from masquerade.training.presets import PRESETS

    for name, settings in PRESETS.items():
        length = f"{settings.epochs} epochs" if settings.epochs else f"{settings.steps} steps"
        yield name, f"{settings.network}, {length}, {settings.optimiser}, rate {settings.learning_rate:g}"


def _commands() -> dict[str, list[Option]]:
    from masquerade.cli.app import COMMANDS
    from masquerade.cli.lazy import every

    return {command.place: _options(command.place) for _, command in every(COMMANDS)}


def _options(place: str) -> list[Option]:
    from masquerade.cli.lazy import loaded

    return [
        _option(param, _choices(place, str(param.name)))
        for param in loaded("command", place).params
        if not getattr(param, "hidden", False)
    ]


def _option(param: Any, choices: list[str]) -> Option:  # noqa: ANN401 - typer's own type has no public name
    names = [*param.opts, *param.secondary_opts] if param.param_type_name == "option" else []
    if param.secondary_opts:
        names = [f"{param.opts[0]}/{param.secondary_opts[0]}"]
    return {
        "name": param.name,
        "names": names,
        "flag": bool(getattr(param, "is_flag", False)),
        "many": param.nargs == -1 or bool(getattr(param, "multiple", False)),
        "help": param.help or "",
        "values": choices or _LISTS.get(param.name, ""),
    }


def _choices(place: str, parameter: str) -> list[str]:
    """The words of a parameter whose type is an enumeration, or that takes one of a few."""
    from importlib import import_module

    module, function = place.split(":")
    hint = get_type_hints(getattr(import_module(f"masquerade.cli.commands.{module}"), function))[parameter]
    for kind in (hint, *get_args(hint)):
        if isinstance(kind, type) and issubclass(kind, Enum):
            return [str(each.value) for each in kind]
    return [] if (place, parameter) == ("craft:craft", "encoder") else list(_few(parameter))


def _few(parameter: str) -> Iterable[str]:
    from masquerade.cloaking.methods import METHODS
    from masquerade.cloaking.photo_cloak import NO_FACE
    from masquerade.encoders.shipped import SHIPPED as ENCODERS
    from masquerade.masknets import SHIPPED as HYPERNETS
    from masquerade.networks.cloaks.masknet import STRUCTURES

    words: dict[str, Iterable[str]] = {
        "encoder": ENCODERS,
        "faces": ("auto", "as-is"),
        "hypernet": HYPERNETS,
        "method": METHODS,
        "on_no_face": NO_FACE,
        "structure": STRUCTURES,
    }
    return words.get(parameter, ())


def _first_line(text: str | None) -> str:
    return (text or "").strip().split("\n")[0]


if __name__ == "__main__":
    FILE.write_text(as_text(compiled()), encoding="utf-8")
