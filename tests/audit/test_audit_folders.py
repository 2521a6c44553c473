"""Two folders: which picture belongs to which photo, where its face lies, and what was not protected."""

import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image, ImageFilter

from masquerade.audit.folders.aligning import onto
from masquerade.audit.folders.pairing import PhotoPair, paired
from masquerade.audit.folders.reading import PairsRead
from masquerade.audit.folders.sampled import sampled
from masquerade.audit.folders.tool import CommandTool, made_by
from masquerade.audit.results import Missed
from masquerade.data import builtin
from masquerade.errors import UsageError

PEOPLE, EACH = 4, 3


def face(person: int, number: int) -> Image.Image:
    faces = builtin.orl(96, 96)
    row = int((faces.labels == person).nonzero()[number])
    return Image.fromarray(faces.images[row, 0].numpy()).convert("RGB")


@pytest.fixture
def folders(tmp_path: Path) -> tuple[Path, Path]:
    for person in range(PEOPLE):
        for number in range(EACH):
            photo = face(person, number)
            for side, picture in (("photos", photo), ("blurred", photo.filter(ImageFilter.GaussianBlur(4)))):
                file = tmp_path / side / f"p{person}" / f"{number}.png"
                file.parent.mkdir(parents=True, exist_ok=True)
                picture.save(file)
    return tmp_path / "photos", tmp_path / "blurred"


def test_pictures_belong_by_path_whatever_their_format_and_ending(folders: tuple[Path, Path]) -> None:
    photos, blurred = folders
    for file in sorted(blurred.rglob("*.png")):
        Image.open(file).save(file.with_name(f"{file.stem}_anonymised.jpg"))
        file.unlink()
    found = paired(photos, blurred, None, None)
    assert found.by == "path"
    assert len(found.pairs) == PEOPLE * EACH
    assert all(pair.protected.parent.name == pair.person == pair.photo.parent.name for pair in found.pairs)
    assert all(pair.protected.stem == f"{pair.photo.stem}_anonymised" for pair in found.pairs)


def test_files_without_a_partner_are_named_once(folders: tuple[Path, Path]) -> None:
    photos, blurred = folders
    (blurred / "p0" / "0.png").unlink()
    face(5, 0).save(blurred / "p1" / "unknown.png")
    face(1, 2).save(photos / "p1" / "2.jpg")  # beside 2.png: whose picture is blurred/p1/2.png?
    found = paired(photos, blurred, None, "path")
    said = "\n".join(found.misfits)
    assert said.count("p0/0.png") == said.count("p1/unknown.png") == 1
    assert len(found.pairs) + 2 == PEOPLE * EACH + 1


def test_other_names_are_paired_by_content(folders: tuple[Path, Path]) -> None:
    photos, blurred = folders
    for number, file in enumerate(sorted(blurred.rglob("*.png"), reverse=True)):
        file.rename(blurred / f"{number:03}-{file.parent.name}{file.stem}.png")
    found = paired(photos, blurred, None, None)
    assert found.by == "content"
    right = [pair.protected.stem.endswith(f"{pair.person}{pair.photo.stem}") for pair in found.pairs]
    assert sum(right) >= PEOPLE * EACH - 1


def test_nothing_in_common_is_an_error_that_names_the_remedy(
    folders: tuple[Path, Path], tmp_path: Path
) -> None:
    (tmp_path / "other").mkdir()
    Image.new("RGB", (20, 20), "red").save(tmp_path / "other" / "red.png")
    with pytest.raises(UsageError, match="--pair"):
        paired(folders[0], tmp_path / "other", None, None)


def test_a_part_of_a_photo_at_another_size_is_laid_where_it_was_cut() -> None:
    photo = np.asarray(face(2, 1))
    part = Image.fromarray(photo[16:80, 30:78]).resize((96, 128), Image.Resampling.LANCZOS)
    there = onto(photo, np.asarray(part))
    assert there is not None
    corner, opposite = there @ [30, 16, 1], there @ [77, 79, 1]
    assert np.abs(corner).max() < 4
    assert np.abs(opposite - [94, 126]).max() < 4


def test_what_was_not_protected_is_counted_and_named(folders: tuple[Path, Path]) -> None:
    photos, blurred = folders
    (blurred / "p0" / "0.png").write_bytes((photos / "p0" / "0.png").read_bytes())
    corner = face(1, 0)
    corner.paste((0, 0, 0), (0, 0, 20, 20))
    corner.save(blurred / "p1" / "0.png")
    (blurred / "p2" / "0.png").write_bytes(b"no picture")
    read = PairsRead(64, 64, "as-is", look=False).read(
        paired(photos, blurred, None, None).pairs, lambda done: None
    )
    missed: dict[str, Missed] = {each.kind: each for each in read.missed()}
    assert missed["unchanged"].paths == ["p0/0.png"]
    assert missed["unchanged"].of == PEOPLE * EACH - 1
    assert [name.partition(":")[0] for name in read.rejected] == ["p2/0.png"]
    copied = read.look_for_copies(paired(photos, blurred, None, None).pairs).missed()[0]
    assert (copied.kind, copied.count, copied.of, copied.paths) == ("copied", 1, PEOPLE * EACH, ["p0/0.png"])
    one, other = read.arrays()
    assert one.shape == other.shape == (PEOPLE * EACH - 1, 3, 64, 64)


def test_more_pairs_than_attacks_need_are_drawn_of_people_with_several() -> None:
    pairs = [
        PhotoPair(f"{person}/{n}", Path(), Path(), str(person))
        for person in range(30)
        for n in range(1 + person % 3)
    ]
    kept = sampled(pairs, 20, 2)
    assert len(kept) == 20
    assert all(sum(each.person == pair.person for each in kept) == 2 for pair in kept)
    assert kept == [pair for pair in pairs if pair in set(kept)]
    assert sampled(pairs, 1000, 5) == pairs


TOOL = """
import sys, time
from PIL import Image, ImageFilter
photo = Image.open(sys.argv[1])
if sys.argv[3:] == ["picky"] and photo.getpixel((0, 0)) == (1, 2, 3):
    sys.exit(7)
if sys.argv[3:] == ["picky"] and photo.getpixel((0, 0)) == (3, 2, 1):
    time.sleep(60)
photo.filter(ImageFilter.GaussianBlur(3)).save(sys.argv[2])
"""


@pytest.fixture
def command(tmp_path: Path) -> str:
    (tmp_path / "tool.py").write_text(TOOL)
    return f"{sys.executable} {tmp_path / 'tool.py'} {{in}} {{out}} picky"


def test_a_tool_that_fails_or_hangs_is_named_and_the_rest_goes_on(tmp_path: Path, command: str) -> None:
    files = []
    for number, corner in enumerate([(0, 0, 0), (1, 2, 3), (3, 2, 1), (9, 9, 9)]):
        photo = face(0, number)
        photo.putpixel((0, 0), corner)
        photo.save(tmp_path / f"{number}.png")
        files.append((f"{number}.png", tmp_path / f"{number}.png", "somebody"))
    pairs, failed = made_by(CommandTool(command, 5), files, tmp_path / "made", lambda done: None)
    assert [pair.name for pair in pairs] == ["0.png", "3.png"]
    assert failed == [
        "1.png: the tool failed, it ended with status 7",
        "2.png: the tool failed, it took longer than 5 seconds",
    ]


def test_a_tool_answers_for_photos_of_the_attackers_choice(command: str) -> None:
    tool = CommandTool(command)
    photos = builtin.orl(32, 32).images[:2].expand(-1, 3, -1, -1)
    answers = tool.ask(photos)
    assert answers.shape == photos.shape
    assert 0 < float((answers - photos.float()).abs().mean()) < 60
    assert torch.equal(tool.ask(photos[1:]), answers[1:])


@pytest.mark.parametrize("wrong", ["tool {in}", "tool 'unclosed {in} {out}", "{in} {out}"])
def test_a_command_without_its_places_is_refused(wrong: str) -> None:
    with pytest.raises(UsageError, match="command"):
        CommandTool(wrong)


def test_a_tool_that_is_not_here_is_an_error(tmp_path: Path) -> None:
    face(0, 0).save(tmp_path / "a.png")
    with pytest.raises(UsageError, match="cannot be started"):
        CommandTool("no-such-tool-here {in} {out}").make(tmp_path / "a.png", tmp_path / "b.png")
