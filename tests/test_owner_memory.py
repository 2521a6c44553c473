"""Memory does not grow with the number of photos."""

import subprocess
import sys
from pathlib import Path

from owner_examples import photo

SCRIPT = Path(__file__).with_name("peak_memory.py")


def peak(root: Path, photos: int) -> int:
    first = root / "first.bmp"
    photo(0).save(first)
    for person in range(10):
        folder = root / "photos" / f"person-{person}"
        folder.mkdir(parents=True)
        for k in range(photos // 10):
            # Names are what memory could grow with; thousands of files of their own only take time.
            (folder / f"a-photo-with-a-name-of-usual-length-{k:06d}.bmp").hardlink_to(first)
    command = [sys.executable, SCRIPT, root / "photos", root]
    return int(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def test_ten_times_the_photos_take_no_tenth_more_memory(tmp_path: Path) -> None:
    few, many = tmp_path / "few", tmp_path / "many"
    few.mkdir()
    many.mkdir()
    assert peak(many, 8_000) < 1.1 * peak(few, 800)
