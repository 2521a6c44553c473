"""The crash harness with a whole owner's job: photos, key, records, one photo that is turned away.

python owner_crash_harness.py KILLS SEED FOLDER
"""

import json
import random
import sys
from functools import partial
from pathlib import Path

import torch

from crash_harness import run
from masquerade.owner.disguising import disguise_folder
from masquerade.owner.records import Records
from masquerade.released import verify
from owner_examples import KEY, RECIPE, person_folders
from released_examples import tree

SECONDS = 0.4
"""About what a job takes; kills fall before it."""


def job(photos: Path, folder: Path, records: Path) -> None:
    disguise_folder(photos, folder, KEY, Records(records), RECIPE, shard_images=16, workers=2)


def kept(records: Path) -> dict[str, bytes]:
    """The owner's records but for the ledger, whose bytes tell how often a job was stopped."""
    return {name: data for name, data in tree(records).items() if "ledger" not in name}


def torment(kills: int, seed: int, root: Path) -> dict[str, int]:
    draw = random.Random(seed)
    photos = person_folders(root / "photos", people=8, each=20)
    (photos / "person-03" / "photo-007.png").write_bytes(b"no image")
    writer = partial(job, photos)
    run(writer, root / "whole", root / "whole.records", None)
    done = {"jobs": 0, "killed": 0, "broken": 0}
    while done["killed"] < kills:
        folder, records = root / f"job-{done['jobs']}", root / f"job-{done['jobs']}.records"
        while run(writer, folder, records, draw.uniform(0, SECONDS)):
            done["killed"] += 1
        done["jobs"] += 1
        same = tree(folder) == tree(root / "whole") and kept(records) == kept(root / "whole.records")
        done["broken"] += not (same and verify(folder) == [])
    return done


if __name__ == "__main__":
    torch.set_num_threads(1)
    print(json.dumps(torment(int(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3]))))
