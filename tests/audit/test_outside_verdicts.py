"""Protections in files outside the package get their verdict without any change here."""

from pathlib import Path

import pytest

from masquerade.audit.results import Answer, Report
from masquerade.audit.runner import Audit
from masquerade.audit.studies.study import Study

KINDS = {"SecretSigns": "signs", "SecretConvolution": "convolution", "FreshSigns": "fresh_signs"}
DATA = {
    "source": "orl",
    "height": 32,
    "width": 32,
    "mode": "L",
    "classes": 20,
    "test_share": 0.3,
    "public": 150,
}
GRAM = {"name": "gram_fingerprint", "metric": "linkage"}
INVARIANTS = {"name": "invariant_linkage", "metric": "linkage"}
PAIRS = {"name": "few_pairs_ridge", "metric": "linkage", "pairs": 16}
MOMENTS = {"name": "moments", "metric": "linkage", "control": False}
EXAMINER = {"name": "examiner_clean", "metric": "identification", "target": "test", "options": {"steps": 60}}


@pytest.fixture(autouse=True)
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    facts = tmp_path / "outside_protections-1.0.dist-info"
    facts.mkdir()
    (facts / "METADATA").write_text("Metadata-Version: 2.1\nName: outside-protections\nVersion: 1.0\n")
    points = "".join(f"{kind} = outside.{file}:{kind}\n" for kind, file in KINDS.items())
    (facts / "entry_points.txt").write_text(f"[masquerade.protections]\n{points}")
    monkeypatch.syspath_prepend(tmp_path)


def audited(kind: str, *attacks: dict[str, object]) -> Report:
    said = {
        "name": "outside",
        "title": "Somebody else's",
        "source": "a test",
        "data": DATA,
        "arms": [{"name": "theirs", "disguise": {"kind": kind}}],
        "attacks": attacks,
        "generic": False,
        "without_generic": "a test",
        "profiles": {"quick": {"seeds": [0]}},
    }
    return Audit(Study.model_validate(said).at("quick"), None, None, lambda _: None, "").run().report


def answer(report: Report, question: str) -> Answer:
    return next(answer for answer in report.arms[0].answers if answer.question == question)


def test_signs_and_places_are_broken_on_the_photo() -> None:
    report = audited("SecretSigns", GRAM, MOMENTS)
    assert answer(report, "photo").grade == "BROKEN"
    assert report.arms[0].grade == "BROKEN"
    linked = next(leak for leak in report.arms[0].leaks if leak.attack == "gram_fingerprint")
    assert linked.headline is not None
    assert linked.headline.value >= 0.95
    unread = next(leak for leak in report.arms[0].leaks if leak.attack == "moments")
    assert unread.status == "incomplete"


def test_a_convolution_is_broken() -> None:
    report = audited("SecretConvolution", PAIRS)
    assert report.arms[0].grade == "BROKEN"
    assert report.arms[0].traits is not None
    assert report.arms[0].traits.linear


def test_a_key_for_each_photo_is_broken_on_the_photo_by_invariants_and_tells_nothing_of_the_person() -> None:
    report = audited("FreshSigns", INVARIANTS, EXAMINER)
    photo, person = answer(report, "photo"), answer(report, "person")
    assert (photo.grade, photo.strongest) == ("BROKEN", "invariant_linkage")
    assert person.grade not in ("BROKEN", "WEAKENED")
    assert report.arms[0].traits is not None
    assert not report.arms[0].traits.same_map
