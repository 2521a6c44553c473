"""Who is named behind random labels from other photos of the same people: studies/score_class_matching.py DATA.

Two protections of people of LFW, each key with its own split: the recipe blocks-noise on 32x32 photos; and public
whitened features of SFace's tokens under one secret rotation, with Gaussian noise of relative length s on each photo.
The rows go to studies/class_matching.json as they come; ``--table`` prints those of the decision from it.
"""

import argparse
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from masquerade.attacks.base import Attack, Labelled, View
from masquerade.attacks.people.class_matching import ClassMatching
from masquerade.attacks.people.class_sizes import ClassSizes
from masquerade.data import packs
from masquerade.data.image_set import ImageSet
from masquerade.encoders import open_encoder
from masquerade.keys import Key
from masquerade.recipes import recipe

FILE = Path(__file__).with_name("class_matching.json")
KEYS = (0, 1, 2)
AXES = 128
PEOPLE = 62
MANY = 20
"""Photos of each of the 62: ten are released, ten the attacker's."""
PUBLIC = 2000
TOKENS_PUBLIC = 2600


@dataclass(frozen=True)
class Setting:
    """One row.

    Args:
        protection: ``blocks-noise`` or ``rotation``.
        released: Photos of each person that are released; 0 for half of them.
        known: Photos of each that the attacker has; 0 for the other half.
        people: Whose photos are released.
        candidates: Among whom the attacker looks.
        noise: Relative length of the noise, of ``rotation``.
        attack: ``means``, ``sizes`` for counting alone, ``means without counts``, or ``means without public photos``.
        control: ``labels shuffled``, ``a rotation for each row``, or nothing.
        keys: The keys that it is measured on.
    """

    protection: str
    released: int
    known: int
    people: int = PEOPLE
    candidates: int = PEOPLE
    noise: float = 0.0
    attack: str = "means"
    control: str = ""
    keys: tuple[int, ...] = KEYS


BLOCKS = (
    Setting("blocks-noise", 10, 10),
    Setting("blocks-noise", 0, 0),
    Setting("blocks-noise", 0, 0, attack="means without counts", keys=(0,)),
    Setting("blocks-noise", 0, 0, attack="sizes"),
    Setting("blocks-noise", 10, 10, attack="means without public photos", keys=(0,)),
    Setting("blocks-noise", 10, 10, control="labels shuffled"),
)
ROTATION = (
    Setting("rotation", 10, 10, noise=0.0, keys=(0,)),
    Setting("rotation", 10, 10, noise=1.0),
    Setting("rotation", 10, 10, noise=1.5),
    Setting("rotation", 8, 2, 158, 158, noise=1.0),
    Setting("rotation", 10, 10, PEOPLE, 158, noise=1.0),
    Setting("rotation", 10, 10, PEOPLE, 158, noise=1.5),
    Setting("rotation", 10, 10, noise=1.0, control="labels shuffled"),
    Setting("rotation", 10, 10, noise=1.0, control="a rotation for each row"),
)


@dataclass(frozen=True)
class Split:
    """Released and known rows of a data set, with their people; the released people come first."""

    released: Tensor
    released_people: Tensor
    known: Tensor
    known_people: Tensor


def measured(setting: Setting, key: int, data: Path) -> float:
    """Share of the released people, each as heavy, whose photos bear the right name."""
    rng = np.random.default_rng([key, 7])
    view, truth = (_blocks if setting.protection == "blocks-noise" else _rotated)(setting, key, data, rng)
    guess = _attack(setting)(view, np.random.default_rng(key))
    right = (guess.labels == truth).double()  # type: ignore[union-attr]
    return float(torch.stack([right[truth == person].mean() for person in truth.unique()]).mean())


def _attack(setting: Setting) -> Attack:
    if setting.attack == "sizes":
        return ClassSizes()
    return ClassMatching(counts=setting.attack != "means without counts")


def _blocks(setting: Setting, key: int, data: Path, rng: np.random.Generator) -> tuple[View, Tensor]:
    photos = _photos(data)
    split, public = _split(photos.labels, setting, rng), _few(photos.labels, PUBLIC, rng)
    disguise = recipe("blocks-noise").disguise
    keyed = disguise.with_key(Key.from_secret(bytes([key + 1]) * 32), (3, 32, 32))
    view = View(
        keyed(photos.images[split.released]),
        labels=_labels(split, setting, rng),
        recipe=disguise.describe(),
        gallery=Labelled(photos.images[split.known].float(), split.known_people),
        public=None
        if "public" in setting.attack
        else Labelled(photos.images[public].float(), photos.labels[public]),
    )
    return view, split.released_people


def _rotated(setting: Setting, key: int, data: Path, rng: np.random.Generator) -> tuple[View, Tensor]:
    del key  # the rotation is drawn with the split
    features, labels, public, public_labels = _features(data)
    split = _split(labels, setting, rng)
    seen = features[split.released]
    if setting.control == "a rotation for each row":
        turned = torch.stack([row @ _rotation(rng) for row in seen])
    else:
        turned = seen @ _rotation(rng)
    deviation = setting.noise * float(seen.norm(dim=1).mean()) / AXES**0.5
    noisy = turned + deviation * torch.from_numpy(rng.normal(size=turned.shape))
    view = View(
        _maps(noisy),
        labels=_labels(split, setting, rng),
        recipe={"kind": "GaussianNoise", "deviation": deviation},
        gallery=Labelled(_maps(features[split.known]), split.known_people),
        public=Labelled(_maps(public), public_labels),
    )
    return view, split.released_people


def _labels(split: Split, setting: Setting, rng: np.random.Generator) -> Tensor:
    """Random numbers of people, as a release has them."""
    numbers = torch.from_numpy(rng.permutation(setting.people))[split.released_people]
    shuffled = setting.control == "labels shuffled"
    return numbers[torch.from_numpy(rng.permutation(len(numbers)))] if shuffled else numbers


def _split(labels: Tensor, setting: Setting, rng: np.random.Generator) -> Split:
    counts = torch.bincount(labels)
    wanted = max(setting.released + setting.known, MANY if setting.people == PEOPLE else 0)
    mine = rng.permutation((counts >= wanted).nonzero().flatten().numpy())[: setting.people]
    others = np.setdiff1d((counts >= max(setting.known, 10)).nonzero().flatten().numpy(), mine)
    rows: dict[str, list[tuple[int, int]]] = {"released": [], "known": []}
    for number, person in enumerate([*mine, *rng.permutation(others)[: setting.candidates - setting.people]]):
        own = rng.permutation((labels == int(person)).nonzero().flatten().numpy())
        released = setting.released or len(own) // 2
        first = released if number < setting.people else 0
        rows["released"] += [(int(row), number) for row in own[:first]]
        rows["known"] += [(int(row), number) for row in own[first:][: setting.known or len(own)]]
    parts = [torch.tensor(each).T for each in (rows["released"], rows["known"])]
    return Split(parts[0][0], parts[0][1], parts[1][0], parts[1][1])


def _few(labels: Tensor, most: int, rng: np.random.Generator) -> Tensor:
    """Photos of people with fewer than ten: the attacker's other people."""
    rows = (torch.bincount(labels)[labels] < 10).nonzero().flatten().numpy()
    return torch.from_numpy(rng.permutation(rows)[:most])


def _rotation(rng: np.random.Generator) -> Tensor:
    return torch.linalg.qr(torch.from_numpy(rng.normal(size=(AXES, AXES))))[0]


def _maps(rows: Tensor) -> Tensor:
    return rows[:, :, None, None].float()


@cache
def _photos(data: Path) -> ImageSet:
    return packs.lfw(data, 32, 32, "RGB", 1)


@cache
def _features(data: Path) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Features of length sqrt(128) of people with ten photos and more, and of others, with their people."""
    everybody = packs.lfw(data, 112, 112, "RGB", 2)
    counts = torch.bincount(everybody.labels)
    many = everybody.renumbered((counts >= 10).nonzero().flatten())
    few = everybody.renumbered((counts < 10).nonzero().flatten()).take(torch.arange(TOKENS_PUBLIC))
    encoder = open_encoder("sface")
    tokens = [_tokens(part, encoder) for part in (many, few)]
    mean = tokens[1].mean(0)
    values, vectors = torch.linalg.eigh(torch.cov(tokens[1].T))
    white = vectors.flip(1)[:, :AXES] / values.flip(0)[:AXES].sqrt()
    placed = [torch.nn.functional.normalize((part - mean) @ white) * AXES**0.5 for part in tokens]
    return placed[0], many.labels, placed[1], few.labels


def _tokens(photos: ImageSet, encoder: torch.nn.Module) -> Tensor:
    with torch.inference_mode():
        parts = [encoder(part.float()).flatten(2).mean(2) for part in torch.split(photos.images, 64)]
    return torch.cat(parts).double()


def rows() -> Iterator[str]:
    """Lines of the decision's tables."""
    for each in json.loads(FILE.read_text(encoding="utf-8")):
        shares = ", ".join(f"{100 * share:.1f}" for share in each["named"])
        photos = f"{each['released']} / {each['known']}" if each["released"] else "half / half"
        what = ", ".join(part for part in (each["attack"], each["control"]) if part)
        yield (
            f"| {each['protection']} | {each['people']} / {each['candidates']} | {photos} | {each['noise']:g} | "
            f"{what} | {shares} % |"
        )


def main() -> None:
    """Measure, or print the rows."""
    said = argparse.ArgumentParser(description=__doc__)
    said.add_argument("data", type=Path, nargs="?")
    said.add_argument("--table", action="store_true")
    asked = said.parse_args()
    if asked.table:
        print("\n".join(rows()))
        return
    done = []
    for setting in (*ROTATION, *BLOCKS):
        named = [round(measured(setting, key, asked.data), 3) for key in setting.keys]
        done.append({**asdict(setting), "named": named})
        print(setting, named, flush=True)
        FILE.write_text(json.dumps(done, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    torch.set_num_threads(1)
    main()
