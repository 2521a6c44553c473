"""``mq.audit``: arrays, protections and attacks as objects, in; grades, leaks, a page and a gate, out."""

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest
import torch
from torch import Tensor

import masquerade as mq
from masquerade.api.auditing import arms_of, pieces_in, study_of
from masquerade.attacks.base import Attack, Control, Sight, View
from masquerade.audit.studies.study import DataSpec, Study
from masquerade.data import builtin
from masquerade.disguises.base import Disguise, Keyed, Shape
from masquerade.errors import ConditionMet, StudyError, UsageError
from masquerade.guesses import Guess, Ranking
from masquerade.keys import Key
from places import ROOT

FACES = builtin.orl(32, 32)
ROWS = np.flatnonzero((FACES.labels < 9).numpy())
X = FACES.images.numpy()[ROWS]
Y = [FACES.names[number] for number in FACES.labels[ROWS]]


class Inverted(Keyed):
    """Photos as negatives."""

    def disguise(self, images: Tensor, nonces: list[bytes] | None) -> Tensor:
        """Each level from white."""
        return 255 - images.float()

    def digest(self) -> bytes:
        """Nothing is secret."""
        return bytes(32)


@dataclass(frozen=True)
class Negative(Disguise):
    """A stranger's protection, which no distribution brings: it says that it has a secret, and has none."""

    white: int = 255

    @property
    def keyed_by_secret(self) -> bool:
        """It says so."""
        return True

    @property
    def per_image(self) -> bool:
        """It is."""
        return True

    @property
    def restorable(self) -> bool:
        """It says not."""
        return False

    def keyed(self, key: Key, shape: Shape) -> Keyed:
        """The negative."""
        return Inverted(shape)


@dataclass(frozen=True)
class Mirror(Attack):
    """A stranger's attack: which candidate is the negative."""

    name: ClassVar[str] = "mirror"
    needs: ClassVar[frozenset[Sight]] = frozenset({Sight.CANDIDATES})
    control: ClassVar[Control] = Control("none", "linkage", 0.9, "by hand")
    sign: int = -1

    def run(self, view: View, rng: np.random.Generator) -> Guess:
        """By the correlation."""
        assert view.candidates is not None
        parts = [part.flatten(1) for part in (view.released, view.candidates)]
        seen, known = (torch.nn.functional.normalize(part - part.mean(1, keepdim=True)) for part in parts)
        return Ranking((seen @ known.T).abs())


@pytest.fixture(scope="module")
def report() -> mq.Report:
    """Without the attacks that every audit runs besides, which take a minute."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("masquerade.audit.studies.study.generic_part", lambda *_: ([], []))
        return mq.audit(X, Y, protections=("none", Negative()), attacks=[Mirror()], progress=False)


def test_a_strangers_protection_falls_to_a_strangers_attack(report: mq.Report) -> None:
    assert report.names == ["none", "Negative"]
    assert (report["none"].grade, report["Negative"].grade) == ("UNPROTECTED", "BROKEN")
    linked = [row for row in report["Negative"].leaks if row.attack == "mirror"]
    assert [(row.question, row.status, row.metric, row.value) for row in linked] == [
        ("photo", "ran", "linkage", 1.0)
    ]
    assert report["Negative"].grades == {"photo": "BROKEN", "person": "INCOMPLETE"}


def test_attacks_without_a_recipe_run_by_themselves_and_others_by_what_a_protection_is_made_of() -> None:
    arms, _ = arms_of(("none", Negative(), "blocks-noise"), (1, 32, 32))
    data = DataSpec(source="arrays", height=32, width=32, mode="L", given="00")
    resolved = study_of(arms, "auto", "auto", data, "quick", [0], not_tested=[]).at("quick")
    names = [{spec.name for spec in resolved.attacks_on(arm)} for arm in resolved.arms]
    assert all("learned_linkage" in each for each in names)
    assert ["gram_fingerprint" in each for each in names] == [True, False, True]
    assert all({"examiner_clean", "examiner_fresh"} <= each for each in names)
    scored = study_of(arms, ["moments"], ["psnr"], data, "quick", [0], not_tested=[]).attacks
    assert [(spec.metric, spec.others) for spec in scored] == [("linkage", ["psnr"])]


def test_a_report_is_few_lines_that_end_in_the_verdict(report: mq.Report) -> None:
    lines = repr(report).splitlines()
    assert lines[0] == "Audit of 60 images of 6 people, profile quick"
    assert len(lines) <= 6
    assert lines[-1] == report.verdict == "The one protection under test is broken."
    assert repr(report["Negative"]).startswith("Negative: BROKEN")


def test_a_condition_that_is_met_fails(report: mq.Report) -> None:
    with pytest.raises(ConditionMet, match=r"linkage>0\.05"):
        report.fail_if("linkage>0.05")
    assert report.fail_if("linkage>100%") is report
    with pytest.raises(UsageError, match="no such metric or attack"):
        report.fail_if("linkages>0.05")
    with pytest.raises(KeyError, match="Negative"):
        report["negative"]


def test_a_report_is_kept_and_read(report: mq.Report, tmp_path: Path) -> None:
    (tmp_path / "report.json").write_text(report.to_json())
    again = mq.Report.load(tmp_path)
    assert (repr(again), again.stale) == (repr(report), [])
    written = report.to_html(tmp_path / "report.html")
    assert "Negative" in written.read_text()
    assert "What changed since" not in written.read_text()
    assert "What changed since" in report.to_html(written, overwrite=True, compare=again).read_text()
    assert report.summary() == again.summary()
    assert (report.summary()["grade"], report.summary()["images"]) == ("BROKEN", 60)
    with pytest.raises(UsageError, match="overwrite"):
        report.to_html(written)
    (tmp_path / "report.json").write_text("{}")
    with pytest.raises(UsageError, match="not a report"):
        mq.Report.load(tmp_path)


def test_a_committed_report_is_read() -> None:
    committed = ROOT / "studies" / "results" / "dn_people_lfw.json"
    report = mq.Report.load(committed)
    assert report.stale == report.found.stale
    assert report.names[0] in repr(report)


def test_a_table_says_what_it_wants(report: mq.Report, monkeypatch: pytest.MonkeyPatch) -> None:
    class Pandas:
        DataFrame: ClassVar[type[list[object]]] = list

    monkeypatch.setitem(sys.modules, "pandas", Pandas)
    first = report.to_frame()[0]
    assert (first["protection"], first["question"]) == ("none", "photo")
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(UsageError, match="pip install pandas"):
        report.to_frame()


@pytest.mark.parametrize("first", ["import masquerade.audit.runner", ""])
def test_the_function_is_called_as_the_package_is(first: str) -> None:
    call = "try: mq.audit([], [], protections=())\nexcept mq.errors.UsageError: print(1)"
    asked = f"{first}\nimport masquerade as mq\n{call}"
    told = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "1"


def test_nothing_of_the_photos_stays_behind() -> None:
    with pieces_in(None) as folder:
        (folder / "features.safetensors").write_bytes(b"faces")
        assert folder.stat().st_mode & 0o777 == 0o700
    assert not folder.exists()


def test_other_bytes_are_another_digest() -> None:
    def digest(images: np.ndarray) -> str:
        from masquerade.api.auditing import digest_of, photos_of_people

        return digest_of(photos_of_people(images, Y, None, "X"), None)

    touched = X.copy()
    touched[0, 0, 0, 0] ^= 1
    assert digest(X) == digest(X.transpose(0, 2, 3, 1)) != digest(touched)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"protections": ()}, "no list of protections"),
        ({"protections": "none"}, "no list of protections"),
        ({"protections": (3,)}, "no protection"),
        ({"protections": ("nonne",)}, "no such recipe"),
        ({"y": Y[1:]}, "do not belong together"),
        ({"y": ["one"] * len(Y)}, "too few people"),
        ({"attacks": [3]}, "no attack"),
        ({"public": (X[:, :, :16], Y)}, "another shape"),
        ({"X": X / 255}, "scale"),
    ],
)
def test_what_does_not_fit_is_said_before_anything_runs(change: dict[str, object], said: str) -> None:
    asked = {"X": X, "y": Y, "protections": ("none",), "progress": False, **change}
    with pytest.raises(UsageError, match=said):
        mq.audit(asked.pop("X"), asked.pop("y"), **asked)  # type: ignore[arg-type]


def test_people_with_one_photo_are_named() -> None:
    rows = [0, 1, 2, 10, 20, 21]
    with pytest.raises(StudyError, match="one photo"):
        mq.audit(
            X[rows], [Y[i] for i in rows], protections=("none",), public=(X[30:], Y[30:]), progress=False
        )


def test_protections_of_one_name_are_numbered_and_photos_brought_to_their_size() -> None:
    first, second = mq.Protection("blocks-noise"), mq.Protection("blocks-noise", level=10)
    arms, channels = arms_of(("none", first, second, "xnn"), (1, 32, 32))
    assert [arm.name for arm in arms] == ["none", "blocks-noise", "blocks-noise 2", "xnn"]
    assert ([arm.side for arm in arms], channels) == ([None, None, None, 112], 3)


def test_no_study_file_can_name_arrays() -> None:
    from masquerade.audit.runner import Audit

    data = DataSpec(source="arrays", height=32, width=32, mode="L")
    study = Study.model_validate({"name": "s", "title": "s", "source": "s", "data": data, "arms": []})
    with pytest.raises(StudyError, match="images in memory"):
        Audit(study.at(), None, None, lambda line: None, "")
