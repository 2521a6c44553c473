"""How far recognisers are fooled by a felt cloak: studies/score_recogniser_cloak.py DATA [CLOAK ...].

Users: every eighth of LFW's people with 20 photos or more; their first three photos are published, cloaked, and their
next three are met later, clean. Everybody else with ten or more is in the gallery with one clean photo.

* cosine: of cloaked photos to the user's clean ones; beside it that of clean ones, and that of different people.
* tracked: nearest of all published photos; share of the clean photos met later that are named as the user.
* named: the other way round; share of cloaked photos that a gallery of clean ones names rightly.

The floor of similarity makes the same cloak weaker. Cloaks are recipes' names, by themselves all that are felt.
"""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from masquerade.data.packs import lfw
from masquerade.disguises import Disguise, MatchedNoise
from masquerade.disguises.cloaks.ssim_floor import similar_enough
from masquerade.encoders.dlib_recogniser import DlibRecogniser
from masquerade.encoders.recogniser import Recogniser, open_recogniser
from masquerade.keys import Key
from masquerade.networks.cloaks.ssim import structural_similarity
from masquerade.recipes import recipe

EVERY, PUBLISHED, MET = 8, 3, 3
FLOORS = (0.95, 0.9, 0.85, 0.8)
BOUND = 15.0
CLOAKS = ("recogniser-cloak", "recogniser-cloak-one-pass", "hyperobf-one-pass")


@dataclass(frozen=True)
class Faces:
    """Photos of users, published and met later, with the user's number; one photo of everybody else."""

    published: Tensor
    met: Tensor
    users: Tensor
    others: Tensor


def faces(root: Path, users: int | None = None) -> Faces:
    """The photos, uint8 ``(n, 3, 112, 112)``."""
    everybody = lfw(root, 112, 112, "RGB", 10)
    counts = torch.bincount(everybody.labels)
    tracked = (counts >= 20).nonzero().flatten()[::EVERY][:users]
    rows = [(everybody.labels == person).nonzero().flatten() for person in range(len(counts))]
    chosen = {int(person) for person in tracked}
    return Faces(
        torch.cat([everybody.images[rows[person][:PUBLISHED]] for person in tracked]),
        torch.cat([everybody.images[rows[person][PUBLISHED : PUBLISHED + MET]] for person in tracked]),
        torch.arange(len(tracked)).repeat_interleave(PUBLISHED),
        torch.stack(
            [everybody.images[rows[person][0]] for person in range(len(counts)) if person not in chosen]
        ),
    )


def cloaked(disguise: Disguise, photos: Faces) -> Tensor:
    """Published photos, each user's under a key of its own."""
    parts = []
    for user in photos.users.unique().tolist():
        keyed = disguise.with_key(Key.from_secret(bytes([user + 1] * 32)), (3, 112, 112))
        parts.append(keyed(photos.published[photos.users == user]))
    return torch.cat(parts)


@torch.no_grad()
def score(recogniser: Recogniser, photos: Faces, versions: Sequence[tuple[str, Tensor]]) -> list[str]:
    """A line for each version of the published photos."""
    clean, met, others = (recogniser.embed(some) for some in (photos.published, photos.met, photos.others))
    same = photos.users[:, None] == photos.users[None]
    apart = same & ~torch.eye(len(same), dtype=torch.bool)
    lines = []
    for name, images in versions:
        published = recogniser.embed(images)
        near = torch.cat([met @ published.T, met @ others.T], 1).argmax(1)
        tracked = (near < len(published)) & same[torch.arange(len(met)), near.clamp(max=len(published) - 1)]
        back = torch.cat([(published @ met.T), published @ others.T], 1).argmax(1)
        named = (back < len(met)) & same[torch.arange(len(back)), back.clamp(max=len(met) - 1)]
        similar = structural_similarity(images.float(), photos.published.float())
        lines.append(
            f"{recogniser.name} | {name} | SSIM {float(similar.mean()):.3f}, worst {float(similar.min()):.3f} | "
            f"cosine {float((published @ clean.T)[apart].mean()):.3f} "
            f"(clean {float((clean @ clean.T)[apart].mean()):.3f}, "
            f"others {float((clean @ clean.T)[~same].mean()):.3f}) | "
            f"tracked {float(tracked.float().mean()):.2f} | named {float(named.float().mean()):.2f}"
        )
    return lines


def weaker(name: str, photos: Faces, images: Tensor) -> list[tuple[str, Tensor]]:
    """The same cloak at each floor of similarity."""
    plain = photos.published.float()
    return [(f"{name} {floor}", similar_enough(plain, images, BOUND, floor)) for floor in FLOORS]


def main() -> None:
    """Cloak, look, print."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("data", type=Path)
    asked.add_argument("cloaks", nargs="*", default=CLOAKS)
    args = asked.parse_args()
    photos = faces(args.data)
    versions = [("clean", photos.published.float())]
    versions += [("noise", cloaked(MatchedNoise(8.0), photos))]
    for name in args.cloaks:
        versions += weaker(name, photos, cloaked(recipe(name).whole(), photos))
    for recogniser in (open_recogniser("sface"), open_recogniser("resnet-public"), DlibRecogniser()):
        for line in score(recogniser, photos, versions):
            print(line, flush=True)


if __name__ == "__main__":
    main()
