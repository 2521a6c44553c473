"""``audit`` of what any tool made of photos: weak tools are broken, strong ones are not, nameless photos say so."""

from pathlib import Path

import numpy as np
import pytest
import torch
from torch.nn import functional

import masquerade as mq
from masquerade.data import builtin
from masquerade.errors import UsageError


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


def test_what_does_not_fit_is_refused(photos: tuple[torch.Tensor, np.ndarray], tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="another shape"):
        mq.audit(photos[0], photos[1], protected=photos[0][:, :, :40], progress=False)
    with pytest.raises(UsageError, match="one of the two"):
        mq.audit(photos[0], photos[1], protected=photos[0], protections=("none",), progress=False)
    with pytest.raises(UsageError, match="no such photo or folder"):
        mq.audit(tmp_path / "a", protected=tmp_path / "b", progress=False)
