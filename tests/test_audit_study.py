"""Study files: what they may say, and what is said of mistakes."""

from pathlib import Path

import pytest

from masquerade.attacks import EVERY_ATTACK, attack_named
from masquerade.audit.study import ArmSpec, load_study
from masquerade.audit.trial import disguise_of, settings_of
from masquerade.cli.studies import demo_study
from masquerade.errors import StudyError
from masquerade.metrics import EVERY_METRIC
from masquerade.recipes import RECIPES, recipe

ROOT = Path(__file__).parents[1]
STUDIES = [*sorted((ROOT / "studies").glob("*.toml")), demo_study()]
TRAINED = (ROOT / "studies" / "train_hyperobf.py").read_text(encoding="utf-8")
ENCODERS = (ROOT / "studies" / "train_crafter_baselines.py").read_text(encoding="utf-8")
GENERATORS = (ROOT / "studies" / "train_crafter.py").read_text(encoding="utf-8")

SMALL = """
name = "small"
title = "Small"
source = "a test"
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
        (SMALL.replace("height", "hight"), "data.height"),
        (SMALL.replace('recipe = "none"', ""), "recipe"),
        (SMALL.replace("[data]", "[data"), "TOML"),
        (SMALL + '[[claims]]\nwhat = "w"\npaper = "p"\narm = "unprotcted"\n', "unprotcted"),
        (SMALL + '[[attacks]]\nname = "moments"\nmetric = "linkage"\n', "label"),
    ],
)
def test_a_mistake_is_named(wrong: str, said: str, tmp_path: Path) -> None:
    path = tmp_path / "small.toml"
    path.write_text(wrong)
    with pytest.raises(StudyError, match=said):
        load_study(path)


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
