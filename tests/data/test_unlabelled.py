"""Photos without regard to whose they are."""

from pathlib import Path

import pytest
from PIL import Image

from masquerade.data.photo_tree import photo_tree
from masquerade.data.unlabelled import load
from masquerade.errors import UsageError


def photo(path: Path, grey: int = 90) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("L", (20, 20), grey).save(path)
    return path


def test_photos_at_any_depth_in_the_order_of_their_names(tmp_path: Path) -> None:
    wanted = [photo(tmp_path / name) for name in ("Zoe/1.png", "ana/2.JPG", "ana/x/3.bmp", "b.webp")]
    photo(tmp_path / ".hidden" / "4.png")
    photo(tmp_path / ".5.png")
    (tmp_path / "note.txt").write_text("no photo")
    (tmp_path / "link.png").symlink_to(wanted[0])
    assert photo_tree(tmp_path).paths() == wanted


def test_bad_photos_are_told_once_and_left_out(tmp_path: Path) -> None:
    photo(tmp_path / "a.png", 10)
    (tmp_path / "b.png").write_bytes(b"no picture")
    photo(tmp_path / "c.png", 30)
    images, rejected, _ = load(tmp_path, 8, 8, "RGB")
    assert images.shape == (2, 3, 8, 8)
    assert images[:, 0, 0, 0].tolist() == [10, 30]
    assert [Path(str(error.place)).name for error in rejected] == ["b.png"]


def test_folders_without_photos_are_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no photos found"):
        photo_tree(tmp_path)
    with pytest.raises(UsageError, match="no such photo or folder"):
        photo_tree(tmp_path / "nowhere")
