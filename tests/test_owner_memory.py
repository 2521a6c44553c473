"""Memory does not grow with the number of photos."""

import subprocess
import sys
from pathlib import Path

from owner_examples import photo

SCRIPT = Path(__file__).with_name("peak_memory.py")


def peak(root: Path, photos: int) -> int:
    photo(0).save(root / "first.bmp")
    data = bytearray((root / "first.bmp").read_bytes())
    for person in range(10):
        folder = root / "photos" / f"person-{person}"
        folder.mkdir(parents=True)
        for k in range(photos // 10):
            data[-4:-1] = k.to_bytes(2, "little") + bytes([person])
            (folder / f"a-photo-with-a-name-of-usual-length-{k:06d}.bmp").write_bytes(data)
    command = [sys.executable, SCRIPT, root / "photos", root]
    return int(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def test_ten_times_the_photos_take_no_tenth_more_memory(tmp_path: Path) -> None:
    few, many = tmp_path / "few", tmp_path / "many"
    few.mkdir()
    many.mkdir()
    assert peak(many, 10_000) < 1.1 * peak(few, 1_000)
