"""Measures everything, prints a table, writes bench/results.json: python -m bench"""

import json
import platform
from pathlib import Path

import torch
from rich.console import Console
from rich.table import Table

from bench import disguised_nets, xnn
from bench.measure import Row

RESULTS = Path(__file__).parent / "results.json"
SYSTEMS = (disguised_nets, xnn)


def main() -> None:
    """Measure all systems."""
    rows: list[Row] = []
    table = Table(
        "name",
        "value",
        "ratio",
        "target",
        "met",
        title=f"{platform.machine()}, {torch.get_num_threads()} threads",
    )
    for system in SYSTEMS:
        for row in system.rows():
            rows.append(row)
            ratio = "" if row.ratio is None else f"{row.ratio:.2f}"
            met = {True: "yes", False: "NO", None: ""}[row.met]
            table.add_row(row.name, f"{row.value:.3g} {row.unit}", ratio, str(row.target or ""), met)
            print(row.name, f"{row.value:.3g}", row.unit, ratio, met, flush=True)
    Console().print(table)
    RESULTS.write_text(
        json.dumps([row.plain() for row in rows], indent=2, ensure_ascii=False) + "\n", "utf-8"
    )


if __name__ == "__main__":
    main()
