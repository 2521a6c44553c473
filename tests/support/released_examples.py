"""Small released data sets for the tests of the format; their numbers come from the shard's number alone."""

from pathlib import Path

import torch

from masquerade.released.made_with import MadeWith
from masquerade.released.manifest import Manifest
from masquerade.released.writer import Plan, Shard

SHAPE = (2, 4, 4)
MADE_WITH = MadeWith(torch="2", numpy="3", pillow="4", jpeg="5", processor="AVX2")
CLASSES = 5


def plan(shards: int = 4, dataset: int = 1, source: str = "photos") -> Plan:
    head = Manifest(
        dataset_id=f"{dataset:032x}",
        recipe="example",
        disguise={"kind": "Example", "noise": 2.5},
        key_fingerprint="b" * 32,
        derivation_check="c" * 64,
        image_shape=(2, 4, 4),
        stored_shape=SHAPE,
        dtype="float16",
        classes=CLASSES,
        images=0,
        shards=(),
        masquerade="1.2.3",
        accepted_broken=False,
        made_with=MADE_WITH,
    )
    return Plan(head, shards, source)


def make(number: int) -> Shard:
    """The shard of a number: 3 to 5 images."""
    random = torch.Generator().manual_seed(number)
    images = 3 + number % 3
    x = torch.randn((images, *SHAPE), generator=random).half()
    return Shard(x, torch.randint(CLASSES, (images,), generator=random), f"note {number}")


def tree(folder: Path) -> dict[str, bytes]:
    """Every file of a folder with its bytes."""
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}
