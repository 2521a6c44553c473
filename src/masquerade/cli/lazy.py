"""Commands that are loaded when they are called: networks and attacks take seconds that `--help` need not wait for."""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import typer
from typer.core import TyperCommand

from masquerade.cli.values import hyphens_kept


@dataclass(frozen=True)
class Command:
    """A command's line of help, which is the first paragraph of its docstring, and where it is defined.

    Args:
        place: Its module in ``masquerade.cli.commands`` and its function, such as ``key:new``.
        words: The line.
        panel: The heading it stands under.
    """

    place: str
    words: str
    panel: str | None = None


@dataclass(frozen=True)
class Group:
    """Commands under one name.

    Args:
        words: The line of help.
        commands: Commands and groups by name.
        panel: The heading it stands under.
    """

    words: str
    commands: "Commands"
    panel: str | None = None


Commands = Mapping[str, Command | Group]


def add(app: typer.Typer, commands: Commands) -> None:
    """Add commands and groups, without loading any."""
    for name, each in commands.items():
        if isinstance(each, Command):
            kind = type("Lazy", (_Lazy,), {"place": each.place})
            app.command(name, cls=kind, help=each.words, rich_help_panel=each.panel)(_never_called)
        else:
            group = typer.Typer(help=each.words, no_args_is_help=True)
            group.callback()(_nothing)  # a group of one command stays a group
            add(group, each.commands)
            app.add_typer(group, name=name, help=each.words, rich_help_panel=each.panel)


def loaded(name: str, place: str) -> Any:  # noqa: ANN401  (typer's own command type has no public name)
    """The command itself."""
    module, function = place.split(":")
    app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
    app.command(name, cls=_Called)(getattr(import_module(f"masquerade.cli.commands.{module}"), function))
    return typer.main.get_command(app)


class _Called(TyperCommand):
    """A command whose values may begin with a hyphen."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:  # noqa: ANN401
        params = [param for param in self.get_params(ctx) if param.param_type_name == "option"]
        options = {
            name: not getattr(param, "is_flag", False)
            for param in params
            for name in (*param.opts, *param.secondary_opts)
        }
        return super().parse_args(ctx, hyphens_kept(args, options))


class _Lazy(TyperCommand):
    """Stands for a command until it is called; the context that it makes is the command's own."""

    place: str

    def make_context(self, info_name: str | None, args: list[str], *more: Any, **named: Any) -> Any:  # noqa: ANN401
        return loaded(self.name or "", self.place).make_context(info_name, args, *more, **named)


def _never_called() -> None: ...


def _nothing() -> None: ...
