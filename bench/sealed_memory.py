"""Peak memory in MiB of a match with blocks read from disk, the answer apart: python -m bench.sealed_memory 100000"""

import sys
import tempfile
from pathlib import Path

from bench.peak_memory import own_peak
from bench.sealed_made import unit
from masquerade.sealed.match import CloudGallery, match
from masquerade.sealed.probe import Camera


def main(folder: Path) -> None:
    """Match one probe; print the peak, less what the answer itself takes."""
    probe = Camera.load(folder).probe(unit(1, 1)[0])
    answer = match(CloudGallery(folder, memory=0), probe)
    print((own_peak() - len(answer)) / 2**20)


if __name__ == "__main__":
    if sys.argv[1].isdigit():
        from bench.sealed_made import make

        with tempfile.TemporaryDirectory() as scratch:
            make(Path(scratch) / "public", int(sys.argv[1]))
            main(Path(scratch) / "public")
    else:
        main(Path(sys.argv[1]))
