"""Numbers of what every attack, disguise, metric and training gives on a small input; run it as a program.

``PYTHONPATH=tests:tests/support python tests/contract/revision_numbers.py [NAME ...]`` measures those whose
revision was raised, and new ones, and writes ``revisions.json``. It refuses to write another output under the
same revision: first raise the revision. With ``--spread`` it measures all again on the kinds of processor that
torch can play here, and keeps how far they differ.
"""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import torch
from attack_scenes import SCENES, answer
from metric_scenes import score_of
from training_scenes import TRAININGS

from masquerade.attacks.base import Guess, Labels, Membership, Ranking, Reconstruction, Tracking
from masquerade.audit.revisions import now
from masquerade.metrics.base import Truth

STORED: Final = Path(__file__).with_name("revisions.json")
KINDS: Final = ("attack", "disguise", "metric", "training")
"""Of which there are numbers; views, grades and what stands beside them have tests of their own."""
Numbers = dict[str, float]
PROCESSORS: Final[tuple[dict[str, str], ...]] = (
    {},
    {"ATEN_CPU_CAPABILITY": "avx2", "ONEDNN_MAX_CPU_ISA": "AVX2"},
    {"ATEN_CPU_CAPABILITY": "default", "ONEDNN_MAX_CPU_ISA": "SSE41"},
)
"""As this one is; and older ones, as far as torch and its libraries can be told."""
FLOORS: Final = {"score": 0.03, "chance": 1e-3}
"""Differences that are let pass at least, of numbers between 0 and 1; of others a share of their size."""
SHARE: Final = 0.02


def names() -> list[str]:
    """Whatever must have numbers."""
    return [name for name in now() if name.split(" ")[0] in KINDS]


def measured(name: str) -> Numbers:
    """The numbers of one of them.

    Raises:
        KeyError: If it has no scene.
    """
    kind, own = name.split(" ", 1)
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        match kind:
            case "attack":
                return _of_attack(own)
            case "metric":
                score = score_of(own)
                return {"score": score.value, "chance": score.chance}
            case "training":
                return TRAININGS[own]()
            case _:
                return _of_disguise(own)
    finally:
        torch.set_num_threads(threads)


def allowed(name: str, number: str, stored: Mapping[str, float], spread: Mapping[str, float]) -> float:
    """How far a number may lie from what is stored: three times what processors differ by, or a small share."""
    least = FLOORS.get(number, SHARE * abs(stored[number]) + 1e-6)
    return max(least, 3 * spread.get(number, 0.0))


def moved(name: str, found: Numbers, entry: Mapping[str, Mapping[str, float]]) -> list[str]:
    """The numbers that are another now, in words."""
    stored, spread = entry["numbers"], entry.get("spread", {})
    return [
        f"{name}: {number} was {before:.4g}, now {found.get(number, float('nan')):.4g}"
        for number, before in stored.items()
        if not abs(found.get(number, float("nan")) - before) <= allowed(name, number, stored, spread)
    ]


def _of_attack(name: str) -> Numbers:
    if name not in SCENES:
        raise KeyError(name)
    guess, truth, _ = answer(name)
    return {**_right(guess, truth), **_summary(guess)}


def _right(guess: Guess, truth: Truth) -> Numbers:
    """How far a guess is right, counted here: another metric is no other attack."""
    n = len(truth.identities)
    match guess:
        case Reconstruction(images=images):
            return {"error": float((images[:n] - truth.originals).abs().mean())}
        case Ranking(similarity=rows) if truth.candidate_rows is not None:
            known = truth.candidate_rows >= 0
            return {"score": float((rows[:n].argmax(1) == truth.candidate_rows)[known].float().mean())}
        case Labels(labels=labels):
            return {"score": float((labels[:n] == truth.identities).float().mean())}
        case Membership(scores=scores) if truth.members is not None and len(scores) == len(truth.members):
            return {"between": float(scores[truth.members].mean() - scores[~truth.members].mean())}
        case Tracking(named=named) if truth.sighting_identities is not None:
            users = torch.arange(len(named))[:, None]
            right = (named == truth.sighting_identities) & (truth.sighting_identities == users)
            return {"score": float(right.float().sum() / (truth.sighting_identities == users).sum())}
        case _:
            return {}


def _summary(guess: Guess) -> Numbers:
    match guess:
        case Reconstruction(images=images):
            return {"mean": float(images.mean()), "deviation": float(images.std())}
        case Ranking(similarity=rows) | Membership(scores=rows):
            return {"deviation": float(rows.double().std())}
        case Labels(labels=labels):
            return {"different": float(len(torch.unique(labels)))}
        case Tracking(named=named):
            return {"different": float(len(torch.unique(named)))}


def _of_disguise(name: str) -> Numbers:
    from test_disguises import INSTANCES, KEY, SHAPE, photos

    disguise = next(each for each in INSTANCES if type(each).__name__ == name)
    shown = disguise.with_key(KEY, SHAPE)(photos(8)).double()
    steps = torch.linspace(1, 2, shown[0].numel(), dtype=torch.float64)
    return {
        "mean": float(shown.abs().mean()),
        "deviation": float(shown.std()),
        "inside": float((shown.flatten(1) @ steps).abs().mean()),
    }


def main(asked: list[str]) -> int:
    """Measure, compare, write."""
    some = [each for each in asked if each in names()] or names()
    if "--print" in asked:
        print(json.dumps({name: measured(name) for name in some}))
        return 0
    stored = json.loads(STORED.read_text("utf-8")) if STORED.exists() else {}
    if "--spread" in asked:
        return _write(_with_spread(stored, some))
    today = now()
    failed = 0
    for name in some:
        try:
            found = measured(name)
        except KeyError:
            print(
                f"{name} has no scene: add a row to attack_scenes.py, metric_scenes.py or training_scenes.py"
            )
            failed = 1
            continue
        entry = stored.get(name)
        if entry and entry["revision"] == today[name]:
            for line in moved(name, found, entry):
                print(f"{line}; raise its revision first")
                failed = 1
            continue
        stored[name] = {"revision": today[name], "numbers": found}
    return _write({name: stored[name] for name in names() if name in stored}) or failed


def _with_spread(stored: dict[str, dict[str, object]], some: list[str]) -> dict[str, dict[str, object]]:
    runs = [_elsewhere(settings, some) for settings in PROCESSORS]
    for name in some:
        numbers = stored[name]["numbers"]
        assert isinstance(numbers, dict)
        spread = {k: max(abs(run[name][k] - before) for run in runs) for k, before in numbers.items()}
        stored[name]["spread"] = {
            k: _rounded(v) for k, v in spread.items() if v > 1e-6 * (1 + abs(numbers[k]))
        }
    return stored


def _elsewhere(settings: dict[str, str], some: list[str]) -> dict[str, Numbers]:
    done = subprocess.run(
        [sys.executable, "-W", "ignore", __file__, "--print", *some],
        check=True,
        capture_output=True,
        text=True,
        env={**os.environ, **settings},
    )
    found: dict[str, Numbers] = json.loads(done.stdout.splitlines()[-1])
    return found


def _rounded(value: float) -> float:
    return float(f"{value:.3g}")


def _write(stored: dict[str, dict[str, object]]) -> int:
    lines = ",\n".join(f" {json.dumps(name)}: {json.dumps(entry)}" for name, entry in sorted(stored.items()))
    STORED.write_text(f"{{\n{lines}\n}}\n", "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
