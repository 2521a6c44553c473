"""``masquerade generator train`` and ``masquerade encoder train``, and the tables of attributes they read."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from masquerade.cli.app import run
from masquerade.crafting.shipped import open_generator, open_split
from masquerade.data.attribute_table import read_attribute_table
from masquerade.errors import UsageError


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("public")
    draw = np.random.default_rng(0)
    for number in range(64):
        path = root / f"p{number % 4}" / f"{number}.png"
        path.parent.mkdir(exist_ok=True)
        Image.fromarray(draw.integers(0, 256, (16, 16, 3), dtype=np.uint8)).save(path)
    return root


def table(path: Path, *lines: str, header: str = "file,Smiling,Young") -> Path:
    path.write_text("\n".join([header, *lines]) + "\n")
    return path


def test_a_generator_from_a_folder(photos: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "faces"
    options = ["--side", "16", "--width", "4", "--latents", "4", "--steps", "2", "--batch", "8"]
    assert run(["generator", "train", str(photos), "-o", str(out), *options]) == 0
    printed = capsys.readouterr()
    assert printed.out.strip() == str(out)
    assert "64 photos" in printed.err
    assert open_generator(out).latents == 4
    with Image.open(tmp_path / "faces.png") as samples:
        assert samples.size == (8 * 16, 4 * 16)
    assert not (tmp_path / "faces.checkpoint").exists()


def test_too_few_photos_leave_nothing(
    photos: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "faces"
    assert run(["generator", "train", str(photos / "p0"), "-o", str(out), "--side", "16"]) == 1
    assert "at least 64 photos" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_an_encoder_leaves_out_photos_without_a_row(
    photos: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = [f"p{n % 4}/{n}.png,{n % 2},-1" for n in range(40)]
    csv = table(tmp_path / "a.csv", *lines, "p9/gone.png,1,1")
    options = ["--side", "16", "--width", "2", "--epochs", "1", "--architecture", "vgg16"]
    command = [
        "encoder",
        "train",
        str(photos),
        "--attributes",
        str(csv),
        "-o",
        str(tmp_path / "enc"),
        *options,
    ]
    assert run(command) == 0
    printed = capsys.readouterr()
    assert "24 photos without a row were left out; 1 rows have no photo" in printed.err
    split = open_split(tmp_path / "enc")
    assert split.attributes == ("Smiling", "Young")
    assert split.network.options.architecture == "vgg16"
    assert run([*command[:4], str(table(tmp_path / "b.csv", "x.png,1,1")), *command[5:]]) == 1
    assert "no photo has a row" in capsys.readouterr().err


def test_a_table_as_celeba_writes_it(tmp_path: Path) -> None:
    found = read_attribute_table(table(tmp_path / "a.csv", "x/1.jpg,1,-1", "x/2.jpg,0,1"))
    assert found.names == ("Smiling", "Young")
    assert found.rows == {"x/1.jpg": (True, False), "x/2.jpg": (False, True)}


@pytest.mark.parametrize(
    ("header", "line", "words"),
    [
        ("photo,Smiling", "x,1", "columns are wrong"),
        ("file,Smiling,Smiling", "x,1,1", "columns are wrong"),
        ("file", "x", "columns are wrong"),
        ("file,Smiling", "x,2", r"neither yes nor no: 2 in .*line 2, column Smiling"),
        ("file,Smiling", "x,", "neither yes nor no"),
        ("file,Smiling", "x", "another number of columns: x"),
        ("file,Smiling", "x,1\nx,1", r"two rows: x in .*line 3"),
    ],
)
def test_tables_that_make_no_sense_are_named(tmp_path: Path, header: str, line: str, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        read_attribute_table(table(tmp_path / "a.csv", line, header=header))
    with pytest.raises(UsageError, match="cannot be read"):
        read_attribute_table(tmp_path / "none")
