"""Who is named from features of CelebA's 60 people, by attackers who need no picture: studies/score_identity.py DATA.

Photos and protections are those of crafter_baselines, of which those without a file of their own are run. The rows go
to studies/identity.json; ``--table`` prints the guide's table from it.
"""

import argparse
import json
from pathlib import Path
from typing import Any

import numpy as np
import torch

from masquerade.attacks import attack_named
from masquerade.attacks.base import Sight
from masquerade.audit.scenes.encoded import EncodedScenes
from masquerade.audit.scenes.scene import make_scene
from masquerade.audit.scenes.views import Budget, build_view
from masquerade.audit.studies.study_file import load_study
from masquerade.audit.trial import Trial
from masquerade.cli.studies import shipped_studies
from masquerade.metrics import identification

FILE = Path(__file__).with_name("identity.json")
ARMS = {
    "none": "as they are",
    "noise": "Gaussian noise, deviation 3",
    "amortised": "amortised Crafter, beta 0.25",
}
ATTACKS: dict[str, tuple[str, dict[str, Any]]] = {
    "nearest": ("feature_identity", {"best": 1}),
    "three best": ("feature_identity", {}),
    "three best, denoised": ("feature_identity", {"queries": 400}),
    "discriminant": ("feature_lda", {}),
    "discriminant that knows the noise": ("feature_lda", {"queries": 1200}),
    "through SFace": ("feature_recogniser", {"queries": 400}),
}
SIGHTS = frozenset({Sight.GALLERY, Sight.PUBLIC, Sight.SPLIT, Sight.QUERY})


def measured(data: Path) -> dict[str, dict[str, list[float]]]:
    """Value and interval in percent, by protection and attack."""
    study = load_study(shipped_studies()["crafter_baselines"]).at("laptop")
    scenes = EncodedScenes(make_scene(study.data, data), None)
    (spec,) = (attack for attack in study.attacks if attack.title == "feature_identity")
    found: dict[str, dict[str, list[float]]] = {}
    for arm in (arm for arm in study.arms if arm.name in ARMS):
        trial = Trial(scenes, arm, study.training, 0)
        view, truth = build_view(trial, spec, SIGHTS, Budget(500, None), np.random.default_rng([0, 2]))
        found[arm.name] = {}
        for title, (name, options) in ATTACKS.items():
            score = identification(attack_named(name, options)(view, np.random.default_rng(0)), truth)
            found[arm.name][title] = [round(100 * part, 1) for part in (score.value, score.low, score.high)]
    return found


def table() -> str:
    """The guide's table: a row for each protection."""
    rows = json.loads(FILE.read_text(encoding="utf-8"))
    lines = [f"| features | {' | '.join(ATTACKS)} |", "|---" * (len(ATTACKS) + 1) + "|"]
    for name, title in ARMS.items():
        cells = [_cell(rows[name].get(attack)) for attack in ATTACKS]
        lines.append(f"| {title} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def _cell(told: list[float] | None) -> str:
    return "" if told is None else f"{told[0]:.1f} [{told[1]:.1f}, {told[2]:.1f}]"


def main() -> None:
    """Measure, or print the table."""
    told = argparse.ArgumentParser(description=__doc__)
    told.add_argument("data", type=Path, nargs="?")
    told.add_argument("--table", action="store_true")
    said = told.parse_args()
    if said.table:
        print(table())
        return
    FILE.write_text(json.dumps(measured(said.data), indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    torch.set_num_threads(1)
    main()
