"""Disguising a folder from Python: the released folder of the command, and the same consent."""

from pathlib import Path

import pytest

from masquerade.api.folders import disguise_folder
from masquerade.api.protection import Protection
from masquerade.cli.app import run
from masquerade.errors import UsageError
from masquerade.keys import Key, KeyFile
from masquerade.released import ReleasedDataset
from owner_examples import person_folders
from released_examples import tree

KEY = Key.from_secret(bytes(range(32)))


@pytest.fixture
def root(tmp_path: Path) -> Path:
    person_folders(tmp_path / "photos", people=3, each=4)
    for name in ("ours", "theirs"):
        (tmp_path / name).mkdir()
        KEY.save(tmp_path / name / "owner.key")
    return tmp_path


def test_it_is_the_released_folder_of_the_command(root: Path) -> None:
    seen: list[tuple[int, int]] = []
    summary = disguise_folder(
        root / "photos",
        root / "ours" / "released",
        KeyFile(root / "ours" / "owner.key"),
        accept_broken=True,
        faces="as-is",
        progress=lambda done, total: seen.append((done, total)),
    )
    assert (summary.images, summary.people, summary.finished) == (12, 3, True)
    assert seen[-1] == (12, 12)
    theirs = root / "theirs"
    command = [
        "disguise",
        str(root / "photos"),
        "-o",
        str(theirs / "released"),
        "-k",
        str(theirs / "owner.key"),
    ]
    assert run([*command, "--accept-broken", "--faces", "as-is"]) == 0
    assert tree(root / "ours" / "released") == tree(theirs / "released")
    assert (root / "ours" / "owner.records").is_dir()


def test_consent_is_asked_for_before_anything_is_written(root: Path) -> None:
    with pytest.raises(UsageError, match=r"not known to hold: blocks-noise.*accept_broken=True"):
        disguise_folder(root / "photos", root / "out", root / "ours" / "owner.key")
    assert not (root / "out").exists()
    dry = disguise_folder(
        root / "photos", root / "out", root / "ours" / "owner.key", faces="as-is", dry_run=True
    )
    assert (dry.finished, dry.images) == (False, 12)
    assert not (root / "out").exists()


def test_names_and_protections_say_how(root: Path) -> None:
    key = root / "ours" / "owner.key"
    how = {"accept_broken": True, "faces": "as-is", "overwrite": True}
    named = disguise_folder(root / "photos", root / "out", key, "none", **how)  # type: ignore[arg-type]
    assert named.recipe == "none"
    louder = Protection("blocks-noise", size=(16, 16), level=120.0)
    given = disguise_folder(root / "photos", root / "out", key, louder, **how)  # type: ignore[arg-type]
    assert given.recipe == "blocks-noise"
    manifest = ReleasedDataset(root / "out").manifest
    assert manifest.disguise == louder.describe()
    assert manifest.image_shape == (3, 16, 16)
    with pytest.raises(LookupError, match="blocks-noise"):
        disguise_folder(root / "photos", root / "out", key, "block-noise")
    with pytest.raises(UsageError, match="not a protection: int"):
        disguise_folder(root / "photos", root / "out", key, 7)  # type: ignore[arg-type]


def test_a_key_without_a_file_has_no_place_for_records(root: Path) -> None:
    with pytest.raises(UsageError, match=r"a key without its file.*KeyFile"):
        disguise_folder(root / "photos", root / "out", KEY, accept_broken=True)
    with pytest.raises(UsageError, match="as-is"):
        disguise_folder(
            root / "photos", root / "out", root / "ours" / "owner.key", accept_broken=True, faces="x"
        )  # type: ignore[arg-type]
