"""Writes docs/reference/cli.md: exit codes, what each command answers under ``--json``, and old names.

    python docs/cli_reference.py

A test compares the page with the code.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args, get_origin, get_type_hints, is_typeddict

from masquerade.cli.answers import ANSWERS, SILENT
from masquerade.cli.app import COMMANDS
from masquerade.cli.exit_codes import EXIT_CODES
from masquerade.cli.lazy import aliases, every
from masquerade.cli.old_names import OLD_OPTIONS, UNTIL

_NAMES = {str: "text", int: "integer", float: "number", bool: "true or false", type(None): "null"}
PAGE = Path(__file__).parent / "reference" / "cli.md"
INTRODUCTION = """\
# The command line, for scripts

Results go to stdout; progress, notes and errors to stderr. This page is written by `python docs/cli_reference.py`.

## Exit codes

All commands have these, and no others:
"""
JSON = """
`verify` and `doctor` exit with 2 if something is damaged or missing. If every photo fails, nothing was done:
the code is 4, not 2.

## JSON

With `--json` a command prints one JSON object a line to stdout: one line, or one for each row (photo, person, study).
Errors stay text on stderr; the exit code says what happened. A field is never left out; it is null where there is
nothing to say. Until 1.0, fields are added, but not renamed or removed, without a line in the changelog.
"""


def page() -> str:
    """The text of the page."""
    codes = [
        "| code | meaning |",
        "|---|---|",
        *(f"| {code} | {words} |" for code, words in EXIT_CODES.items()),
    ]
    return "\n".join([INTRODUCTION, *codes, JSON, *_answers(), *_silent(), *_old_names()]) + "\n"


def _answers() -> Iterator[str]:
    commands: dict[type, list[str]] = {}
    for name, kinds in ANSWERS.items():
        for kind in kinds:
            commands.setdefault(kind, []).append(f"`{name}`")
    for kind, names in commands.items():
        yield f"### {', '.join(names)}\n"
        yield f"{' '.join((kind.__doc__ or '').split())}\n"
        yield from ("| field | type |", "|---|---|")
        for field, about in get_type_hints(kind).items():
            yield f"| `{field}` | {said(about)} |"
        yield ""


def said(kind: Any) -> str:  # noqa: ANN401 - any annotation
    """A type in words."""
    if is_typeddict(kind):
        return "object: " + ", ".join(
            f"`{field}` {said(each)}" for field, each in get_type_hints(kind).items()
        )
    origin, inner = get_origin(kind), get_args(kind)
    if origin is list:
        return f"list of {said(inner[0])}"
    if origin is dict:
        return f"object of {said(inner[1])}"
    if inner:
        return " or ".join(map(said, inner))
    return _NAMES[kind]


def _silent() -> Iterator[str]:
    yield "Without `--json`:\n"
    for name, why in SILENT.items():
        yield f"- `{name}`: {why}"


def _old_names() -> Iterator[str]:
    yield f"\n## Old names\n\nThey work until version {UNTIL}; a note on stderr says the new name.\n"
    yield from ("| old | new |", "|---|---|")
    yield "| `predict` | `identify`; with `--enrol`, `enrol`; with `--embed`, `embed` |"
    yield "| `audit STUDY` | `study run STUDY` |"
    for old, alias in aliases(COMMANDS):
        yield f"| `{old}` | `{alias.new}` |"
    places = {command.place: name for name, command in every(COMMANDS)}
    for place, renamed in OLD_OPTIONS.items():
        for option, new in renamed.items():
            yield f"| `{places[place]} {option}` | `{places[place]} {new}` |"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
