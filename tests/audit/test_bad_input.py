"""Bad input to an audit ends in a named error, or in "incomplete": never in a grade."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, final

import numpy as np
import pytest
import torch
from PIL import Image

from masquerade import attacks, metrics
from masquerade.attacks.base import (
    Attack,
    Control,
    Guess,
    Labels,
    Membership,
    Ranking,
    Reconstruction,
    Sight,
    View,
)
from masquerade.audit import run_attack as attempt_module
from masquerade.audit.results import Arm, Report
from masquerade.audit.runner import Audit
from masquerade.audit.studies.study import DataSpec, Study
from masquerade.audit.studies.study_file import load_study
from masquerade.cli.app import run
from masquerade.cli.studies import shipped_studies
from masquerade.data import builtin
from masquerade.errors import StudyError
from masquerade.metrics.base import Score, Truth

ORL = {"source": "orl", "height": 32, "width": 32, "mode": "L", "classes": 20, "public": 150}


def study(data: dict[str, Any], attack: dict[str, Any] | None = None, **more: object) -> Study:
    said = {
        "name": "small",
        "title": "Small",
        "source": "a test",
        "generic": False,
        "without_generic": "a test",
        "data": data,
        "arms": [{"name": "rows", "recipe": "control-rows4"}],
        "attacks": [attack or {"name": "norm_fingerprint", "metric": "linkage", "control": False}],
        "profiles": {"quick": {"seeds": [0]}},
    }
    return Study.model_validate({**said, **more})


def audited(said: Study, lines: list[str] | None = None, data: Path | None = None) -> Report:
    say: Callable[[str], None] = (lambda _: None) if lines is None else lines.append
    return Audit(said.at("quick"), data, None, say, "masquerade audit small.toml").run().report


def folder_of(root: Path, photos: dict[str, int]) -> Path:
    """Person folders with so many built-in faces each."""
    faces = builtin.orl(32, 32).images
    for number, (person, count) in enumerate(photos.items()):
        (root / person).mkdir(parents=True)
        for k in range(count):
            Image.fromarray(faces[10 * number + k, 0].numpy()).save(root / person / f"{k}.png")
    return root


FOLDER = {"source": "folder", "path": "photos", "height": 32, "width": 32, "mode": "L"}


@pytest.mark.parametrize(
    "asked",
    [{"unseen": 5, "tracked": 2}, {"unseen": 5, "private": 3}, {"tracked": 2, "private": 3}],
    ids=" and ".join,
)
def test_a_study_that_divides_people_in_two_ways_is_refused_by_name(asked: dict[str, int]) -> None:
    with pytest.raises(StudyError, match=f"data: {' and '.join(asked)} ask for different studies"):
        audited(study({**ORL, **asked}))


def test_a_profile_cannot_smuggle_in_the_second_way() -> None:
    said = study({**ORL, "unseen": 5}, profiles={"quick": {"data": {"private": 3}}})
    with pytest.raises(StudyError, match="unseen and private"):
        audited(said)
    with pytest.raises(StudyError, match=r"clases: Extra inputs.*small, profile quick"):
        study(ORL, profiles={"quick": {"data": {"clases": 3}}}).at("quick")


def test_a_dry_run_refuses_it_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("own.toml").write_text(
        'name = "own"\ntitle = "Own"\nsource = "a test"\ngeneric = false\nwithout_generic = "a test"\n'
        '[data]\nsource = "orl"\nheight = 32\nwidth = 32\nmode = "L"\n'
        'unseen = 4\ntracked = 2\nprivate = 3\n[[arms]]\nname = "rows"\nrecipe = "control-rows4"\n'
        '[[attacks]]\nname = "norm_fingerprint"\nmetric = "linkage"\n'
    )
    assert run(["study", "run", "own.toml", "-o", "report", "--dry-run"]) == 1
    assert "unseen and tracked and private ask for different studies" in capsys.readouterr().err


def test_a_rejected_photo_is_told_once_by_its_path(tmp_path: Path) -> None:
    photos = folder_of(tmp_path / "photos", {"anna": 4, "ben": 4, "carl": 4, "dora": 4})
    (photos / "ben" / "9.png").write_bytes(b"\x89PNG\r\n\x1a\n but no further")
    lines: list[str] = []
    report = audited(study({**FOLDER, "classes": 3}), lines, tmp_path)
    (said,) = report.data.rejected
    assert said.startswith("ben/9.png: ")
    assert str(tmp_path) not in report.model_dump_json()
    assert [line for line in lines if "ben/9.png" in line] == [f"not taken in: {said}"]


def test_all_photos_that_are_sound_leave_nothing_to_tell(tmp_path: Path) -> None:
    folder_of(tmp_path / "photos", {"anna": 4, "ben": 4, "carl": 4})
    lines: list[str] = []
    assert audited(study({**FOLDER, "classes": 2}), lines, tmp_path).data.rejected == []
    assert not [line for line in lines if "not taken in" in line]


@pytest.mark.parametrize("more", [{"classes": 1}, {"classes": 10, "unseen": 1}, {"private": 1}], ids=str)
def test_fewer_than_two_people_are_refused(more: dict[str, int]) -> None:
    with pytest.raises(StudyError, match="fewer than two people"):
        audited(study({**ORL, **more}))


def test_somebody_with_one_photo_is_named_where_two_are_needed(tmp_path: Path) -> None:
    folder_of(tmp_path / "photos", {"anna": 4, "ben": 1, "carl": 4, "dora": 4})
    with pytest.raises(StudyError, match=r"people with one photo.*: ben in folder\. Say `min_images = 2`"):
        audited(study({**FOLDER, "classes": 4}), None, tmp_path)
    report = audited(study({**FOLDER, "classes": 2, "min_images": 2}), None, tmp_path)
    assert report.data.people == 2


@final
@dataclass(frozen=True)
class Answering(Attack):
    """Gives whatever guess it is told to."""

    name: ClassVar[str] = "answering"
    needs: ClassVar[frozenset[Sight]] = frozenset()
    control: ClassVar[Control] = Control("none", "linkage", 0.0, "a test")
    what: str = "nan"

    def run(self, view: View, rng: np.random.Generator) -> Guess:
        n = len(view.released)
        guesses: dict[str, Guess] = {
            "nan": Reconstruction(torch.full_like(view.released, torch.nan)),
            "some nan": Reconstruction(view.released.clone().index_fill_(0, torch.tensor([0]), torch.nan)),
            "infinite": Ranking(torch.full((n, n), torch.inf)),
            "short": Reconstruction(view.released[1:]),
            "membership": Membership(torch.zeros(5)),
            "labels": Labels(torch.zeros(n, dtype=torch.int64)),
        }
        return guesses[self.what]


def answered(what: str, metric: str, monkeypatch: pytest.MonkeyPatch) -> Arm:
    monkeypatch.setattr(attacks, "EVERY_ATTACK", (*attacks.EVERY_ATTACK, Answering))
    attack = {"name": "answering", "metric": metric, "options": {"what": what}, "control": False}
    return audited(study(ORL, attack)).arms[0]


@pytest.mark.parametrize(
    ("what", "metric", "reason"),
    [
        ("nan", "linkage", "malformed guess"),
        ("some nan", "psnr", "malformed guess"),
        ("infinite", "rank1", "malformed guess"),
        ("short", "linkage", "malformed guess"),
        ("membership", "linkage", "linkage"),
        ("labels", "psnr", "psnr"),
        ("membership", "identification", "identification"),
    ],
)
def test_a_guess_that_is_no_answer_is_incomplete(
    what: str, metric: str, reason: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    arm = answered(what, metric, monkeypatch)
    (leak,) = arm.leaks
    assert (arm.grade, leak.status, leak.headline) == ("INCOMPLETE", "incomplete", None)
    assert reason in leak.reason


@pytest.mark.parametrize("end", ["value", "chance", "low", "high"])
def test_a_score_that_is_no_number_is_incomplete(end: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(guess: Guess, truth: Truth) -> Score:
        said: dict[str, Any] = {"value": 0.1, "chance": 0.1, "low": 0.0, "high": 0.2}
        return Score("linkage", **{**said, end: float("nan")}, n=3, identities=3)

    monkeypatch.setattr(attempt_module, "EVERY_METRIC", {**metrics.EVERY_METRIC, "linkage": broken})
    (leak,) = audited(study(ORL)).arms[0].leaks
    assert leak.status == "incomplete"
    assert f"the score's {end} is no number" in leak.reason


@pytest.mark.parametrize(
    ("said", "wrong"),
    [
        ({"published": 3}, ["published: not read where the task is classes, but where it is tracked"]),
        (
            {"unseen": 5, "outsiders": 2},
            ["outsiders: not read where the task is unseen, but where it is classes"],
        ),
        ({"unseen": 5, "test_share": 0.5}, []),
        ({"task": "private"}, ["the task is private, but not of how many people"]),
        ({"task": "classes", "unseen": 4}, ["the task is classes, but the fields ask for unseen"]),
        ({"task": "tracked", "tracked": 4, "published": 3, "bystanders": 9}, []),
        ({"task": "classes", "outsiders": 2}, []),
    ],
)
def test_fields_that_a_task_does_not_read_are_contradictions(
    said: dict[str, object], wrong: list[str]
) -> None:
    data = DataSpec.model_validate({"source": "orl", "height": 32, "width": 32, "mode": "L", **said})
    assert list(data.contradictions()) == wrong


@pytest.mark.parametrize("name", sorted(shipped_studies()))
def test_no_study_here_contradicts_itself_at_any_profile(name: str) -> None:
    study = load_study(shipped_studies()[name])
    assert not [found for profile in study.profiles for found in study.at(profile).data.contradictions()]
