"""Small commands: processor time of a whole process, beside one that loads the library of the command line alone."""

import resource
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from bench.measure import Row
from masquerade.keys import Key

REPEATS = 9
CALL = "from masquerade.cli import main; main()"
ALONE = "import typer"
LARGEST = 8.0
"""Half a second where the other one takes a sixteenth, as on the machine of the results."""


def rows() -> Iterator[Row]:
    """Processor seconds, the least of some repeats taken in turn."""
    with tempfile.TemporaryDirectory() as folder:
        key = Path(folder) / "a.key"
        Key.generate().save(key)
        commands = {
            "help": ["--help"],
            "key-show": ["key", "show", str(key)],
            "list-studies": ["list", "studies"],
        }
        taken: dict[str, list[float]] = {name: [] for name in ("alone", *commands)}
        for _ in range(REPEATS):
            taken["alone"].append(seconds(ALONE))
            for name, words in commands.items():
                taken[name].append(seconds(CALL, *words))
    alone = min(taken["alone"])
    for name in commands:
        value = min(taken[name])
        yield Row(f"command.{name}", value, "s", f"python -c '{ALONE}'", value / alone, LARGEST)


def seconds(code: str, *words: str) -> float:
    """Processor seconds of a new Python."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, "-c", code, *words], check=True, stdout=subprocess.DEVNULL)  # noqa: S603
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
