"""Runs a session: a text file of commands, what they print, and how they exit.

A line that begins with ``$`` is a command of masquerade; the lines below are its output (stdout, then stderr),
where ``…`` stands for any text; ``[2]`` says its exit code, if not 0. Lines with ``#`` are remarks.
"""

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path


@dataclass
class Step:
    """One command of a session."""

    command: list[str]
    line: int
    expected: list[str] = field(default_factory=list)
    code: int = 0


def steps(path: Path) -> Iterator[Step]:
    """The commands of a session file, in order."""
    step: Step | None = None
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        if line.startswith("$ "):
            if step:
                yield step
            step = Step(shlex.split(line[2:]), number)
        elif step and (code := re.fullmatch(r"\[(\d+)\]", line)):
            step.code = int(code[1])
        elif step and line and not line.startswith("#"):
            step.expected.append(line)
    if step:
        yield step


def matches(expected: list[str], printed: str) -> bool:
    """Whether every expected line occurs, in order."""
    lines = iter(printed.splitlines())
    return all(any(_pattern(wanted).fullmatch(line.rstrip()) for line in lines) for wanted in expected)


def _pattern(line: str) -> re.Pattern[str]:
    return re.compile(".*".join(re.escape(part) for part in line.split("…")))
