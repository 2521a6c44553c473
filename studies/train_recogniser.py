"""Train the shipped recogniser ``resnet-public`` on people of LFW whom no study protects, tracks or attacks.

    python studies/train_recogniser.py DATA OUT [STEPS]

People with five to nine photos. An interrupted training goes on when called again.
"""

import sys
from pathlib import Path

import torch

from masquerade.data import packs
from masquerade.data.image_set import ImageSet
from masquerade.encoders.recogniser_file import RecogniserCard, read_recogniser
from masquerade.training.encoders.recogniser import (
    card_of,
    recogniser_settings,
    save_recogniser,
    train_recogniser,
)

SIDE = 64
SEED = 0
LICENCE = "Weights: Apache-2.0. Photos: Labelled Faces in the Wild, distributed for research."


def provider_people(root: Path) -> ImageSet:
    """Photos of people with five to nine photos, numbered from 0 without gaps."""
    everybody = packs.lfw(root, SIDE, SIDE, min_images=5)
    count = torch.bincount(everybody.labels)
    wanted = count <= 9
    chosen = everybody.of(wanted.nonzero().flatten())
    _, dense = chosen.labels.unique(return_inverse=True)
    return ImageSet(chosen.images, dense, chosen.names)


def say(step: int, total: int, loss: float, accuracy: float) -> None:
    """A line every fifty steps."""
    if not step % 50:
        print(f"{step} of {total}: loss {loss:.2f}, accuracy {accuracy:.3f}", flush=True)


def main(root: Path, out: Path, steps: int) -> None:
    """Train, write, and read back."""
    people = provider_people(root)
    settings = recogniser_settings(steps)
    network = train_recogniser(
        people.images,
        people.labels,
        settings,
        SEED,
        progress=say,
        checkpoint=out.with_suffix(".checkpoint"),
    )
    card: RecogniserCard = card_of("resnet-public", network, settings, SEED, people.labels, LICENCE)
    save_recogniser(out, network, card)
    print(f"{len(people)} photos; {out.stat().st_size} bytes; digest {read_recogniser(out).digest}")


if __name__ == "__main__":
    torch.set_num_threads(1)
    main(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]) if len(sys.argv) > 3 else 600)
