"""Protections and attacks of other distributions: found by entry points, named in studies, or told to be missing."""

from pathlib import Path

import pytest

from masquerade.attacks import attack_named, every_attack
from masquerade.audit.runner import Audit
from masquerade.audit.studies.study import Study
from masquerade.disguises import Chain, Noise, from_description
from masquerade.errors import StudyError, UsageError
from masquerade.promises import QUESTIONS
from outside.same_pixels import SamePixels
from outside.signs import SecretSigns

INSTALLED = """\
[masquerade.protections]
SecretSigns = outside.signs:SecretSigns
Broken = outside.nowhere:Broken
NoProtection = outside.same_pixels:SamePixels
Alias = outside.signs:SecretSigns

[masquerade.attacks]
same_pixels = outside.same_pixels:SamePixels
"""
DATA = {
    "source": "orl",
    "height": 32,
    "width": 32,
    "mode": "L",
    "classes": 20,
    "test_share": 0.3,
    "public": 150,
}


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A distribution that names the files of ``tests/outside``, as pip would leave it."""
    facts = tmp_path / "outside_protections-1.0.dist-info"
    facts.mkdir()
    (facts / "METADATA").write_text("Metadata-Version: 2.1\nName: outside-protections\nVersion: 1.0\n")
    (facts / "entry_points.txt").write_text(INSTALLED)
    monkeypatch.syspath_prepend(tmp_path)


def study(kind: str = "SecretSigns", attack: str = "same_pixels") -> Study:
    return Study.model_validate(
        {
            "name": "outside",
            "title": "Somebody else's",
            "source": "a test",
            "data": DATA,
            "arms": [{"name": "signs", "disguise": {"kind": kind}}],
            "attacks": [{"name": attack, "metric": "linkage"}],
            "profiles": {"quick": {"seeds": [0]}},
        }
    )


@pytest.mark.usefixtures("installed")
def test_descriptions_name_what_is_installed() -> None:
    assert from_description({"kind": "SecretSigns"}) == SecretSigns()
    whole = Chain((Noise(5), SecretSigns()))
    assert from_description(whole.describe()) == whole


@pytest.mark.usefixtures("installed")
def test_attacks_are_named_as_those_here() -> None:
    assert attack_named("same_pixels", {"power": 1.0}) == SamePixels(power=1.0)
    assert SamePixels in every_attack()
    with pytest.raises(StudyError, match="no such option"):
        attack_named("same_pixels", {"strength": 1})


@pytest.mark.usefixtures("installed")
def test_a_study_runs_both() -> None:
    report = Audit(study().at("quick"), None, None, lambda _: None, "").run().report
    (arm,) = report.arms
    assert arm.recipe == {"kind": "SecretSigns"}
    assert arm.grade == "BROKEN", arm
    assert arm.leaks[0].headline is not None
    assert arm.leaks[0].headline.value > 0.95
    assert {answer.question for answer in arm.answers if answer.promised} == set(QUESTIONS)
    assert arm.leaks[0].reads == []  # an attack from elsewhere acquits nobody


@pytest.mark.parametrize(
    ("kind", "attack", "missing"),
    [("SecretSigns", "jigsaw", "SecretSigns"), ("Noise", "same_pixels", "same_pixels")],
)
def test_what_is_not_installed_is_named(kind: str, attack: str, missing: str) -> None:
    with pytest.raises((StudyError, UsageError), match=f"no such.*{missing}.*install"):
        Audit(study(kind, attack).at("quick"), None, None, lambda _: None, "").run()


@pytest.mark.usefixtures("installed")
@pytest.mark.parametrize(
    ("kind", "problem"),
    [
        ("Broken", "cannot be imported"),
        ("NoProtection", "is no Disguise"),
        ("Alias", "under another name than its class's: SecretSigns"),
    ],
)
def test_what_is_installed_wrongly_is_named(kind: str, problem: str) -> None:
    with pytest.raises(UsageError, match=problem):
        from_description({"kind": kind})
