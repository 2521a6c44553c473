"""Study files: what they may say, and what is said of mistakes."""

import json
import os
import re
from pathlib import Path

import pytest
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from masquerade.attacks import EVERY_ATTACK, attack_named
from masquerade.audit.runner import Audit
from masquerade.audit.studies.study import (
    ArmSpec,
    AttackSpec,
    ClaimSpec,
    CurveSpec,
    DataSpec,
    FigureSpec,
    HeldSpec,
    MapSpec,
    NoiseSpec,
    Part,
    PointSpec,
    ProfileSpec,
    Study,
    TrainingSpec,
)
from masquerade.audit.studies.study_file import load_study
from masquerade.audit.studies.study_of_folder import study_of_folder
from masquerade.audit.trial import disguise_of, settings_of
from masquerade.cli.app import run
from masquerade.cli.commands.audit_reports import Wanted, Written
from masquerade.cli.studies import shipped_studies
from masquerade.data import builtin
from masquerade.errors import StudyError
from masquerade.metrics import EVERY_METRIC
from masquerade.recipes import RECIPES, recipe
from places import ROOT

STUDIES = list(shipped_studies().values())
TRAINED = (ROOT / "studies" / "train_hyperobf.py").read_text(encoding="utf-8")
ENCODERS = (ROOT / "studies" / "train_crafter_baselines.py").read_text(encoding="utf-8")
BANKS = (ROOT / "studies" / "fit_task_only.py").read_text(encoding="utf-8")
GENERATORS = (ROOT / "studies" / "train_crafter.py").read_text(encoding="utf-8")

SMALL = """
name = "small"
title = "Small"
source = "a test"
generic = false
without_generic = "a test"
[data]
source = "orl"
height = 32
width = 32
mode = "L"
[[arms]]
name = "unprotected"
recipe = "none"
[[attacks]]
name = "moments"
metric = "linkage"
[profiles.quick]
seeds = [0]
"""


def with_untrained(arm: ArmSpec) -> ArmSpec:
    """The arm with a source that is always here, where its own is one of those that a script trains."""
    change = dict(arm.change)
    for name in {"source", "sources"} & set(change):
        change[name] = _here(change[name])
    cloak = recipe(arm.recipe).cloak if arm.recipe else None
    split = Path(str(change.get("split", cloak.networks.get("split", "") if cloak else "")))
    if split.parent == Path("studies/models"):
        assert f'"{split.stem.removeprefix("crafter-")}"' in ENCODERS, f"{split} is made by no script"
        change["split"] = "split-1"
    bank = Path(str(change.get("bank", "")))
    if bank.parent == Path("studies/models"):
        assert f'"{bank.stem}"' in BANKS, f"{bank} is made by no script"
        change["bank"] = "faces-1"
    return arm.model_copy(update={"change": change})


def _here(source: str | list[str]) -> str | list[str]:
    if isinstance(source, list):
        return [f"untrained-masknet-{i + 1}-64" for i, _ in enumerate(map(_here, source))]
    path = Path(source)
    if path.parent != Path("studies/models"):
        return source
    made = path.stem.split("@")[0]  # after it stand the passes of a copy
    assert f'"{made}"' in TRAINED, f"{made} is made by no script"
    return "untrained-masknet-1-64"


@pytest.mark.parametrize("path", STUDIES, ids=lambda path: path.stem)
def test_every_study_is_sound(path: Path) -> None:
    study = load_study(path)
    assert study.name == path.stem
    for arm in study.arms:
        disguise_of(with_untrained(arm))
        for training in filter(None, (arm.training, study.training)):
            settings_of(training)
    for attack in study.attacks:
        attack_named(attack.name, attack.options)
        generator = Path(str(attack.options.get("generator", "")))
        assert generator.parent != Path("studies/models") or f'"{generator.stem}"' in GENERATORS
        assert {attack.metric, *attack.others} <= set(EVERY_METRIC)
    for profile in study.profiles:
        assert study.at(profile).arms


@pytest.mark.parametrize("attack", EVERY_ATTACK, ids=lambda attack: attack.name)
def test_every_attack_has_a_control_that_exists(attack: type) -> None:
    control = attack.control  # type: ignore[attr-defined]
    assert control.recipe in {recipe.name for recipe in RECIPES}
    assert control.metric in EVERY_METRIC


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (
            SMALL.replace("height", "hight"),
            r"2 things wrong: data.height: missing; data.hight: no such field. Did you",
        ),
        (SMALL.replace('recipe = "none"', ""), "recipe"),
        (SMALL.replace("[data]", "[data"), "TOML"),
        (SMALL + '[[claims]]\nwhat = "w"\npaper = "p"\narm = "unprotcted"\n', "unprotcted"),
        (SMALL + '[[attacks]]\nname = "moments"\nmetric = "linkage"\n', "label"),
        (SMALL.replace('"orl"', '"olr"'), "data.source: no such value: 'olr'. Did you mean orl"),
        (SMALL.replace("seeds = [0]", "seeds = []"), "profiles.quick.seeds"),
        ("x = " + "[" * 100_000, "inside each other"),
        (SMALL + "options.deep = " + "[" * 40 + "]" * 40, "inside each other"),
        (SMALL.encode("utf-16"), "written as UTF-16"),
        (SMALL.replace("Small", "Gr\u00fc\u00dfe").encode("latin-1"), "not UTF-8: line 3"),
        ("#" * (1 << 21), "too large for a study"),
    ],
)
def test_a_mistake_is_named(wrong: str | bytes, said: str, tmp_path: Path) -> None:
    path = tmp_path / "small.toml"
    path.write_bytes(wrong if isinstance(wrong, bytes) else wrong.encode())
    with pytest.raises(StudyError, match=said):
        load_study(path)


def test_every_mistake_is_named_at_once(tmp_path: Path) -> None:
    path = tmp_path / "small.toml"
    wrong = SMALL.replace("height", "hight").replace(
        'mode = "L"', 'mode = "grey"\npublik = 3\ntest_share = "few"'
    )
    path.write_text(wrong.replace('metric = "linkage"', "").replace("[profiles.quick]", "[profiles.fast]"))
    with pytest.raises(StudyError, match="7 things wrong") as caught:
        load_study(path)
    for field in ("height", "hight", "mode", "publik", "test_share", "attacks.0.metric", "profiles.fast"):
        assert field in str(caught.value), field


def test_names_that_do_not_exist_are_all_told_before_anything_runs(tmp_path: Path) -> None:
    path = tmp_path / "small.toml"
    wrong = SMALL.replace('"moments"', '"momentz"').replace('"linkage"', '"linkag"\nshows = ["publik"]')
    wrong = wrong.replace('recipe = "none"', 'recipe = "nonne"\nattacks = ["jigsaw"]')
    wrong += 'without_arms = ["other"]\n[training]\npreset = "laptop-resnet19"\nchange = {epocs = 3}\n'
    path.write_text(
        wrong + '[[curves]]\ntitle = "c"\nattack = "none"\nover = "pairs"\nvalues = [1]\narms = []\n'
    )
    with pytest.raises(StudyError, match="8 things wrong") as caught:
        Audit(load_study(path).at(), None, None, lambda _: None, "")
    for name in ("momentz", "linkag", "publik", "nonne", "jigsaw", "other", "laptop-resnet19", "curve c"):
        assert name in str(caught.value), name


@pytest.mark.parametrize("mark", ["\ufeff", ""])
def test_a_study_as_notepad_saves_it_is_read(mark: str, tmp_path: Path) -> None:
    path = tmp_path / "small.toml"
    path.write_bytes((mark + SMALL).replace("\n", "\r\n").encode())
    assert load_study(path).name == "small"


def test_what_is_no_file_is_named(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.toml")
    for path in (tmp_path, tmp_path / "pipe.toml"):
        with pytest.raises(StudyError, match="a folder or a pipe"):
            load_study(path)


def test_more_people_of_the_owner_than_there_are_is_told_before_anything_runs(tmp_path: Path) -> None:
    path = tmp_path / "small.toml"
    for classes, said in (
        ("", "smaller than the number of people"),
        ("classes = 40", "smaller"),
        ("classes = 41", "too few people: 40"),
    ):
        path.write_text(SMALL.replace('mode = "L"', f'mode = "L"\n{classes}'))
        with pytest.raises(StudyError, match=said):
            Audit(load_study(path).at(), None, None, lambda _: None, "")


def test_a_study_without_profiles_has_one(tmp_path: Path) -> None:
    path = tmp_path / "small.toml"
    path.write_text(SMALL.split("[profiles")[0])
    assert (load_study(path).at().profile, load_study(path).at().seeds) == ("laptop", [0])
    path.write_text(SMALL)
    assert load_study(path).at().profile == "quick"


def test_a_folder_of_photos_is_audited_by_a_study_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    builtin.write_folders(tmp_path / "photos")
    assert run(["audit", "photos", "-o", "report", "--dry-run"]) == 0
    assert "folder: 26 people" in capsys.readouterr().err
    assert not Path("report").exists()
    assert run(["study", "run", "photos", "-o", "report"]) == 1
    assert "masquerade audit photos" in capsys.readouterr().err
    (tmp_path / "own.toml").write_text(study_of_folder(tmp_path / "photos"))
    assert run(["audit", "own.toml", "-o", "report", "--dry-run"]) == 0
    assert "is now `masquerade study run STUDY`" in capsys.readouterr().err
    assert run(["audit", "report2", "-o", "report"]) == 1


def test_an_audit_of_a_folder_leaves_its_study_beside_the_report(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    ran: list[Wanted] = []
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(Written, "write", lambda _, wanted: ran.append(wanted))
    builtin.write_folders(tmp_path / "photos")
    assert run(["audit", "photos", "-o", "report"]) == 0
    assert ran[0].file == Path("report/study.toml")
    assert load_study(ran[0].file).data.path == str(tmp_path / "photos")
    Path("report/study.toml").write_text("changed")
    assert run(["audit", "photos", "-o", "report"]) == 1
    assert "masquerade study run report/study.toml" in capsys.readouterr().err
    assert Path("report/study.toml").read_text() == "changed"


def test_a_folder_of_too_few_people_has_no_study(tmp_path: Path) -> None:
    (tmp_path / "one").mkdir()
    with pytest.raises(StudyError, match="too few people: 1 folders"):
        study_of_folder(tmp_path)


def test_a_study_replaces_a_shared_attack_by_its_own(tmp_path: Path) -> None:
    (tmp_path / "shared.toml").write_text(
        '[[attacks]]\nname = "moments"\nmetric = "linkage"\n[[attacks]]\nname = "jigsaw"\nmetric = "linkage"\n'
    )
    path = tmp_path / "small.toml"
    own = '[[attacks]]\nname = "moments"\nmetric = "psnr"\n'
    path.write_text(
        'attacks_from = "shared.toml"\n'
        + SMALL.replace('[[attacks]]\nname = "moments"\nmetric = "linkage"\n', own)
    )
    assert [(a.name, a.metric) for a in load_study(path).attacks] == [
        ("moments", "psnr"),
        ("jigsaw", "linkage"),
    ]


def test_an_unknown_attack_or_option_is_named() -> None:
    with pytest.raises(StudyError, match="Did you mean moments"):
        attack_named("momentz", {})
    with pytest.raises(StudyError, match="spoon"):
        attack_named("moments", {"spoon": 1})


def test_a_missing_profile_is_named(tmp_path: Path) -> None:
    path = tmp_path / "small.toml"
    path.write_text(SMALL)
    with pytest.raises(StudyError, match="quick"):
        load_study(path).at("paper")


def test_the_digest_follows_what_changes_numbers(tmp_path: Path) -> None:
    digests = set()
    for text in (SMALL, SMALL.replace("Small", "Other title"), SMALL.replace("seeds = [0]", "seeds = [1]")):
        path = tmp_path / "small.toml"
        path.write_text(text)
        digests.add(load_study(path).at("quick").digest)
    assert len(digests) == 2


HEADINGS: dict[str, type[BaseModel]] = {
    "The study": Study,
    "`[data]`": DataSpec,
    "`[training]`": TrainingSpec,
    "`[[arms]]`": ArmSpec,
    "`noise` of an arm": NoiseSpec,
    "`[[attacks]]`": AttackSpec,
    "`fresh` of an attack": HeldSpec,
    "`[[curves]]`": CurveSpec,
    "`[[figures]]`": FigureSpec,
    "`points` of a figure": PointSpec,
    "`[[maps]]`": MapSpec,
    "`[[claims]]`": ClaimSpec,
    "`[profiles.NAME]`": ProfileSpec,
}


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "needed"
    value = field.get_default(call_default_factory=True)
    return "none" if value is None else f"`{json.dumps(value)}`"


def test_the_guide_lists_every_field_and_its_default() -> None:
    guide = (ROOT / "docs" / "guide" / "studies.md").read_text(encoding="utf-8").split("## Every field")[1]
    parts = dict(part.split("\n", 1) for part in guide.split("\n### ")[1:])
    assert set(parts) == set(HEADINGS)
    assert set(HEADINGS.values()) == {DataSpec, *Part.__subclasses__()}
    for heading, part in HEADINGS.items():
        told = re.findall(r"^\| `(\w+)` \| (.+?) \| .+ \|$", parts[heading], re.MULTILINE)
        assert told == [(name, _default(field)) for name, field in part.model_fields.items()], heading


def test_a_profile_makes_a_study_smaller(tmp_path: Path) -> None:
    path = tmp_path / "small.toml"
    inner = 'options = { queries = 9, then = { name = "latent_search", steps = 200 } }'
    text = SMALL.replace(
        'name = "moments"\nmetric = "linkage"', f'name = "averaged_repeats"\nmetric = "eval_acc"\n{inner}'
    )
    text = text.replace(
        'recipe = "none"', 'recipe = "crafter"\nphotos = 9\ntraining = { preset = "laptop-mlp" }'
    )
    profile = "photos = 4\nepochs = 2\nchange = { iterations = 3 }\nat_most = { queries = 2, steps = 5, photos = 3 }\n"
    path.write_text(f'{text}{profile}data = {{ public = 7 }}\n[training]\npreset = "laptop-mnist"\n')
    study = load_study(path).at()
    (arm,), (attack,) = study.arms, study.attacks
    assert (arm.photos, arm.change, study.data.public) == (4, {"iterations": 3}, 7)
    assert arm.training is not None
    assert settings_of(arm.training).epochs == 2
    assert study.training is not None
    assert settings_of(study.training).steps == 400  # counted in steps
    assert attack.options["queries"] == 2
    assert attack.options["then"] == {"name": "latent_search", "steps": 5}
