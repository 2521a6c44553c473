"""Memory does not grow with the number of photos, and hardly with the size of a face."""

import subprocess
import sys
import tracemalloc
from pathlib import Path

import numpy as np

from masquerade.cloaking.photo_cloak import _put
from masquerade.faces.alignment import whole
from owner_examples import photo

SCRIPT = Path(__file__).parents[1] / "support" / "processes" / "peak_memory.py"


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


def test_a_large_face_is_changed_in_bands() -> None:
    """Of a face of 25 megapixels each float32 picture takes 300 MB."""
    before = np.full((2000, 2000, 3), 120, np.uint8)
    after, change = before.copy(), np.full((112, 112, 3), 3, np.float32)
    tracemalloc.start()
    _put(before, after, None, whole(2000, 2000), change)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert (after[100:-100, 100:-100] == 123).all()
    assert peak < 2 * before.size * 4
