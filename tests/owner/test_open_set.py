"""Naming people among strangers: thresholds, what they cost, and strangers who are not named."""

import csv
from io import StringIO
from pathlib import Path

import pytest
import torch
from torch.nn import functional

from masquerade.cli.app import run
from masquerade.data import builtin
from masquerade.errors import UsageError
from masquerade.faces.reading import PhotoReader
from masquerade.keys import Key
from masquerade.owner.strangers import strangers_for
from masquerade.training.model_file import read_card
from masquerade.training.open_set import leaving_out, open_set, require_no_unknown


@pytest.mark.parametrize("fpir", [0.001, 0.01, 0.1, 0.5, 0.99])
def test_no_more_strangers_are_named_than_asked_for(fpir: float) -> None:
    scores = torch.rand(500, generator=torch.Generator().manual_seed(1))
    found = open_set([scores], 1, torch.empty(0), fpir)
    assert int((scores > found.threshold).sum()) == int(fpir * 500)
    assert found.fnir is None


def test_the_stricter_of_two_sources_counts_and_ties_are_not_named() -> None:
    found = open_set([torch.zeros(9), torch.full((9,), 0.5)], 2, torch.tensor([-torch.inf, 0.5, 0.6]), 0.1)
    assert (found.threshold, found.strangers, found.mates) == (0.5, 18, 3)
    assert found.fnir == pytest.approx(2 / 3)
    assert (found.person("ann", 0.5), found.person("ann", 0.51)) == ("unknown", "ann")


@pytest.mark.parametrize("fpir", [0.0, 1.0, -1.0, float("nan")])
def test_shares_out_of_range_are_refused(fpir: float) -> None:
    with pytest.raises(UsageError, match="--fpir"):
        open_set([torch.zeros(3)], 1, torch.empty(0), fpir)


def test_without_strangers_or_with_a_person_called_unknown_the_way_out_is_named() -> None:
    with pytest.raises(UsageError, match=r"--strangers .*--closed-set"):
        open_set([torch.empty(0)], 0, torch.empty(0), 0.1)
    with pytest.raises(UsageError, match="--closed-set"):
        require_no_unknown(("ann", "unknown"))


def test_a_gallery_is_a_stranger_to_itself_where_a_person_is_left_out() -> None:
    rows = torch.tensor([[1.0, 0], [0.8, 0.6], [0, 1.0], [-1.0, 0.1]])
    strangers, mates = leaving_out(functional.normalize(rows), ["ann", "ann", "bob", "cat"])
    assert strangers.tolist() == pytest.approx([0, 0.6, 0.6, 0.0995], abs=1e-3)
    assert mates.tolist() == pytest.approx([0.8, 0.8])
    assert len(leaving_out(functional.normalize(rows), ["ann"] * 4)[0]) == 0


def test_built_in_strangers_are_those_whose_names_are_not_known() -> None:
    known = [f"s{n:02}" for n in range(1, 31)]
    found = strangers_for(PhotoReader(16, 16, "RGB"), known, None)
    assert found.people == 10
    assert found.images.shape == (100, 3, 16, 16)
    assert torch.equal(found.images[:, 0], builtin.orl(16, 16).images[300:, 0])


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model of 10 built-in people, and the others as strangers in two folders."""
    room = tmp_path_factory.mktemp("open")
    builtin.write_folders(room / "photos")
    for number, person in enumerate(sorted((room / "photos").iterdir())):
        place = "photos" if number < 10 else ("strangers", "visitors")[number % 2]
        (room / place).mkdir(exist_ok=True)
        person.rename(room / place / person.name)
    for photo in (room / "photos").glob("*/10.png"):
        (room / "known" / photo.parent.name).mkdir(parents=True)
        photo.rename(room / "known" / photo.parent.name / photo.name)
    key, released = str(room / "owner.key"), str(room / "released")
    Key.from_secret(bytes(range(32))).save(room / "owner.key")
    disguise = ["disguise", str(room / "photos"), "-o", released, "--key", key, "--faces", "as-is"]
    assert run([*disguise, "--accept-broken", "--recipe", "none"]) == 0
    assert run(["train", released, "-o", str(room / "model"), "--network", "mlp"]) == 0
    return room


def named(out: str) -> list[tuple[str, str]]:
    """Who is on each photo, and who was named."""
    rows = csv.DictReader(StringIO(out))
    return [(Path(row["photo"]).parent.name, row["person"]) for row in rows]


@pytest.mark.parametrize("gallery", [False, True])
def test_strangers_are_unknown_and_the_error_is_told(
    room: Path, gallery: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["predict", str(room / "model"), "--key", str(room / "owner.key")]
    if gallery:
        enrolled = str(room / "gallery")
        assert run([*words, str(room / "photos"), "--enrol", enrolled, "--overwrite"]) == 0
        words += ["--gallery", enrolled]
    calibrated = [*words, "--strangers", str(room / "strangers"), "--fpir", "0.05"]
    capsys.readouterr()
    assert run([*calibrated, str(room / "visitors")]) == 0
    printed = capsys.readouterr()
    strangers = named(printed.out)
    assert len(strangers) == 150
    assert sum(person != "unknown" for _, person in strangers) <= 40
    assert "at most 5.00% of strangers' photos exceed (FPIR, set by" in printed.err
    assert "not named rightly (FNIR)" in printed.err
    assert run([*calibrated, str(room / "known")]) == 0
    found = named(capsys.readouterr().out)
    assert sum(person == truth for truth, person in found) >= 5
    assert run([*words, str(room / "visitors"), "--closed-set"]) == 0
    assert all(person != "unknown" for _, person in named(capsys.readouterr().out))


def test_a_model_says_how_sure_it_was_of_what_was_held_back(room: Path) -> None:
    card = read_card(room / "model")
    assert card.held_back == 10
    assert card.validation_accuracy == len(card.confidences) / card.held_back
    assert list(card.confidences) == sorted(card.confidences)
