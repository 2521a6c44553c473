"""Runs studies at the quick profile, one after the other, and says what each took of one core.

``python studies/quick.py [--dry-run] [--keep] [NAMES ...]``; without names, all. Data come from MASQUERADE_DATA.
Studies that need networks which are not here are passed over with a word. With ``--keep`` the seconds go into the
package, where ``audit --dry-run`` reads them.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from masquerade.audit.studies.expected import SECONDS
from masquerade.cli.studies import shipped_studies

MISSING: Final = 4
"""Exit code of an audit whose networks are not here."""
MOST: Final = 300
"""Processor seconds that a study may take."""


def main() -> int:
    """Run them; the exit code is 1 if one failed or took too long."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("names", nargs="*", default=list(shipped_studies()))
    asked.add_argument("--dry-run", action="store_true")
    asked.add_argument("--keep", action="store_true")
    args = asked.parse_args()
    took = {name: _run(name, dry=args.dry_run) for name in args.names}
    if args.keep:
        _keep({name: seconds for name, seconds in took.items() if seconds})
    return int(any(seconds is not None and not 0 < seconds <= MOST for seconds in took.values()))


def _run(name: str, *, dry: bool) -> float | None:
    """Processor seconds; None if networks are missing, 0 if the audit failed."""
    with tempfile.TemporaryDirectory() as folder:
        out = [*_audit(name), "-o", f"{folder}/report"]
        checked = subprocess.run(  # noqa: S603
            [*out, "--dry-run"], check=False, capture_output=True, text=True
        )
        if checked.returncode == MISSING:
            print(f"{name:28} passed over: {checked.stderr.strip().splitlines()[-1][:200]}", flush=True)
            return None
        before = os.times()
        code = checked.returncode or (0 if dry else _watched(out, Path(folder) / "log"))
        after = os.times()
        seconds = after.children_user + after.children_system - before.children_user - before.children_system
        said = f"{seconds:4.0f} s" if not dry else "sound"
        print(f"{name:28} {said if code == 0 else f'FAILED with {code} after {seconds:.0f} s'}", flush=True)
        if code:
            print(
                (checked.stderr if dry or checked.returncode else (Path(folder) / "log").read_text())[-800:],
                flush=True,
            )
        return (max(seconds, 0.1) if not dry else 1.0) if code == 0 else 0.0


def _audit(name: str) -> list[str]:
    return [
        sys.executable,
        "-c",
        "import masquerade.cli; masquerade.cli.main()",
        "study",
        "run",
        name,
        "--profile",
        "quick",
    ]


def _watched(command: list[str], log: Path) -> int:
    """Run with one thread, what it says in a file."""
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
    with log.open("w") as file:
        return subprocess.run(  # noqa: S603
            command, check=False, stdout=file, stderr=file, env=environment
        ).returncode


def _keep(took: Mapping[str, float]) -> None:
    known = json.loads(SECONDS.read_text("utf-8"))
    for name, seconds in took.items():
        known.setdefault(name, {})["quick"] = round(seconds)
    SECONDS.write_text(json.dumps(known, indent=1, sort_keys=True) + "\n", "utf-8")


if __name__ == "__main__":
    sys.exit(main())
