"""``audit`` of what any tool made of photos: weak tools are broken, strong ones are not, nameless photos say so."""

from dataclasses import dataclass
from pathlib import Path
from typing import final

import numpy as np
import pytest
import torch
from PIL import Image
from torch.nn import functional

import masquerade as mq
from masquerade.api.audit_by_name import audit_by_name
from masquerade.api.pair_sections import sections
from masquerade.data import builtin
from masquerade.disguises import Disguise, Keyed
from masquerade.errors import UsageError
from masquerade.keys import Key
from masquerade.recipes import Recipe


@pytest.fixture(scope="module")
def photos() -> tuple[torch.Tensor, np.ndarray]:
    faces = builtin.orl(48, 48)
    faces = faces.take((faces.labels < 12).nonzero().flatten())
    faces = faces.take(torch.arange(len(faces))[torch.arange(len(faces)) % 10 < 4])
    return faces.images.expand(-1, 3, -1, -1).contiguous(), faces.labels.numpy()


def few_squares(images: torch.Tensor, side: int) -> torch.Tensor:
    small = functional.interpolate(images.float(), (side, side), mode="area")
    return functional.interpolate(small, images.shape[2:], mode="nearest").round().to(torch.uint8)


@pytest.fixture(scope="module")
def weak(photos: tuple[torch.Tensor, np.ndarray]) -> mq.Report:
    return mq.audit(photos[0], photos[1], protected=few_squares(photos[0], 24), progress=False)


def test_large_enough_squares_hide_nobody(weak: mq.Report) -> None:
    found = weak["protected"]
    assert found.grades["person"] == "BROKEN"
    rows = {row.attack: row for row in found.leaks}
    named = rows["sface against clean photos"].value
    assert named is not None
    assert named > 0.7
    assert {row.status for row in rows.values()} == {"ran"}
    assert all(row.chance == pytest.approx(1 / 12) for row in rows.values() if row.question == "person")


def test_that_the_photo_links_is_a_fact_and_no_part_of_the_grade(weak: mq.Report) -> None:
    answers = {answer.question: answer for answer in weak.found.arms[1].answers}
    assert not answers["photo"].promised
    assert answers["person"].promised


def test_one_colour_for_everybody_names_nobody(photos: tuple[torch.Tensor, np.ndarray]) -> None:
    grey = torch.full_like(photos[0], 127)
    found = mq.audit(photos[0], photos[1], protected=grey, progress=False)["protected"]
    assert found.grade != "BROKEN"
    assert all((row.low or 0) <= (row.chance or 0) for row in found.leaks if row.status == "ran")


def test_without_names_it_says_what_cannot_be_asked(photos: tuple[torch.Tensor, np.ndarray]) -> None:
    few = photos[0][:12]
    report = mq.audit(few, protected=few_squares(few, 24), progress=False)
    assert report.found.folders is not None
    assert not report.found.folders.named
    assert any("cannot be asked" in line for line in report.not_tested)
    assert report["protected"].grades == {"photo": "BROKEN", "person": "INCOMPLETE"}


@final
@dataclass(frozen=True)
class Squares(Disguise):
    """Mean colours, without a key."""

    side: int = 24
    keyed_by_secret = False
    per_image = True
    restorable = False

    def keyed(self, key: Key, shape: tuple[int, int, int]) -> Keyed:
        return KeyedSquares(shape)


@final
class KeyedSquares(Keyed):
    def disguise(self, images: torch.Tensor, nonces: list[bytes] | None) -> torch.Tensor:
        return few_squares(images, 24).float()

    def digest(self) -> bytes:
        return b""


def test_a_protection_without_a_key_is_attacked_as_a_tool_that_can_be_asked(
    photos: tuple[torch.Tensor, np.ndarray], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for row in range(24):
        file = tmp_path / f"p{photos[1][row]}" / f"{row}.png"
        file.parent.mkdir(exist_ok=True)
        Image.fromarray(photos[0][row].permute(1, 2, 0).numpy()).save(file)
    squares = Recipe("squares", "mean colours", Squares(), 112, 112, "RGB", "mlp", "laptop-mlp", "a test", "")
    monkeypatch.setattr("masquerade.api.audit_by_name.recipe", lambda name: squares)
    monkeypatch.setattr("masquerade.audit.studies.study.generic_part", lambda *_: ([], []))
    monkeypatch.setattr("masquerade.api.audit_pairs.sections", lambda **said: sections(**said)[:2])
    found = audit_by_name(tmp_path, "squares", faces="as-is", progress=False)["squares"]
    assert [row.status for row in found.leaks] == ["ran", "ran"]
    assert all((row.value or 0) > 0.3 for row in found.leaks)
    assert [answer.promised for answer in found.arm.answers] == [False, True]


def test_what_does_not_fit_is_refused(photos: tuple[torch.Tensor, np.ndarray], tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="another shape"):
        mq.audit(photos[0], photos[1], protected=photos[0][:, :, :40], progress=False)
    with pytest.raises(UsageError, match="one of the two"):
        mq.audit(photos[0], photos[1], protected=photos[0], protections=("none",), progress=False)
    with pytest.raises(UsageError, match="no such photo or folder"):
        mq.audit(tmp_path / "a", protected=tmp_path / "b", progress=False)
