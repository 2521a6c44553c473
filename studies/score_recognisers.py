"""Score recognisers on the people of LFW with 20 photos or more: rank-1 and verification, beside chance.

python studies/score_recognisers.py DATA [PHOTOS_OF_A_PERSON] [RECOGNISER ...]
"""

import sys
from pathlib import Path
from time import process_time

import torch

from masquerade.data import packs
from masquerade.data.image_set import ImageSet
from masquerade.encoders.recogniser import RECOGNISERS, open_recogniser
from masquerade.metrics import Score, recognition, tar_at_far


def first_photos(people: ImageSet, most: int) -> ImageSet:
    """At most so many photos of each person, the first ones."""
    found = [(people.labels == label).nonzero().flatten()[:most] for label in people.labels.unique()]
    return people.take(torch.cat(found))


def line(score: Score) -> str:
    """A score with its interval and chance."""
    return f"{score.value:.3f} [{score.low:.3f}, {score.high:.3f}] (chance {score.chance:.3f}, n {score.n})"


def main(root: Path, most: int, names: list[str]) -> None:
    """Print a line for each recogniser."""
    people = first_photos(packs.lfw(root, 112, 112, min_images=20), most)
    for name in names:
        recogniser = open_recogniser(name)
        start = process_time()
        with torch.no_grad():
            vectors = recogniser.embed(people.images)
        seconds = process_time() - start
        print(
            name,
            "rank-1",
            line(recognition(vectors, people.labels)),
            "TAR@FAR 1e-3",
            line(tar_at_far(vectors, people.labels, 1e-3)),
            f"{1000 * seconds / len(people):.0f} ms a photo",
            flush=True,
        )


if __name__ == "__main__":
    torch.set_num_threads(1)
    main(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 20, sys.argv[3:] or list(RECOGNISERS))
