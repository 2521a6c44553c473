"""Score encoders without any training: nearest photos by cosine, beside pixels and chance.

    python studies/score_encoders.py DATA [PHOTOS_OF_A_PERSON] [ENCODER ...]

People of LFW with 10 photos or more; each photo is left out once and given the person of the nearest other one.
"""

import sys
from pathlib import Path
from time import process_time

import torch
from torch import Tensor
from torch.nn import functional

from masquerade.data import packs
from masquerade.data.image_set import ImageSet
from masquerade.encoders import SHIPPED, open_encoder
from masquerade.metrics.intervals import share


def first_photos(people: ImageSet, most: int) -> ImageSet:
    """At most so many photos of each person, the first ones."""
    found = [(people.labels == label).nonzero().flatten()[:most] for label in people.labels.unique()]
    return people.take(torch.cat(found))


def rank1(features: Tensor, labels: Tensor) -> str:
    """Share of photos whose nearest other one is of the same person, with its interval."""
    unit = functional.normalize(features.flatten(1).float(), dim=1)
    cosines = unit @ unit.T
    hits = labels[cosines.fill_diagonal_(-2).argmax(1)] == labels
    low, high = share(hits, labels)
    return f"{float(hits.float().mean()):.3f} [{low:.3f}, {high:.3f}]"


def main(root: Path, most: int, encoders: list[str]) -> None:
    """Print a line for pixels, chance and each encoder."""
    people = first_photos(packs.lfw(root, 112, 112, min_images=10), most)
    count = torch.bincount(people.labels).double()
    chance = float((count * (count - 1)).sum() / len(people) / (len(people) - 1))
    print(f"n = {len(people)}, {len(count)} people, chance {chance:.4f}")
    print("pixels", rank1(people.images, people.labels))
    for name in encoders:
        encoder = open_encoder(name)
        start = process_time()
        maps = torch.cat([encoder(some) for some in torch.split(people.images, 256)])
        seconds = process_time() - start
        mean_square = float(maps.square().mean())
        print(
            name,
            rank1(maps, people.labels),
            f"mean square {mean_square:.2f}, {len(people) / seconds:.0f} photos/s",
        )


if __name__ == "__main__":
    torch.set_num_threads(1)
    main(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 1000, sys.argv[3:] or list(SHIPPED))
