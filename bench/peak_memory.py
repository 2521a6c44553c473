"""Peak memory in MiB of disguising so many photos, in a process of its own: python -m bench.peak_memory 5000 dn-lfw"""

import os
import sys
import tempfile
from pathlib import Path

from PIL import Image

from masquerade.keys import Key
from masquerade.owner.disguise_folder import disguise_folder
from masquerade.owner.records import Records
from masquerade.recipes import recipe

PHOTOS_A_PERSON = 100


def own_peak() -> int:
    """Peak memory of this process in bytes; ru_maxrss would be that of the process which started it, if larger."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return 1024 * int(next(line for line in status.splitlines() if line.startswith("VmHWM")).split()[1])


def main(photos: int, recipe_name: str = "dn-lfw") -> None:
    """Disguise ``photos`` links to one small photo, and print the peak."""
    with tempfile.TemporaryDirectory() as scratch:
        root = Path(scratch)
        Image.new("RGB", (32, 32), (90, 120, 150)).save(root / "one.png")
        for person in range(photos // PHOTOS_A_PERSON):
            folder = root / "photos" / f"p{person}"
            folder.mkdir(parents=True)
            for number in range(PHOTOS_A_PERSON):
                os.link(root / "one.png", folder / f"{number}.png")
        key = Key.from_secret(bytes(32))
        disguise_folder(
            root / "photos",
            root / "out",
            key,
            Records(root / "records"),
            recipe(recipe_name),
            accept_broken=True,
        )
    print(own_peak() / 2**20)


if __name__ == "__main__":
    main(int(sys.argv[1]), *sys.argv[2:])
