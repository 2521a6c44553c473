"""Kill a worker or the driver of a job that an engine does, at random moments, and see what is left at last.

python engine_crash_harness.py ENGINE KILLS SEED FOLDER

It prints what came of it as JSON: kills of drivers and of workers, jobs that ended, and how many of those left
other bytes than one thread does. Linux alone, since it reads /proc.
"""

import json
import os
import random
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

from masquerade.engines import engine_named
from masquerade.keys import KeyFile
from masquerade.owner.disguise_folder import disguise_folder
from masquerade.owner.records import Records
from masquerade.released import verify
from owner_crash_harness import kept
from owner_examples import KEY, RECIPE, person_folders
from released_examples import tree

PEOPLE, EACH, SHARD = 8, 48, 32
SHARDS = PEOPLE * EACH // SHARD


def job(engine: str, root: Path, folder: Path) -> None:
    """One job, which prints a line for each shard."""
    disguise_folder(
        root / "photos",
        folder,
        KeyFile(root / "owner.key"),
        Records(folder.with_suffix(".records")),
        RECIPE,
        accept_broken=True,
        shard_images=SHARD,
        workers=1,
        engine=engine_named(engine, 2),
        progress=lambda done, total: print("shard", flush=True),
    )


def workers_of(driver: int) -> list[int]:
    """Processes below a driver that make shards: spawned ones, or Ray's own."""
    parents, names = {}, {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with suppress(OSError, IndexError):
                parents[int(entry.name)] = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
                names[int(entry.name)] = (entry / "cmdline").read_bytes()

    def below(process: int) -> bool:
        while process in parents:
            process = parents[process]
            if process == driver:
                return True
        return False

    words = (b"spawn_main", b"ray::")
    return [one for one, name in names.items() if any(word in name for word in words) and below(one)]


def interrupted(engine: str, root: Path, folder: Path, draw: random.Random) -> str:
    """Run a job and kill something after some shards: "driver", "worker", or "" if it ended by itself before.

    Raises:
        RuntimeError: If the job failed though its driver was not killed.
    """
    after, wait, whom = draw.randrange(SHARDS), draw.uniform(0, 0.05), draw.choice(["driver", "worker"])
    command = [sys.executable, __file__, engine, "--job", str(root), str(folder)]
    errors = folder.with_suffix(".errors")
    with errors.open("wb") as file, subprocess.Popen(command, stdout=subprocess.PIPE, stderr=file) as driver:
        assert driver.stdout is not None
        lines = sum(1 for _ in zip(range(after), driver.stdout, strict=False))
        time.sleep(wait)
        hit = ""
        if lines == after and driver.poll() is None:
            workers = workers_of(driver.pid) if whom == "worker" else [driver.pid]
            with suppress(ProcessLookupError, IndexError):
                os.kill(draw.choice(workers), signal.SIGKILL)
                hit = whom
        driver.stdout.read()
        code = driver.wait()
    if hit != "driver" and code != 0:
        raise RuntimeError(f"the job failed after a kill of {hit}: {errors.read_text()[-2000:]}")
    return hit


def torment(engine: str, kills: int, seed: int, root: Path) -> dict[str, int]:
    draw = random.Random(seed)
    photos = person_folders(root / "photos", PEOPLE, EACH)
    (photos / "person-03" / "photo-007.png").write_bytes(b"no image")
    KEY.save(root / "owner.key")
    job("threads", root, root / "whole")
    done = {"driver": 0, "worker": 0, "jobs": 0, "broken": 0}
    while done["driver"] + done["worker"] < kills:
        folder = root / f"job-{done['jobs']}"
        while hit := interrupted(engine, root, folder, draw):
            done[hit] += 1
            if hit == "worker":
                break  # its driver went on to the end
        done["jobs"] += 1
        same = tree(folder) == tree(root / "whole")
        same &= kept(folder.with_suffix(".records")) == kept(root / "whole.records")
        done["broken"] += not (same and verify(folder) == [])
    return done


if __name__ == "__main__":
    if sys.argv[2] == "--job":
        job(sys.argv[1], Path(sys.argv[3]), Path(sys.argv[4]))
    else:
        print(json.dumps(torment(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), Path(sys.argv[4]))))
