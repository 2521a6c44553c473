"""What a shell offers after TAB, from the catalogue: no command is loaded for it, and so no network.

A command's stand-in has its options and arguments, and runs nothing.
"""

from collections.abc import Callable, Iterator
from inspect import Parameter, Signature
from typing import Annotated, Any

import typer

from masquerade.cli.catalogue import Option, command_options, kept

Words = list[tuple[str, str]]
"""What may stand at a place, and a line on each."""


def stand_in(name: str, place: str) -> Any:  # noqa: ANN401  (typer's own command type has no public name)
    """A command with the options and arguments of another, read from the catalogue."""

    def nothing(**_: object) -> None: ...

    parameters = [_parameter(option) for option in command_options(place)]
    nothing.__signature__ = Signature(parameters)  # type: ignore[attr-defined]
    nothing.__annotations__ = {each.name: each.annotation for each in parameters}
    app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
    app.command(name)(nothing)
    return typer.main.get_command(app)


def offered(values: str | list[str], kind: str) -> Words:
    """What an option or argument takes: words of its own, or names from one of the catalogue's lists.

    Args:
        values: The words; or the name of a list, where ``named`` is that of the ``kind`` asked for before it.
        kind: What was asked for before.
    """
    if isinstance(values, list):
        return [(word, "") for word in values]
    wanted = kind if values == "named" else values
    wanted = "recipes" if wanted == "protections" else wanted
    return list(_studies()) if wanted == "studies" else kept(wanted)


def _parameter(option: Option) -> Parameter:
    is_flag = option["flag"]
    kind: Any = bool if is_flag else str
    if option["many"]:
        kind = list[kind]
    names = option["names"]
    more: dict[str, Any] = {"help": option["help"] or None, "autocompletion": _completer(option["values"])}
    told = typer.Option(*names, **more) if names else typer.Argument(**more)
    default: Any = False if is_flag else None
    return Parameter(
        option["name"],
        Parameter.KEYWORD_ONLY,
        default=default,
        annotation=Annotated[kind if is_flag else kind | None, told],
    )


def _completer(values: str | list[str]) -> Callable[..., Words] | None:
    if not values:
        return None

    def complete(ctx: typer.Context, incomplete: str) -> Words:
        try:
            every = offered(values, str(ctx.params.get("kind") or ""))
        except KeyError:  # a slip in what stands before it
            return []
        return [(name, words) for name, words in every if name.startswith(incomplete)]

    return complete


def _studies() -> Iterator[tuple[str, str]]:
    from masquerade.cli.studies import study_files

    return ((name, "") for name in study_files())
