"""Disguise a folder in a process of its own and print its peak memory in bytes:

python peak_memory.py PHOTOS FOLDER
"""

import sys
from pathlib import Path

from masquerade.owner.disguise_folder import disguise_folder
from masquerade.owner.records import Records
from owner_examples import KEY, RECIPE

if __name__ == "__main__":
    photos, folder = Path(sys.argv[1]), Path(sys.argv[2])
    # One size of shard, since by itself a job of few photos takes smaller ones.
    disguise_folder(
        photos,
        folder / "out",
        KEY,
        Records(folder / "records"),
        RECIPE,
        shard_images=256,
        workers=2,
        accept_broken=True,
    )
    # Not ru_maxrss: a new process inherits that of the process which started it.
    status = Path("/proc/self/status").read_text(encoding="ascii")
    print(1024 * int(next(line for line in status.splitlines() if line.startswith("VmHWM")).split()[1]))
