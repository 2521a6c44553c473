"""The help of one command: two columns that fit 80 characters, without what typer derives and nobody asks for."""

from pathlib import Path
from typing import Any, Final

_WORDS: Final = {int: "N", float: "X", Path: "PATH", str: "TEXT"}
_LARGEST_TOLD: Final = 1000
"""A range is told if it ends here or before; others are told by the error of whoever leaves them."""


def name_values(params: list[Any]) -> None:
    """Name arguments and values in capitals, as manuals do."""
    for param in params:
        if param.metavar is None and not getattr(param, "is_flag", False):
            param.metavar = param.name.upper() if _is_argument(param) else _word(param)


def rows(params: list[Any], *, arguments: bool) -> list[tuple[str, str]]:
    """A name and its help for each argument, or for each option."""
    shown = [param for param in params if _is_argument(param) == arguments and not param.hidden]
    return [(param.metavar if arguments else _names(param), _help(param)) for param in shown]


def usage(params: list[Any]) -> list[str]:
    """The arguments of a command's line of usage; brackets around what may be left out."""
    return [_usage(param) for param in params if _is_argument(param)]


def _usage(param: Any) -> str:  # noqa: ANN401 - typer's own types have no public names
    name = param.metavar.removesuffix("...") + ("..." if param.nargs == -1 else "")
    return name if param.required else f"[{name}]"


def _is_argument(param: Any) -> bool:  # noqa: ANN401 - as above
    return bool(param.param_type_name == "argument")


def _word(param: Any) -> str:  # noqa: ANN401 - as above
    described = param.type_descriptor
    if described.is_choice:
        return "|".join(str(getattr(choice, "value", choice)) for choice in described.choices)
    found = [word for kind, word in _WORDS.items() if kind.__name__ in str(described.annotation)]
    return found[0] if found else "TEXT"


def _names(param: Any) -> str:  # noqa: ANN401 - as above
    names = ", ".join(sorted(param.opts, key=len))
    if not param.is_flag:
        return f"{names} {param.metavar}"
    return f"{names} / {param.secondary_opts[0]}" if param.default and param.secondary_opts else names


def _help(param: Any) -> str:  # noqa: ANN401 - as above
    facts = [_range(param), _default(param)]
    if param.required and not _is_argument(param):
        facts.append("required")
    told = "; ".join(fact for fact in facts if fact)
    return f"{param.help or ''}  [{told}]" if told else param.help or ""


def _range(param: Any) -> str:  # noqa: ANN401 - as above
    least, most = getattr(param, "min", None), getattr(param, "max", None)
    if least is None or most is None or most > _LARGEST_TOLD:
        return ""
    return f"{least:g} to {most:g}"


def _default(param: Any) -> str:  # noqa: ANN401 - as above
    if isinstance(param.show_default, str):
        return f"default: {param.show_default}"
    if not param.show_default or param.default is None or getattr(param, "is_flag", False):
        return ""
    return f"default: {getattr(param.default, 'value', param.default)}"
