"""The crash harness with a person's job: photos in folders, a MaskNet, one photo that is no photo.

python cloak_crash_harness.py KILLS SEED FOLDER
"""

import json
import random
import sys
import time
from functools import partial
from pathlib import Path

import torch

from crash_harness import run
from masquerade.cloaking.folder import cloak_folder
from masquerade.owner.records import Records
from photo_examples import photo_cloak, photo_folder

PHOTOS = 12


def tree(folder: Path) -> dict[str, bytes]:
    """Every file in and below a folder with its bytes; nothing if it is not there."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def job(photos: Path, folder: Path, records: Path) -> None:
    """Every other folder holds the originals at first, under the names of their cloaked copies."""
    filled = folder.name.startswith("filled")
    cloak_folder(photos, folder, photo_cloak(steps=1), Records(records), {}, workers=2, overwrite=filled)


def torment(kills: int, seed: int, root: Path) -> dict[str, int]:
    draw = random.Random(seed)
    photos = photo_folder(root / "photos", PHOTOS, "BMP")  # of one length before and after
    before = tree(photos)
    (photos / "trip 1" / "broken.bmp").write_bytes(b"no image")
    untouched, writer = tree(photos), partial(job, photos)
    run(writer, root / "whole", root / "whole.records", None)
    start = time.monotonic()
    run(writer, root / "timed", root / "timed.records", None)
    seconds, whole = time.monotonic() - start, tree(root / "whole")
    done = {"photos": len(whole), "jobs": 0, "killed": 0, "broken": 0, "halfway": 0}
    while done["killed"] < kills:
        filled = done["jobs"] % 2 == 1
        folder = root / f"{'filled' if filled else 'empty'}-{done['jobs']}"
        for name, data in before.items() if filled else ():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(data)
        while run(writer, folder, folder.with_suffix(".records"), draw.uniform(0, seconds)):
            done["killed"] += 1
            there = {name: data for name, data in tree(folder).items() if not name.endswith(".tmp")}
            rest = {name for name, data in there.items() if whole[name] != data}
            done["halfway"] += 0 < len(there) - len(rest) < len(whole)
            done["broken"] += any(not filled or there[name] != before[name] for name in rest)
        done["jobs"] += 1
        done["broken"] += tree(folder) != whole
    done["broken"] += tree(photos) != untouched
    return done


if __name__ == "__main__":
    torch.set_num_threads(1)
    print(json.dumps(torment(int(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3]))))
