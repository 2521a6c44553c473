"""The crash harness with a whole owner's job: photos, key, records, one photo that is turned away.

python owner_crash_harness.py RECIPE KILLS SEED FOLDER

``RECIPE`` is ``blocks``, or ``xnn``: tokens of an encoder, made of plain patches, under XNN's secret steps.
"""

import json
import random
import sys
import time
from dataclasses import replace
from functools import partial
from pathlib import Path

import torch

from crash_harness import run
from masquerade.owner.disguise_folder import disguise_folder
from masquerade.owner.records import Records
from masquerade.recipes import recipe
from masquerade.released import verify
from owner_examples import KEY, RECIPE, person_folders
from released_examples import tree

XNN = replace(recipe("xnn"), encoder="patches")
JOBS = {
    "blocks": partial(disguise_folder, recipe=RECIPE, accept_broken=True),
    "xnn": partial(disguise_folder, recipe=XNN, accept_broken=True),
}


def job(name: str, photos: Path, folder: Path, records: Path) -> None:
    JOBS[name](photos, folder, KEY, Records(records), shard_images=16, workers=2)


def kept(records: Path) -> dict[str, bytes]:
    """The owner's records but for the ledger, whose bytes tell how often a job was stopped."""
    return {name: data for name, data in tree(records).items() if "ledger" not in name}


def torment(name: str, kills: int, seed: int, root: Path) -> dict[str, int]:
    draw = random.Random(seed)
    photos = person_folders(root / "photos", people=8, each=20)
    (photos / "person-03" / "photo-007.png").write_bytes(b"no image")
    writer = partial(job, name, photos)
    run(writer, root / "warm", root / "warm.records", None)
    start = time.monotonic()
    run(writer, root / "whole", root / "whole.records", None)
    seconds = time.monotonic() - start
    done = {"jobs": 0, "killed": 0, "broken": 0}
    while done["killed"] < kills:
        folder, records = root / f"job-{done['jobs']}", root / f"job-{done['jobs']}.records"
        while run(writer, folder, records, draw.uniform(0, seconds)):
            done["killed"] += 1
        done["jobs"] += 1
        same = tree(folder) == tree(root / "whole") and kept(records) == kept(root / "whole.records")
        done["broken"] += not (same and verify(folder) == [])
    return done


if __name__ == "__main__":
    torch.set_num_threads(1)
    print(json.dumps(torment(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), Path(sys.argv[4]))))
