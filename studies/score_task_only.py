"""Who is named from answers in a few numbers, beside other protections: studies/score_task_only.py DATA.

    python studies/score_task_only.py DATA                        # CelebA's 60 people, all attackers
    python studies/score_task_only.py DATA --people lfw           # LFW's 62, whom the encoder never saw
    python studies/score_task_only.py DATA --decoders             # pictures, by decoders that learn along
    python studies/score_task_only.py DATA --develop              # another task, from codes made for this one
    python studies/score_task_only.py --table

Photos are those of crafter_baselines and crafter_lfw, arms those of the study task_only. Run from the root, where
studies/models has what fit_task_only.py and train_crafter_baselines.py (--only disco tiprdc) write; arms without their
file are left out. Results go to studies/task_only.json, where what is there of other runs is kept.
"""

import argparse
import json
import time
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from masquerade.attacks import attack_named
from masquerade.attacks.attacker_recogniser import numbered
from masquerade.attacks.base import Labels, Sight, View
from masquerade.attacks.features.decoder import encoded
from masquerade.attacks.features.lda import evened
from masquerade.attacks.within_people import principal_axes, whitening_map, within_covariance
from masquerade.audit.scenes.encoded import EncodedScenes
from masquerade.audit.scenes.scene import Scene, make_scene
from masquerade.audit.scenes.views import Budget, build_view
from masquerade.audit.studies.study import ArmSpec, Resolved
from masquerade.audit.studies.study_file import load_study
from masquerade.audit.trial import Trial, disguise_of
from masquerade.cli.studies import shipped_studies
from masquerade.errors import MasqueradeError
from masquerade.metrics import Truth, attribute_auc, eval_acc, identification
from masquerade.networks.features.split import SplitNetwork
from masquerade.training.crafter.attributed_photos import AttributedPhotos
from masquerade.training.crafter.server_half import CloudHalfSettings, train_cloud_half

FILE: Final = Path(__file__).with_name("task_only.json")
ATTACKS: Final[dict[str, tuple[str, dict[str, Any]]]] = {
    "three best": ("feature_identity", {}),
    "three best, denoised": ("feature_identity", {"queries": 400}),
    "discriminant": ("feature_lda", {}),
    "discriminant that knows the noise": ("feature_lda", {"queries": 1200}),
    "through SFace": ("feature_recogniser", {"queries": 400}),
    "vectors": ("vector_identity", {}),
}
OWN: Final = "three best of own answers"
"""The attacker has the protection answer his photos of the people, and compares answers with answers."""
SIGHTS: Final = frozenset({Sight.GALLERY, Sight.PUBLIC, Sight.SPLIT, Sight.QUERY})
PHOTOS: Final = (1, 3, 5, 10)
DRAWS: Final = 20
SCENES: Final = {"celeba": "task_only", "lfw": "crafter_lfw"}
SLOW: Final = frozenset({"through SFace"})
"""Attacks that are run with ``--all-attacks`` alone: never the strongest of codes."""
OF_FEW: Final = frozenset({"three best, denoised", "vectors"})
"""Attacks that take minutes on 8,192 numbers, where ``--all-attacks`` alone runs them."""
FEW: Final = 100
ON_LFW: Final = ("none", "all", "task-8", "task-6", "task-4", "task-3", "thin-4", "k-same", "amortised")
DECODED: Final = ("task-4", "k-same", "none", "all")
PAIRS: Final = (
    ("task-4", "disco"),
    ("task-4", "tiprdc"),
    ("task-4", "amortised"),
    ("task-3", "amortised"),
    ("task-4", "noise"),
)


class Remembered(nn.Module):
    """A split network that encodes a photo once.

    Args:
        network: The network.
    """

    def __init__(self, network: SplitNetwork) -> None:
        super().__init__()
        self.network = network
        self._known: dict[bytes, Tensor] = {}

    def encode(self, images: Tensor) -> Tensor:
        """Features of images of 0 to 1, as the network gives them."""
        own = [sha256((image * 255).round().byte().numpy().tobytes()).digest() for image in images]
        new = [row for row, name in enumerate(own) if name not in self._known]
        if new:
            found = self.network.encode(images[new])
            self._known |= {own[row]: features for row, features in zip(new, found, strict=True)}
        return torch.stack([self._known[name] for name in own])


def view_of(trial: Trial, study: Resolved, *, repeats: bool = False) -> tuple[View, Truth]:
    """What an attacker sees of an arm who asks as much as he likes, and the truth."""
    (spec,) = (attack for attack in study.attacks if attack.title == "feature_identity")
    sights = SIGHTS | {Sight.REPEATS} if repeats else SIGHTS
    view, truth = build_view(trial, spec, sights, Budget(None, None), np.random.default_rng([0, 2]))
    assert view.split is not None  # noqa: S101  (a study of features has it)
    return replace(view, split=Remembered(view.split)), truth  # type: ignore[arg-type]


def named(view: View, truth: Truth, slow: bool) -> dict[str, Tensor]:
    """Whom each attacker names, by attacker."""
    found = {}
    for title, (name, options) in ATTACKS.items():
        if not slow and (title in SLOW or (title in OF_FEW and view.released[0].numel() > FEW)):
            continue
        guess = attack_named(name, options)(view, np.random.default_rng(0))
        assert isinstance(guess, Labels)  # noqa: S101  (a study of features has it)
        found[title] = guess.labels
    rows, _ = own_answers(view)
    found[OWN] = rows.argmax(1)
    return found


def own_answers(view: View) -> tuple[Tensor, Tensor]:
    """Mean of the three best cosines of each person, ``(n, people)``: answers with answers, and with plain features."""
    assert view.gallery is not None  # noqa: S101  (a study of features has it)
    assert view.public is not None  # noqa: S101  (a study of features has it)
    assert view.query is not None  # noqa: S101  (a study of features has it)
    assert view.split is not None  # noqa: S101  (a study of features has it)
    rows = []
    for of in (view.query, lambda photos: encoded(view.split, photos)):
        public, known = of(view.public.images).flatten(1), of(view.gallery.images).flatten(1)
        mean, axes = principal_axes(public, 150)
        spread = within_covariance((public - mean) @ axes, numbered(view.public.labels))
        spread.diagonal().add_(0.05 * spread.diagonal().mean())
        even = axes @ whitening_map(spread)
        seen = (view.released.float().flatten(1) - mean) @ even
        rows.append(_three_best(seen, (known - mean) @ even, view.gallery.labels))
    return rows[0], rows[1]


def _three_best(seen: Tensor, known: Tensor, labels: Tensor) -> Tensor:
    cosines = functional.normalize(seen) @ functional.normalize(known).T
    people = int(labels.max()) + 1
    parts = [cosines[:, labels == person] for person in range(people)]
    return torch.stack([part.topk(min(3, part.shape[1]), 1).values.mean(1) for part in parts], 1)


def discriminant(view: View) -> Tensor:
    """Cosine to each person's mean where spread and noise are even, ``(n, people)``."""
    assert view.gallery is not None  # noqa: S101  (a study of features has it)
    even = evened(view, 900, 0.3, 1200)
    known = functional.normalize(even.plain(view.gallery.images))
    people = int(view.gallery.labels.max()) + 1
    means = torch.zeros(people, known.shape[1]).index_add_(0, view.gallery.labels, known)
    return functional.normalize(even.seen(view.released)) @ functional.normalize(means).T


def from_several(rows: Tensor, people: Tensor, photos: int, rng: np.random.Generator) -> float:
    """Share of people who are named when ``photos`` of one are put together; those with fewer are left out."""
    shares = []
    for person in torch.unique(people):
        own = (people == person).nonzero().flatten().numpy()
        if len(own) >= photos:
            drawn = [rows[rng.choice(own, photos, replace=False)].sum(0).argmax() for _ in range(DRAWS)]
            shares.append(np.mean([int(guess) == int(person) for guess in drawn]))
    return float(np.mean(shares))


def by_person(hits: Tensor, people: Tensor) -> NDArray[np.float64]:
    """Mean of each person's hits."""
    return np.array([float(hits[people == person].double().mean()) for person in torch.unique(people)])


def difference(one: NDArray[np.float64], other: NDArray[np.float64]) -> list[float]:
    """Mean of a difference by person and its 95 % interval, people drawn again 4,000 times, in percent."""
    rng = np.random.default_rng(0)
    apart = one - other
    drawn = apart[rng.integers(0, len(apart), (4000, len(apart)))].mean(1)
    return percent(apart.mean(), *np.quantile(drawn, [0.025, 0.975]))


def percent(*parts: float) -> list[float]:
    """Rounded to a tenth of a percent."""
    return [round(100 * float(part), 1) for part in parts]


def arms_of(study: Resolved, names: tuple[str, ...] | None) -> list[ArmSpec]:
    """The study's arms by name; all but the one for repeats where none are named."""
    return [arm for arm in study.arms if (arm.name in names if names else arm.repeats == "cached")]


def identity(data: Path, population: str, slow: bool, only: list[str], cache: Path | None) -> dict[str, Any]:
    """Use, every attacker, several photos, and paired differences, by arm; those that are there are left alone."""
    ours = load_study(shipped_studies()["task_only"]).at("laptop")
    study = load_study(shipped_studies()[SCENES[population]]).at("laptop")
    rows: dict[str, Any] = kept().get(population, {}).get("arms", {})
    wanted = [arm for arm in arms_of(ours, ON_LFW if population == "lfw" else None) if arm.name not in rows]
    scenes = EncodedScenes(make_scene(study.data, data), cache)
    if only:
        wanted = sorted((arm for arm in wanted if arm.name in only), key=lambda arm: only.index(arm.name))
    for arm in wanted:
        begun = time.process_time()
        try:
            trial = Trial(scenes, arm, None, 0)
            view, truth = view_of(trial, ours)
            scores = trial.scores()
        except MasqueradeError as error:
            print(f"{arm.name}: left out: {error}")
            continue
        row = _row(arm, view, truth, slow)
        row["use"] = {
            name: [round(part, 4) for part in (score.value, score.low, score.high)]
            for name, score in scores.items()
        }
        rows[arm.name] = {**row, "seconds": round(time.process_time() - begun, 1)}
        print(arm.name, json.dumps(rows[arm.name]), flush=True)
        keep(population, {"arms": rows, "differences": _differences(rows)})
    return {"arms": rows, "differences": _differences(rows)}


def _differences(rows: dict[str, Any]) -> dict[str, list[float]]:
    """In percent, with 95 % intervals, for the pairs that are there."""
    hits = {name: np.array(row["by person"]) for name, row in rows.items()}
    return {f"{a} - {b}": difference(hits[a], hits[b]) for a, b in PAIRS if a in hits and b in hits}


def kept() -> dict[str, Any]:
    """The results that are there."""
    found: dict[str, Any] = json.loads(FILE.read_text(encoding="utf-8")) if FILE.exists() else {}
    return found


def keep(name: str, results: object) -> None:
    """Put results beside those that are there."""
    FILE.write_text(json.dumps({**kept(), name: results}, indent=1) + "\n", encoding="utf-8")


def _row(arm: ArmSpec, view: View, truth: Truth, slow: bool) -> dict[str, Any]:
    found = named(view, truth, slow)
    scored = {title: identification(Labels(labels), truth) for title, labels in found.items()}
    best = max(scored, key=lambda title: scored[title].value)
    evidence = (*own_answers(view), discriminant(view))
    rng = np.random.default_rng(1)
    several = {str(k): max(from_several(rows, truth.identities, k, rng) for rows in evidence) for k in PHOTOS}
    row = {
        "title": arm.title,
        "attacks": {title: percent(s.value, s.low, s.high) for title, s in scored.items()},
        "chance": percent(scored[best].chance)[0],
        "best": best,
        "from photos": {k: percent(value)[0] for k, value in several.items()},
    }
    hits = by_person(found[best] == truth.identities, truth.identities)
    return {**row, "by person": [round(float(share), 3) for share in hits]}


def decoders(data: Path, cache: Path | None) -> dict[str, Any]:
    """Rank-1 of pictures by a decoder that goes on learning from 1,200 answers, by SFace; by arm."""
    study = load_study(shipped_studies()["task_only"]).at("laptop")
    scenes = EncodedScenes(make_scene(study.data, data), cache)
    (spec,) = (attack for attack in study.attacks if attack.title == "adaptive_decoding_1200")
    found = {}
    for arm in sorted(arms_of(study, DECODED), key=lambda arm: DECODED.index(arm.name)):
        begun = time.process_time()
        view, truth = build_view(
            Trial(scenes, arm, None, 0), spec, SIGHTS, Budget(200, None), np.random.default_rng([0, 2])
        )
        options = {"queries": 1200, "epochs": 12, "photos": 1000, "first": 4}
        score = eval_acc(attack_named("adaptive_decoding", options)(view, np.random.default_rng(0)), truth)
        seconds = round(time.process_time() - begun, 1)
        value, chance = percent(score.value, score.low, score.high), percent(score.chance)[0]
        found[arm.name] = {"eval_acc": value, "chance": chance, "seconds": seconds}
        print(arm.name, found[arm.name], flush=True)
        keep("decoders", found)
    return found


def repeated(data: Path, cache: Path | None) -> dict[str, list[float]]:
    """Identity where an owner draws noise anew for the same photo, by answers that are averaged."""
    study = load_study(shipped_studies()["task_only"]).at("laptop")
    scenes = EncodedScenes(make_scene(study.data, data), cache)
    (arm,) = arms_of(study, ("task-2-fresh",))
    view, truth = view_of(Trial(scenes, arm, None, 0), study, repeats=True)
    assert view.repeats is not None  # noqa: S101  (asked for)
    found = {}
    for times in (0, 4, 24):
        first = view.released.float()
        again = view.repeats(times).float() if times else first[None][:0]
        mean = torch.cat([first[None], again]).mean(0)
        guess = attack_named("feature_identity", {})(replace(view, released=mean), np.random.default_rng(0))
        score = identification(guess, truth)
        found[str(times + 1)] = percent(score.value, score.low, score.high)
    return found


def developed(data: Path, cache: Path | None) -> dict[str, Any]:
    """AUC of half of the attributes, learnt by a cloud from 1,200 codes that were made for the other half."""
    study = load_study(shipped_studies()["task_only"]).at("laptop")
    scenes = EncodedScenes(make_scene(study.data, data), cache)
    found: dict[str, float] = {}
    for name in ("task-4", "none", "task-8"):
        (arm,) = arms_of(study, (name,))
        for half in (0, 1):
            kept_ones = tuple(range(20 * half, 20 * half + 20))
            change = {} if name == "none" else {**arm.change, "attributes": kept_ones}
            other = [i for i in range(40) if i not in kept_ones]
            title = f"{name}, half {half + 1}"
            found[title] = _learnt(scenes, arm.model_copy(update={"change": change}), other)
            print(title, found[title], flush=True)
            keep("develop", found)
    return found


def _learnt(scenes: EncodedScenes, arm: ArmSpec, other: list[int]) -> float:
    trial = Trial(scenes, arm, None, 0)
    scene: Scene = trial.scene
    assert scene.public_attributes is not None  # noqa: S101  (a study of features has it)
    assert scene.attributes is not None  # noqa: S101  (a study of features has it)
    split = disguise_of(arm).features_of
    assert split is not None  # noqa: S101  (a study of features has it)
    public, test = trial.disguised(scene.public.images), trial.disguised(scene.test.images)
    learned = AttributedPhotos(public, scene.public_attributes.values)
    network = train_cloud_half(split.network, public, learned.attributes, CloudHalfSettings(), 0)
    with torch.no_grad():
        logits = network.classify(test)
    score = attribute_auc(logits[:, other], scene.attributes.values[:, other], scene.test.labels)
    return round(score.value, 4)


def table() -> str:
    """The guide's table: a row for each arm on CelebA."""
    rows = kept()["celeba"]["arms"]
    lines = [
        "| what is sent | AUC | identity | from 10 photos | best for these photos | bound |",
        "|---" * 6 + "|",
    ]
    for row in rows.values():
        use, best = row["use"], row["attacks"][row["best"]]
        held = "".join(
            f" {100 * use[name][0]:.1f} |" if name in use else "  |" for name in ("candidates", "bound")
        )
        lines.append(
            f"| {row['title']} | {use['utility'][0]:.3f} | {best[0]:.1f} [{best[1]:.1f}, {best[2]:.1f}] | "
            f"{row['from photos']['10']:.1f} |{held}"
        )
    return "\n".join(lines) + "\n"


def more() -> str:
    """The guide's lines on pictures, repeated answers and other people."""
    results = kept()
    decoded = [f"{name} {_told(row['eval_acc'])}" for name, row in results["decoders"].items()]
    asked = [f"{times} {_told(value)}" for times, value in results["repeats"].items()]
    others = [
        f"{name} {_told(row['attacks'][row['best']])} at {100 * row['use']['utility'][0]:.1f} % of answers as they were"
        for name, row in results.get("lfw", {"arms": {}})["arms"].items()
    ]
    lines = [
        f"- Pictures by a decoder that learnt from 1,200 answers, 200 photos, named by SFace: {', '.join(decoded)}.",
        f"- 2 numbers under a noise of 0.8 that is drawn anew, so many answers averaged: {', '.join(asked)}.",
        *([f"- 62 people of LFW, whom the encoder never saw: {'; '.join(others)}."] if others else []),
    ]
    if learnt := results.get("develop"):
        said = ", ".join(f"{name} {auc:.3f}" for name, auc in learnt.items())
        lines.append(
            f"- AUC of one half of the attributes, learnt from 1,200 answers made for the other: {said}."
        )
    return "\n".join(lines) + "\n"


def _told(value: list[float]) -> str:
    return f"{value[0]:.1f} % [{value[1]:.1f}, {value[2]:.1f}]"


def main() -> None:
    """Measure, or print the table."""
    told = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    told.add_argument("data", type=Path, nargs="?")
    told.add_argument("--people", choices=sorted(SCENES), default="celeba")
    for option in ("--decoders", "--develop", "--repeats", "--all-attacks", "--table"):
        told.add_argument(option, action="store_true")
    told.add_argument("--arms", nargs="*", help="these alone, in this order")
    told.add_argument("--cache", type=Path)
    said = told.parse_args()
    if said.table:
        print(table())
        return
    if said.decoders:
        keep("decoders", decoders(said.data, said.cache))
    elif said.develop:
        keep("develop", developed(said.data, said.cache))
    elif said.repeats:
        keep("repeats", repeated(said.data, said.cache))
    else:
        keep(said.people, identity(said.data, said.people, said.all_attacks, said.arms or [], said.cache))


if __name__ == "__main__":
    torch.set_num_threads(1)
    main()
