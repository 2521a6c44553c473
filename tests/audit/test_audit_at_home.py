"""What recognition costs nothing: measured on real faces, said in reports, and never a silent gap."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from example_report import example_report
from feature_attack_examples import SIDE, trained_split
from masquerade.audit.comparisons import at_home
from masquerade.audit.comparisons.answers_alone import answers_alone
from masquerade.audit.comparisons.references import References
from masquerade.audit.results import Reference
from masquerade.audit.runner import Audit
from masquerade.audit.scenes.scene import Scene, make_scene
from masquerade.audit.studies.study import DataSpec, Study
from masquerade.errors import StudyError
from masquerade.report.compared import against_nothing
from masquerade.report.markdown import markdown

NAMED = DataSpec(source="orl", height=32, width=32, mode="L", classes=8, test_share=0.3, public=60)
UNSEEN = DataSpec(source="orl", height=32, width=32, mode="L", classes=34, unseen=6, public=0)


def study(data: DataSpec = NAMED, **said: object) -> Study:
    return Study.model_validate(
        {
            "name": "small",
            "title": "Small",
            "source": "a test",
            "generic": False,
            "without_generic": "a test",
            "data": data.model_dump(),
            "training": {"preset": "laptop-mlp", "change": {"epochs": 1}},
            "arms": [{"name": "unprotected", "recipe": "none"}],
            **said,
        }
    )


def references(study: Study, scene: Scene | None = None) -> list[Reference]:
    resolved = study.at()
    scene = scene or make_scene(resolved.data, None)
    return References(resolved, scene).run(lambda what, make: {"what": what, **make()}, lambda words: None)


def test_small_grey_photos_of_known_people_are_named_at_home() -> None:
    sface, closed = references(study())
    assert sface.utility is not None
    assert (sface.name, sface.utility.metric, sface.leak) == ("nothing released", "utility", None)
    assert sface.utility.value >= 0.9
    assert sface.utility.n == 24
    assert closed.utility is not None
    assert closed.utility.value >= 0.8
    assert closed.title.endswith("from 60 public photos")


def test_wrong_names_in_the_gallery_are_at_chance() -> None:
    scene = make_scene(NAMED, None)
    shifted = replace(scene.train, labels=(scene.train.labels + 1) % 8)
    assert at_home.at_home(replace(scene, train=shifted), "sface").value <= 0.1


def test_unseen_people_are_recognised_among_themselves() -> None:
    scene = make_scene(UNSEEN, None)
    score = at_home.at_home(scene, "sface")
    assert score.name == "rank1_utility"
    assert score.identities == 6
    assert score.value >= 0.9


def test_a_missing_way_has_its_reason() -> None:
    scene = make_scene(NAMED, None)
    nobody = scene.public.take(torch.arange(0))
    sface, closed = references(study(), replace(scene, public=nobody))
    assert sface.utility is not None
    assert closed.utility is None
    assert "no public photos" in closed.reason


def test_public_people_with_one_photo_each_are_a_reason() -> None:
    scene = make_scene(NAMED, None)
    alone = replace(scene.public, labels=torch.arange(len(scene.public)))
    _, closed = references(study(), replace(scene, public=alone))
    assert closed.utility is None
    assert "two photos" in closed.reason
    assert "data.public" in closed.reason


def test_a_recogniser_that_is_not_installed_is_said_and_stops_nothing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def missing(name: str) -> None:
        raise StudyError("a package is not installed", value=name)

    monkeypatch.setattr(at_home, "open_recogniser", missing)
    monkeypatch.setattr(at_home, "open_encoder", missing)
    at_home._score.cache_clear()
    job = Audit(study().at(), None, tmp_path, lambda words: None, "masquerade audit")
    assert "a package is not installed" in job.references.not_here()
    report = job.run().report
    assert [each.utility for each in report.references] == [None, None]
    assert "a package is not installed" in markdown(report)
    assert report.arms[0].utility is not None
    at_home._score.cache_clear()
    assert not list(tmp_path.glob("*at_home*"))


def test_digits_have_no_recogniser_and_the_report_says_so() -> None:
    scene = replace(make_scene(NAMED, None), of_people=False)
    (row,) = references(study(), scene)
    assert row.utility is None
    assert "not people" in row.reason


def test_a_study_that_trains_nothing_recognises_nobody() -> None:
    assert references(study(training=None)) == []


def test_utilities_stand_beside_nothing_released() -> None:
    report = example_report()
    arm = next(arm for arm in report.arms if arm.utility)
    assert arm.utility is not None
    better = arm.utility.model_copy(update={"value": arm.utility.value + 0.0531})
    row = Reference(name="nothing released", title="Nothing released: SFace", utility=better)
    told = report.model_copy(update={"references": [row]})
    assert against_nothing(arm.utility, told) == "5.3 points less than with nothing released"
    assert "5.3 points less than with nothing released" in markdown(told)
    assert against_nothing(arm.utility, report) == ""
    other = better.model_copy(update={"metric": "attribute_auc"})
    assert against_nothing(other, told) == ""


def test_what_answers_tell_stands_in_the_table_of_questions() -> None:
    report = example_report()
    leak = next(leak.headline for arm in report.arms for leak in arm.leaks if leak.headline)
    row = Reference(name="answers alone", title="The task's answers alone", leak=leak)
    said = markdown(report.model_copy(update={"references": [row]}))
    (line,) = [line for line in said.splitlines() if "the answers compared" in line]
    assert "named photos of the same people" in line
    assert line.count("|") == next(each for each in said.splitlines() if "| question |" in each).count("|")


def test_answers_of_a_task_name_people_and_wrong_names_are_at_chance() -> None:
    data = DataSpec(source="orl", height=SIDE, width=SIDE, mode="RGB", private=12, test_share=0.5, public=100)
    scene = make_scene(data, None)
    told = answers_alone(scene, trained_split())
    assert told["utility"].value == 1
    assert told["identification"].low > told["identification"].chance
    shifted = replace(scene.train, labels=(scene.train.labels + 1) % 12)
    wrong = answers_alone(replace(scene, train=shifted), trained_split())["identification"]
    assert wrong.low <= wrong.chance
