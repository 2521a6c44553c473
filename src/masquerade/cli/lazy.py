"""Commands that are loaded when they are called: networks and attacks take seconds that `--help` need not wait for."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup

from masquerade.cli.help_text import name_values, rows, usage
from masquerade.cli.old_names import OLD_OPTIONS, UNTIL, under_new_names
from masquerade.cli.values import hyphens_kept


@dataclass(frozen=True)
class Command:
    """A command's line of help, which is the first paragraph of its docstring, and where it is defined.

    Args:
        place: Its module in ``masquerade.cli.commands`` and its function, such as ``key:new``.
        words: The line.
        panel: The heading it stands under.
        hidden: Whether help leaves it out.
        resumes: Whether the same command goes on where it was interrupted.
    """

    place: str
    words: str
    panel: str | None = None
    hidden: bool = False
    resumes: bool = False


@dataclass(frozen=True)
class Alias:
    """An old name of a command: it works, help leaves it out, and whoever calls it is told the new name.

    Args:
        new: The new name, such as ``study run``.
    """

    new: str


@dataclass(frozen=True)
class Group:
    """Commands under one name.

    Args:
        words: The line of help.
        commands: Commands and groups by name.
        panel: The heading it stands under.
        hidden: Whether help leaves it out.
    """

    words: str
    commands: "Commands"
    panel: str | None = None
    hidden: bool = False


Commands = Mapping[str, Command | Group | Alias]


def every(commands: Commands, *above: str) -> Iterator[tuple[str, Command]]:
    """All commands by their whole names, such as ``key new``; no aliases."""
    for name, each in commands.items():
        if isinstance(each, Group):
            yield from every(each.commands, *above, name)
        elif isinstance(each, Command):
            yield " ".join((*above, name)), each


def aliases(commands: Commands, *above: str) -> Iterator[tuple[str, Alias]]:
    """All aliases by their whole names."""
    for name, each in commands.items():
        if isinstance(each, Group):
            yield from aliases(each.commands, *above, name)
        elif isinstance(each, Alias):
            yield " ".join((*above, name)), each


def in_order(commands: Commands) -> type[TyperGroup]:
    """A group whose help has commands, and so their headings, in the order of a table; typer has groups last."""

    class Ordered(TyperGroup):
        def list_commands(self, ctx: Any) -> list[str]:  # noqa: ANN401
            del ctx
            return [name for name in commands if name in self.commands]

    return Ordered


def add(app: typer.Typer, commands: Commands) -> None:
    """Add commands and groups, without loading any."""
    _add(app, commands, dict(every(commands)), "")


def _add(app: typer.Typer, commands: Commands, known: Mapping[str, Command], above: str) -> None:
    for name, each in commands.items():
        if isinstance(each, Group):
            group = typer.Typer(help=each.words, no_args_is_help=True, cls=in_order(each.commands))
            group.callback()(_nothing)  # a group of one command stays a group
            _add(group, each.commands, known, f"{above}{name} ")
            app.add_typer(group, name=name, help=each.words, rich_help_panel=each.panel, hidden=each.hidden)
            continue
        old = isinstance(each, Alias)
        command = known[each.new] if isinstance(each, Alias) else each
        hint = _hint(above + name, each.new) if isinstance(each, Alias) else ""
        kind = type("Lazy", (_Lazy,), {"place": command.place, "hint": hint})
        app.command(
            name,
            cls=kind,
            help=command.words,
            rich_help_panel=command.panel,
            hidden=old or command.hidden,
        )(_never_called)


def _hint(old: str, new: str) -> str:
    return f"`masquerade {old}` is now `masquerade {new}`; the old name works until {UNTIL}."


def loaded(name: str, place: str) -> Any:  # noqa: ANN401  (typer's own command type has no public name)
    """The command itself."""
    module, function = place.split(":")
    app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None)
    kind = type("Called", (_Called,), {"place": place})
    app.command(name, cls=kind)(getattr(import_module(f"masquerade.cli.commands.{module}"), function))
    command = typer.main.get_command(app)
    name_values(command.params)
    return command


class _Called(TyperCommand):
    """A command whose values may begin with a hyphen, whose options have old names, and whose help has two columns."""

    place: str

    def collect_usage_pieces(self, ctx: Any) -> list[str]:  # noqa: ANN401
        return ["[OPTIONS]", *usage(self.get_params(ctx))]

    def format_options(self, ctx: Any, formatter: Any) -> None:  # noqa: ANN401
        params = self.get_params(ctx)
        for title, arguments in (("Arguments", True), ("Options", False)):
            if table := rows(params, arguments=arguments):
                with formatter.section(title):
                    formatter.write_dl(table)

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:  # noqa: ANN401
        params = [param for param in self.get_params(ctx) if param.param_type_name == "option"]
        options = {
            name: not getattr(param, "is_flag", False)
            for param in params
            for name in (*param.opts, *param.secondary_opts)
        }
        args = under_new_names(args, OLD_OPTIONS.get(self.place, {}), options)
        return super().parse_args(ctx, hyphens_kept(args, options))


class _Lazy(TyperCommand):
    """Stands for a command until it is called; the context that it makes is the command's own."""

    place: str
    hint: str

    def make_context(self, info_name: str | None, args: list[str], *more: Any, **named: Any) -> Any:  # noqa: ANN401
        if named.get("resilient_parsing"):  # a shell asks what could follow
            from masquerade.cli.completion import stand_in

            return stand_in(self.name or "", self.place).make_context(info_name, args, *more, **named)
        if self.hint:
            from masquerade.cli.console import note

            note(self.hint)
        return loaded(self.name or "", self.place).make_context(info_name, args, *more, **named)


def _never_called() -> None: ...


def _nothing() -> None: ...
