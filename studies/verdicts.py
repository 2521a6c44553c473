"""Condenses the grades in studies/results into a file that ships with the package; run it as a script."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from budget import budget
from committed import committed, report

from masquerade.audit.results import Arm, Report
from masquerade.audit.studies.expected import ARM_SECONDS, SECONDS, SHARES
from masquerade.audit.studies.study import ArmSpec
from masquerade.audit.studies.study_file import load_study
from masquerade.cli.studies import shipped_studies
from masquerade.cloaking.check import THRESHOLDS
from masquerade.cloaking.methods import LOOKS, cloak_with
from masquerade.cloaking.worth import MEASURED, TRANSFERABLE, CloakWorth, TransferWorth
from masquerade.recipes import current_name
from masquerade.recipes.measured import VERDICTS, MeasuredVerdict, parameters_digest
from masquerade.released.verdict import Strongest, Verdict
from masquerade.report.verdict import advantages, strongest
from masquerade.report.words import SIGHTS, interval, meaning, on_terminals

CLOAK_SCORES = Path(__file__).with_name("cloaks.json")
TELLS_PEOPLE = 0.8
"""Rank-1 on photos as they are, from which on a recogniser says something of a cloak."""
WORST_LAST = ("UNPROTECTED", "NOT BROKEN BY THE ATTACKS RUN", "INCOMPLETE", "WEAKENED", "BROKEN")
Rank = tuple[int, bool, float, float]
"""Of a verdict: its grade, whether today's code measured it, and how far the strongest attack got."""


CLOAKS = {
    "one-pass": ("hyperobf_trackers", "one-pass"),
    "optimised": ("hyperobf_felt", "hyperobf"),
    "recogniser": ("hyperobf_felt", "felt-80"),
    "recogniser-one-pass": ("hyperobf_felt", "felt-one-pass"),
}
"""Which arm of which study is which way of cloaking."""
RECOGNISERS = {
    "sface": "SFace",
    "nearest_sface": "SFace",
    "dlib": "dlib",
    "nearest_dlib": "dlib",
    "dlib_resize": "dlib, once the photos had been made smaller",
}
"""Attacks by recognisers that learned from other photos, the strongest first where they are equal."""


def main() -> None:
    """Write the files."""
    VERDICTS.write_text(condensed(), encoding="utf-8")
    MEASURED.write_text(cloaks(), encoding="utf-8")
    TRANSFERABLE.write_text(transferable(), encoding="utf-8")
    THRESHOLDS.write_text(thresholds(), encoding="utf-8")
    SECONDS.write_text(seconds(), encoding="utf-8")
    ARM_SECONDS.write_text(arm_seconds(), encoding="utf-8")
    SHARES.write_text(shares(), encoding="utf-8")


def seconds() -> str:
    """What studies take: those of the results in the place of what is said of them now."""
    known = json.loads(SECONDS.read_text("utf-8"))
    for each in committed():
        known.setdefault(each.study, {})[each.profile] = round(each.seconds)
    return json.dumps(known, indent=1, sort_keys=True) + "\n"


def shares() -> str:
    """What each study may cost, hours of one core, for `audit --dry-run`."""
    return json.dumps(budget().studies, indent=1, sort_keys=True) + "\n"


def arm_seconds() -> str:
    """What a piece of each arm took on average: an attack, or the training."""
    found = {
        each.study: {
            arm.name: round(arm.seconds / (len(arm.leaks) + 1) / len(each.seeds), 2) for arm in each.arms
        }
        for each in committed()
        if each.profile == "laptop"
    }
    return json.dumps(found, indent=1, sort_keys=True) + "\n"


def cloaks() -> str:
    """What each way of cloaking is worth, against the recogniser that it fooled least."""
    found = [_cloak(method, *where).model_dump(mode="json") for method, where in CLOAKS.items()]
    return json.dumps(found, indent=1) + "\n"


def _cloak(method: str, study: str, name: str) -> CloakWorth:
    (arm,) = (arm for arm in report(study).arms if arm.name == name)
    ran = {leak.attack: leak.headline for leak in arm.leaks if leak.headline and leak.status == "ran"}
    values = {attack: ran[attack].value for attack in RECOGNISERS if attack in ran}
    best = max(values, key=lambda attack: values[attack])
    return CloakWorth(
        method=method,
        recogniser=RECOGNISERS[best],
        recognised=round(values[best], 3),
        study=study,
        parameters={key: value for key, value in arm.recipe.items() if key != "source"},
    )


def thresholds() -> str:
    """Cosines at which good recognisers take a stranger for the person once in 1,000."""
    told = json.loads(CLOAK_SCORES.read_text("utf-8"))
    clean = told["arms"]["none"]["judges"]
    found = {
        name: least for name, least in told["thresholds"].items() if clean[name]["rank1"] >= TELLS_PEOPLE
    }
    return json.dumps(found, indent=1) + "\n"


def transferable() -> str:
    """What the cloak without a MaskNet is worth, as ``score_cloaks.py`` measured it with good recognisers."""
    told = json.loads(CLOAK_SCORES.read_text("utf-8"))
    found = [
        _transferable(told, look, arm)
        for look, arm in zip(LOOKS, ("shipped", "shipped, visible"), strict=True)
    ]
    return json.dumps([each.model_dump(mode="json") for each in found], indent=1) + "\n"


def _transferable(told: dict[str, Any], look: str, arm: str) -> TransferWorth:
    clean = {name: score["rank1"] for name, score in told["arms"]["none"]["judges"].items()}
    cloaked = {name: score["rank1"] for name, score in told["arms"][arm]["judges"].items()}
    outside = [name for name in told["arms"][arm]["outside"] if clean[name] >= TELLS_PEOPLE]
    most, least = (choose(outside, key=lambda name: cloaked[name]) for choose in (max, min))
    learned = [told["adaptive"][how] for how in told["adaptive"] if how.endswith("pairs")]
    return TransferWorth(
        look=look,
        recogniser=most,
        recognised=cloaked[most],
        least=cloaked[least],
        clean=clean[most],
        adaptive=max(s["rank1"] for row in learned for s in row.values()) if arm == "shipped" else None,
        people=told["people"],
        gallery=told["gallery"],
        parameters=json.loads(json.dumps(cloak_with(None, "transferable", look).describe())),
    )


def condensed() -> str:
    """The file's text: of every protection that was measured its worst grade, the worst first."""
    worst: dict[str, tuple[Rank, MeasuredVerdict]] = {}
    names: dict[str, str] = {}
    for each in committed():
        for rank, found in _measured(each):
            names[found.digest] = names.get(found.digest) or found.recipe
            if found.digest not in worst or rank > worst[found.digest][0]:
                worst[found.digest] = (rank, found)
    ordered = [found for _, found in sorted(worst.values(), key=lambda pair: (pair[0], pair[1].digest))][::-1]
    named = [found.model_copy(update={"recipe": names[found.digest]}) for found in ordered]
    return json.dumps([found.model_dump(mode="json") for found in named], indent=1) + "\n"


def _measured(report: Report) -> Iterator[tuple[Rank, MeasuredVerdict]]:
    said = {arm.name: arm for arm in load_study(shipped_studies()[report.study]).arms}
    for arm in report.arms:
        spec = said.get(arm.name)
        if spec is None or spec.repeats != "cached":  # what a release does: the same photos, the same answers
            continue
        channels, height, width = report.data.shape
        shape = (channels, spec.side or height, spec.side or width)
        yield (
            _rank(arm, report),
            MeasuredVerdict(
                recipe=_unchanged(spec),
                digest=parameters_digest(arm.recipe, shape),
                verdict=_verdict(report, arm),
            ),
        )


def _unchanged(spec: ArmSpec) -> str:
    """The name of the recipe, if the study took it as it is."""
    changed = spec.change or spec.encoder or spec.encoded_by or spec.noise
    return "" if changed or spec.recipe is None else current_name(spec.recipe)


def _rank(arm: Arm, report: Report) -> Rank:
    leak = strongest(arm)
    reached = advantages(leak) if leak else None
    return (
        WORST_LAST.index(arm.grade),
        not report.stale,
        *((reached[1], reached[0]) if reached else (0.0, 0.0)),
    )


def _verdict(report: Report, arm: Arm) -> Verdict:
    leak = strongest(arm)
    found = None
    if leak is not None and (measured := leak.headline) is not None:
        found = Strongest(
            attack=leak.attack,
            metric=measured.metric,
            value=measured.value,
            chance=measured.chance,
            low=measured.low,
            high=measured.high,
            needs=tuple(SIGHTS.get(sight, sight) for sight in leak.shows),
            found=on_terminals(f"{meaning(measured)} (95 % interval {interval(measured)}.)"),
        )
    return Verdict(
        state="measured", grade=arm.grade, study=report.study, strongest=found, older_code=bool(report.stale)
    )


if __name__ == "__main__":
    main()
