"""Writes into the package what the operator's console shows of hyperobf_collusion; run it as a script."""

import json
from pathlib import Path

import masquerade
from masquerade.audit.results import Leak, Measurement, Report

REPORT = Path(__file__).parent / "results" / "hyperobf_collusion.json"
EXTRACT = Path(masquerade.__file__).parent / "service" / "masknets" / "leaks.json"
MOST = 100
"""MaskNets of the attacks that end in ``_hundred``."""


def extract() -> str:
    """The extract's text."""
    report = Report.model_validate_json(REPORT.read_text(encoding="utf-8"))
    arms = {arm.name: {leak.attack: leak for leak in arm.leaks} for arm in report.arms}
    cloaked, clean = arms["hyperobf"], _headline(arms["none"]["linear"])
    recognised = [(int(point.x), point.y) for point in report.curves[0].points]
    recognised.append((MOST, _headline(cloaked["linear_hundred"])))
    removed = [(1, _headline(cloaked["energy"])), (MOST, _headline(cloaked["energy_hundred"]))]
    plain = {
        "study": report.study,
        "digest": report.digest,
        "people": clean.identities,
        "chance": clean.chance,
        "clean": _plain(0, clean),
        "recognised": [_plain(*point) for point in recognised],
        "removed": [_plain(*point) for point in removed],
    }
    return json.dumps(plain, indent=2) + "\n"


def _headline(leak: Leak) -> Measurement:
    if leak.headline is None:
        raise ValueError(f"{leak.attack} did not run: {leak.reason}")
    return leak.headline


def _plain(masknets: int, measured: Measurement) -> dict[str, float]:
    return {"masknets": masknets, "value": measured.value, "low": measured.low, "high": measured.high}


if __name__ == "__main__":
    EXTRACT.write_text(extract(), encoding="utf-8")
