"""Writes into each report in studies/results what has moved since it was measured; run it as a script.

A test compares: whoever raises a revision runs it, then ``studies/results_page.py`` and ``studies/verdicts.py``.
"""

import json
from pathlib import Path

from committed import RESULTS, report

from masquerade.audit.staleness import stale
from masquerade.audit.studies.study_file import load_study
from masquerade.cli.studies import shipped_studies


def main() -> None:
    """Write the field into the reports; all else in them stays as it is."""
    for path in sorted(RESULTS.glob("*.json")):
        said = json.loads(path.read_text("utf-8"))
        path.write_text(_with(said, moved_since(path)), "utf-8")


def moved_since(path: Path) -> list[str]:
    """What today's code says of a committed report."""
    file = shipped_studies().get(path.stem)
    return stale(report(path.stem), None if file is None else load_study(file))


def _with(said: dict[str, object], moved: list[str]) -> str:
    before = {
        name: said[name]
        for name in ("format", "version", "masquerade", "commit", "older", "revisions", "date")
        if name in said
    }
    rest = {name: value for name, value in said.items() if name not in {*before, "stale"}}
    return json.dumps({**before, "stale": moved, **rest}, indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    main()
