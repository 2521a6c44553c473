"""Measures everything, prints a table, writes bench/results.json: python -m bench, or python -m bench hyperobf"""

import json
import platform
import sys
from pathlib import Path

import torch
from rich.console import Console
from rich.table import Table

from bench import command, crafter, disguised_nets, hyperobf, page, sealed, service, xnn
from bench.measure import Row

RESULTS = Path(__file__).parent / "results.json"
SYSTEMS = {
    "disguised_nets": disguised_nets,
    "xnn": xnn,
    "hyperobf": hyperobf,
    "crafter": crafter,
    "sealed": sealed,
    "service": service,
    "page": page,
    "command": command,
}


def main(wanted: list[str]) -> None:
    """Measure the systems named, or all of them; the others' rows stay as they are."""
    rows: list[Row] = []
    kept = [row for row in _measured_before() if str(row["name"]).split(".")[0] not in (wanted or SYSTEMS)]
    table = Table(
        "name",
        "value",
        "ratio",
        "target",
        "met",
        title=f"{platform.machine()}, {torch.get_num_threads()} threads",
    )
    for name in wanted or SYSTEMS:
        for row in SYSTEMS[name].rows():
            rows.append(row)
            ratio = "" if row.ratio is None else f"{row.ratio:.3g}"
            met = {True: "yes", False: "NO", None: ""}[row.met]
            table.add_row(row.name, f"{row.value:.3g} {row.unit}", ratio, str(row.target or ""), met)
            print(row.name, f"{row.value:.3g}", row.unit, ratio, met, flush=True)
            plain = [*kept, *(row.plain() for row in rows)]  # written at once: a long bench may be cut off
            RESULTS.write_text(json.dumps(plain, indent=2, ensure_ascii=False) + "\n", "utf-8")
    Console().print(table)


def _measured_before() -> list[dict[str, object]]:
    known: list[dict[str, object]] = json.loads(RESULTS.read_text("utf-8")) if RESULTS.exists() else []
    return known


if __name__ == "__main__":
    main(sys.argv[1:])
