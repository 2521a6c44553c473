"""Who finds people on cloaked photos: recognisers that the cloak was made against, and those that it was not.

python studies/score_cloaks.py DATA KEPT [ARM ...]

LFW at 112 pixels, the 158 people with ten photos or more: one clean photo of each in the gallery, one cloaked photo of
each of 60 people as probes (none of whom the method was chosen on). Cloaked photos are kept in the folder KEPT, so that
a stopped run goes on. Writes ``studies/cloaks.json``. It asks for all recognisers of ``masquerade recogniser list``.
"""

import json
import sys
from collections.abc import Callable
from functools import cache
from io import BytesIO
from pathlib import Path
from time import process_time
from typing import Any, Final

import numpy as np
import torch
from PIL import Image
from scipy.stats import binomtest
from torch import Tensor
from torch.nn import functional

from masquerade.data import packs
from masquerade.disguises import Disguise, Fawkes, LowKey, TransferableCloak
from masquerade.disguises.cloaks.seen_budget import BesideOriginals, SeenBudget
from masquerade.disguises.cloaks.transferable import KeyedTransferableCloak
from masquerade.encoders.recogniser import Recogniser, open_recogniser
from masquerade.files.durable import write_durably
from masquerade.keys import Key
from masquerade.networks.cloaks.augmentations import halved, softened
from masquerade.recipes import recipe

RESULTS: Final = Path(__file__).with_name("cloaks.json")
PEOPLE: Final = range(60)
"""Of the 158, in the order of their names; the method was chosen on numbers 100 to 123."""
TAUGHT: Final = range(60, 100)
"""Whose cloaks an attacker makes with the public tool, and learns from."""
OWN: Final = slice(5, 10)
"""Photos of a person that a cloak may know beside the one that it changes."""
JUDGES: Final = (
    "sface",
    "dlib-torch",
    "facenet",
    "mobilefacenet",
    "mobilefacenet-small",
    "faceres",
    "faceres-deep",
)
SHIPPED: Final = ("sface", "dlib-torch")
THREE: Final = (*SHIPPED, "mobilefacenet")
NATURAL: Final = SeenBudget(0.98, 2.5)
VISIBLE: Final = SeenBudget(0.95, 100.0)
FAR: Final = 1e-3


class Faces:
    """Photos of the 158 people: ten of each, uint8 ``(158, 10, 3, 112, 112)``."""

    def __init__(self, root: Path) -> None:
        people = packs.lfw(root, 112, 112, min_images=10)
        rows = [(people.labels == label).nonzero().flatten()[:10] for label in people.labels.unique()]
        self.photos = torch.stack([people.images[row] for row in rows])


Make = Callable[[Faces, range], Tensor]
"""What makes cloaked photos of people, float32 of whole grey levels."""


@cache
def recogniser(name: str) -> Recogniser:
    """One of ``JUDGES``."""
    return open_recogniser(name)


@torch.no_grad()
def vectors(name: str, photos: Tensor) -> Tensor:
    """Unit vectors of photos."""
    return recogniser(name).embed(photos)


# --- arms -------------------------------------------------------------------------------------------------------------


def against(names: tuple[str, ...], budget: SeenBudget) -> TransferableCloak:
    """The cloak against recognisers."""
    return TransferableCloak(tuple(map(recogniser, names)), budget.similarity, budget.colour)


def own_photos(cloak: TransferableCloak) -> Make:
    """Cloaks that know five other photos of the person."""

    def make(faces: Faces, people: range) -> Tensor:
        shape = (3, 112, 112)
        every = [
            KeyedTransferableCloak(shape, cloak, faces.photos[who, OWN])(faces.photos[who, 1][None])
            for who in people
        ]
        return torch.cat(every)

    return make


def one_photo(cloak: Disguise, photo: int = 1) -> Make:
    """Cloaks that know the photo alone."""

    def make(faces: Faces, people: range) -> Tensor:
        keyed = cloak.with_key(Key.from_secret(bytes(32)), (3, 112, 112))
        return torch.cat([keyed(faces.photos[who, photo][None]) for who in people])

    return make


def within(make: Make, budget: SeenBudget) -> Make:
    """Another cloak, made weaker or stronger until it spends the same budget."""

    def scaled(faces: Faces, people: range) -> Tensor:
        photos = faces.photos[list(people), 1].float()
        return BesideOriginals(photos).as_much(make(faces, people) - photos, budget)

    return scaled


def noise(faces: Faces, people: range) -> Tensor:
    """Uniform noise of one brightness, from the photo's number."""
    drawn = np.random.default_rng(0).uniform(-8, 8, (len(people), 1, 112, 112)).astype(np.float32)
    return faces.photos[list(people), 1].float() + torch.from_numpy(drawn)


def nothing(faces: Faces, people: range) -> Tensor:
    """The photos as they are."""
    return faces.photos[list(people), 1].float()


def arms() -> dict[str, dict[str, Any]]:
    """Every arm: what makes its photos, what it was made against, and how many photos it knows."""
    lowkey = LowKey(tuple(map(recogniser, SHIPPED)))
    fawkes = Fawkes("mid", tuple(map(recogniser, SHIPPED)))
    found: dict[str, dict[str, Any]] = {
        "none": {"make": nothing, "against": ()},
        "noise": {"make": within(noise, NATURAL), "against": ()},
        "shipped": {"make": one_photo(against(SHIPPED, NATURAL)), "against": SHIPPED},
        "shipped, visible": {"make": one_photo(against(SHIPPED, VISIBLE)), "against": SHIPPED},
        "shipped, own photos": {"make": own_photos(against(SHIPPED, NATURAL)), "against": SHIPPED},
        "shipped, own photos, visible": {"make": own_photos(against(SHIPPED, VISIBLE)), "against": SHIPPED},
        "three, own photos": {"make": own_photos(against(THREE, NATURAL)), "against": THREE},
        "lowkey": {"make": within(one_photo(lowkey), NATURAL), "against": SHIPPED},
        "fawkes": {"make": within(one_photo(fawkes), NATURAL), "against": SHIPPED},
        "hyperobf-one-pass": {
            "make": within(one_photo(recipe("hyperobf-one-pass").whole()), NATURAL),
            "against": ("resnet-public",),
        },
    }
    others = ("dlib-torch", "mobilefacenet", "facenet")
    found["without sface"] = {"make": own_photos(against(others, NATURAL)), "against": others}
    others = ("sface", "mobilefacenet")
    found["without dlib-torch"] = {"make": own_photos(against(others, NATURAL)), "against": others}
    found["shipped, photo 2"] = {"make": one_photo(against(SHIPPED, NATURAL), 2), "against": SHIPPED}
    return found


# --- scores -----------------------------------------------------------------------------------------------------------


class Gallery:
    """One clean photo of each of the 158, by one recogniser, and the cosine that strangers reach once in 1,000."""

    def __init__(self, name: str, faces: Faces) -> None:
        self.name = name
        self.known = vectors(name, faces.photos[:, 0])
        asked = torch.cat([vectors(name, faces.photos[:, photo]) for photo in range(1, 5)])
        own = torch.arange(len(self.known)).repeat(4)
        strangers = asked @ self.known.T
        strangers = strangers[torch.arange(len(self.known)) != own[:, None]]
        self.threshold = float(np.quantile(strangers.numpy(), 1 - FAR))

    def score(self, probes: Tensor, people: range) -> dict[str, float]:
        """Who is found: rank-1 with its interval (one probe a person: Clopper and Pearson), and TAR at FAR 1e-3."""
        cosines, own = probes @ self.known.T, torch.tensor(list(people))
        named = int((cosines.argmax(1) == own).sum())
        reach = binomtest(named, len(own)).proportion_ci(0.95)
        accepted = (cosines[torch.arange(len(own)), own] >= self.threshold).float().mean()
        mean = cosines[torch.arange(len(own)), own].mean()
        rank1 = {"rank1": named / len(own), "low": float(reach.low), "high": float(reach.high)}
        return _rounded(rank1 | {"tar": float(accepted), "cosine": float(mean)})


def looks(photos: Tensor, cloaked: Tensor) -> dict[str, float]:
    """How much is seen: similarity, and CIEDE2000 on the face, means over photos and the worst."""
    beside = BesideOriginals(photos)
    similar, (mean, high) = beside.similarity(cloaked), beside.colour(cloaked)
    return _rounded(
        {
            "ssim": float(similar.mean()),
            "ssim_worst": float(similar.min()),
            "colour": float(mean.mean()),
            "colour_95": float(high.mean()),
            "colour_95_worst": float(high.max()),
        }
    )


def _rounded(numbers: dict[str, float]) -> dict[str, float]:
    return {name: round(number, 4) for name, number in numbers.items()}


# --- what becomes of published photos, and attackers who adapt --------------------------------------------------------


def jpeg(photos: Tensor) -> Tensor:
    """Saved as JPEG of quality 75."""
    seen = []
    for photo in photos:
        file = BytesIO()
        Image.fromarray(photo.permute(1, 2, 0).byte().numpy()).save(file, "JPEG", quality=75)
        seen.append(torch.from_numpy(np.array(Image.open(file))).permute(2, 0, 1).float())
    return torch.stack(seen)


def screenshot(photos: Tensor) -> Tensor:
    """Shown at 87 % of its size, and cut out at its size again."""
    small = functional.interpolate(photos, (97, 97), mode="bicubic", antialias=True)
    return functional.interpolate(small, (112, 112), mode="bicubic", antialias=True).clamp(0, 255).round()


HANDLINGS: Final[dict[str, Callable[[Tensor], Tensor]]] = {
    "JPEG 75": jpeg,
    "half size and back": halved,
    "blur of 3 pixels": softened,
    "a screenshot's resampling": screenshot,
}


def adapted(name: str, clean: Tensor, cloaked: Tensor, probes: Tensor) -> Tensor:
    """Vectors of probes, brought back by a linear map learned on pairs of other people (ridge, chosen by halves)."""
    known, worn = vectors(name, clean), vectors(name, cloaked)
    asked = vectors(name, probes)
    half = torch.arange(len(known)) % 2 == 0

    def fitted(rows: Tensor, strength: float) -> Tensor:
        eye = strength * torch.eye(worn.shape[1])
        return torch.linalg.solve(worn[rows].T @ worn[rows] + eye, worn[rows].T @ (known - worn)[rows])

    def missed(strength: float) -> float:
        one, other = fitted(half, strength), fitted(~half, strength)
        halves = ((worn[~half] @ one - (known - worn)[~half]), (worn[half] @ other - (known - worn)[half]))
        return sum(float(each.square().sum()) for each in halves)

    best = min((0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 100.0), key=missed)
    return functional.normalize(asked + asked @ fitted(torch.ones_like(half), best))


def purified(clean: Tensor, cloaked: Tensor, probes: Tensor, steps: int = 400) -> Tensor:
    """Photos through a small network that learned to undo cloaks on pairs of other people."""
    torch.manual_seed(0)
    layers: list[torch.nn.Module] = [torch.nn.Conv2d(3, 32, 5, padding=2), torch.nn.ReLU()]
    for _ in range(3):
        layers += [torch.nn.Conv2d(32, 32, 3, padding=1), torch.nn.ReLU()]
    network = torch.nn.Sequential(*layers, torch.nn.Conv2d(32, 3, 3, padding=1))
    optimiser = torch.optim.Adam(network.parameters(), 1e-3)
    for _ in range(steps):
        rows = torch.randint(len(clean), (16,))
        loss = (network(cloaked[rows] / 255) + (cloaked - clean)[rows] / 255).abs().mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    with torch.no_grad():
        return (probes + 255 * network(probes / 255)).clamp(0, 255).round()


# --- the whole --------------------------------------------------------------------------------------------------------


def kept(folder: Path, name: str, make: Make, faces: Faces, people: range) -> tuple[Tensor, float]:
    """Cloaked photos, and processor seconds a photo; made once."""
    path = folder / f"{name.replace(', ', '_').replace(' ', '-')}-{people.start}.npz"
    if not path.exists():
        start = process_time()
        cloaked = make(faces, people)
        seconds = (process_time() - start) / len(people)
        np.savez(path, cloaked=cloaked.byte().numpy(), seconds=seconds)
    with np.load(path) as stored:
        return torch.from_numpy(stored["cloaked"]).float(), float(stored["seconds"])


def judged(galleries: list[Gallery], probes: Tensor, made_against: tuple[str, ...]) -> dict[str, Any]:
    """Every recogniser's score, and the mean over those that the cloak was not made against and that are good ones."""
    scores = {each.name: each.score(vectors(each.name, probes), PEOPLE) for each in galleries}
    return {"judges": scores, "outside": [name for name in scores if name not in made_against]}


def main(root: Path, folder: Path, only: list[str]) -> None:
    """Make the cloaks that are missing, and write the scores."""
    folder.mkdir(parents=True, exist_ok=True)
    faces, every = Faces(root), arms()
    for name in only or every:
        kept(folder, name, every[name]["make"], faces, PEOPLE)
        print(name, flush=True)
    if only:
        return
    galleries = [Gallery(name, faces) for name in JUDGES]
    photos = faces.photos[list(PEOPLE), 1].float()
    found: dict[str, Any] = {
        "people": len(PEOPLE),
        "gallery": len(faces.photos),
        "chance": 1 / len(faces.photos),
    }
    found["thresholds"] = _rounded({each.name: each.threshold for each in galleries})
    found["arms"] = {}
    worn = {}
    for name, arm in every.items():
        worn[name], seconds = kept(folder, name, arm["make"], faces, PEOPLE)
        told = judged(galleries, worn[name], arm["against"])
        found["arms"][name] = told | looks(photos, worn[name]) | {"seconds": round(seconds, 2)}
    cloak = "shipped"
    found["handled"] = {
        how: judged(galleries, change(worn[cloak]), SHIPPED)["judges"] for how, change in HANDLINGS.items()
    }
    found["adaptive"] = adaptive(folder, faces, every[cloak]["make"], worn, galleries)
    write_durably(RESULTS, [(json.dumps(found, indent=1) + "\n").encode()])


def adaptive(
    folder: Path, faces: Faces, make: Make, worn: dict[str, Tensor], galleries: list[Gallery]
) -> dict[str, dict[str, dict[str, float]]]:
    """Attackers who know the public tool."""
    cloak = "shipped"
    taught, _ = kept(folder, cloak, make, faces, TAUGHT)
    clean = faces.photos[list(TAUGHT), 1].float()
    cleaned = purified(clean, taught, worn[cloak])
    several = [worn[cloak], worn[f"{cloak}, photo 2"]]
    found: dict[str, dict[str, dict[str, float]]] = {
        "a linear map learned on 40 pairs": {},
        "a network learned on 40 pairs": {},
        "two cloaked photos, averaged": {},
        "two clean photos, averaged": {},
        "clean probes, gallery cloaked": {},
    }
    plain = [faces.photos[list(PEOPLE), photo] for photo in (1, 2)]
    for each in galleries:
        name = each.name
        rows = [
            adapted(name, clean, taught, worn[cloak]),
            vectors(name, cleaned),
            functional.normalize(sum(vectors(name, photos) for photos in several)),  # type: ignore[arg-type]
            functional.normalize(sum(vectors(name, photos) for photos in plain)),  # type: ignore[arg-type]
        ]
        for how, probes in zip(found, rows, strict=False):
            found[how][name] = each.score(probes, PEOPLE)
        found["clean probes, gallery cloaked"][name] = the_other_way(each, worn[cloak], plain[1])
    found["cloaked among cloaked"] = linked(worn[cloak], worn[f"{cloak}, photo 2"])
    found["clean among clean"] = linked(plain[0].float(), plain[1].float())
    return found


def the_other_way(gallery: Gallery, cloaked: Tensor, probes: Tensor) -> dict[str, float]:
    """Clean probes in a gallery where the 60 people's photos are cloaked and the others' are not."""
    before = gallery.known
    gallery.known = before.clone()
    gallery.known[list(PEOPLE)] = vectors(gallery.name, cloaked)
    told = gallery.score(vectors(gallery.name, probes), PEOPLE)
    gallery.known = before
    return told


def linked(one: Tensor, other: Tensor) -> dict[str, dict[str, float]]:
    """Whether two photos of a person find each other among those of 60 people."""
    found = {}
    for name in JUDGES:
        cosines = vectors(name, one) @ vectors(name, other).T
        right = int((cosines.argmax(1) == torch.arange(len(one))).sum())
        reach = binomtest(right, len(one)).proportion_ci(0.95)
        found[name] = _rounded(
            {"rank1": right / len(one), "low": float(reach.low), "high": float(reach.high)}
        )
    return found


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3:])
