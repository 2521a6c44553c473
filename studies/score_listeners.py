"""What XNN-d's noise leaves to listeners and to who asks: studies/score_listeners.py DATA AMOUNT SEED [ATTACK ...].

People and training are those of xnn_table4. The column goes to studies/listeners.json; without attacks, those that
train nothing are run. ``--table`` prints the guide's table from the file.
"""

import argparse
import json
from pathlib import Path
from typing import Any

import numpy as np
import torch

from masquerade.attacks import attack_named
from masquerade.attacks.base import Labelled, View
from masquerade.audit.scenes.distilled import DistilledNetworks
from masquerade.audit.scenes.encoded import EncodedScenes
from masquerade.audit.scenes.scene import make_scene
from masquerade.audit.studies.study import NoiseSpec
from masquerade.audit.studies.study_file import load_study
from masquerade.audit.trial import Trial, noise_settings
from masquerade.cli.studies import shipped_studies
from masquerade.encoders.noise_encoder import token_norm
from masquerade.metrics import Score, linkage, noise_constant_share, rank1, recognition
from masquerade.metrics.base import Truth
from masquerade.training import embeddings
from masquerade.training.xnn_d import Faces, obfuscated

FILE = Path(__file__).with_name("listeners.json")
UNTRAINED: dict[str, tuple[str, dict[str, Any]]] = {
    "cosine, as intercepted": ("cosine_listener", {"centres": False}),
    "cosine, means off": ("cosine_listener", {}),
    "discriminant": ("discriminant_listener", {}),
    "answers compared": ("black_box", {"steps": 0}),
}
TRAINED: dict[str, tuple[str, dict[str, Any]]] = {
    "eavesdropper": ("eavesdropper", {}),
    "centring eavesdropper": ("centring_eavesdropper", {}),
    "rescaling eavesdropper": ("centring_eavesdropper", {"rescales": True}),
    "black box": ("black_box", {}),
}
ROWS = ("constant share", "recognition", *UNTRAINED, *TRAINED)


def row(data: Path, amount: float, seed: int, more: list[str]) -> dict[str, Any]:
    """One column of the table."""
    study = load_study(shipped_studies()["xnn_table4"]).at("laptop")
    scenes = EncodedScenes(make_scene(study.data, data), None)
    scene = Trial(scenes, study.arms[0], study.training, 0).scene
    made = DistilledNetworks(
        scene.train, noise_settings(NoiseSpec(amount=amount), study.training, "row"), seed
    )
    people = scene.test.labels
    seen = obfuscated(made.noise, Faces(scene.test.images.float(), people))
    noise = seen - token_norm(scene.test.images.float())
    found: dict[str, Any] = {"amount": amount, "seed": seed}
    if amount:
        found["constant share"] = _told(noise_constant_share(noise, people))
    if "recognition" in more:
        found["recognition"] = _told(recognition(embeddings(made.student, seen), people))
    view = View(
        seen,
        public=Labelled(scene.public.images.float(), scene.public.labels),
        candidates=scene.test.images.float(),
        query=lambda maps: obfuscated(made.noise, Faces(maps.float(), torch.zeros(len(maps)).long())),
    )
    own = torch.arange(len(people))
    truth = Truth(scene.test.images.float(), people, candidate_rows=own, candidate_identities=people)
    for title, (name, options) in (
        UNTRAINED | {title: TRAINED[title] for title in more if title in TRAINED}
    ).items():
        guess = attack_named(name, options)(view, np.random.default_rng([seed, 2]))
        found[title] = [*_told(rank1(guess, truth)), round(100 * linkage(guess, truth).value, 1)]
    return found


def _told(score: Score) -> list[float]:
    return [round(100 * number, 1) for number in (score.value, score.low, score.high)]


def table() -> str:
    """The guide's table: a column for each amount and seed."""
    columns = json.loads(FILE.read_text(encoding="utf-8"))
    head = [
        f"noise {each['amount']:g}, seed {each['seed']}" if each["amount"] else "no noise" for each in columns
    ]
    lines = [f"| rank-1, % | {' | '.join(head)} |", "|---" * (len(head) + 1) + "|"]
    for title in ROWS:
        cells = [f"{each[title][0]:.1f}" if title in each else "" for each in columns]
        lines.append(f"| {title} | {' | '.join(cells)} |")
    linked = [f"{each['cosine, means off'][3]:.1f}" for each in columns]
    lines.append(f"| the same photo, by cosine, means off | {' | '.join(linked)} |")
    return "\n".join(lines) + "\n"


def main() -> None:
    """Measure a column, or print the table."""
    told = argparse.ArgumentParser(description=__doc__)
    told.add_argument("data", type=Path, nargs="?")
    told.add_argument("amount", type=float, nargs="?")
    told.add_argument("seed", type=int, nargs="?", default=0)
    told.add_argument("attacks", nargs="*", choices=[[], "recognition", *TRAINED])
    told.add_argument("--table", action="store_true")
    said = told.parse_args()
    if said.table:
        print(table())
        return
    columns = json.loads(FILE.read_text(encoding="utf-8")) if FILE.exists() else []
    new = row(said.data, said.amount, said.seed, said.attacks)
    old = [each for each in columns if (each["amount"], each["seed"]) != (new["amount"], new["seed"])]
    both = sorted([*old, new], key=lambda each: (each["amount"], each["seed"]))
    FILE.write_text(json.dumps(both, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    torch.set_num_threads(1)
    main()
