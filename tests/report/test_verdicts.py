"""Grades of recipes: from the committed results alone, and bound to what was measured."""

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest
import verdicts

from masquerade.audit.studies.expected import SECONDS
from masquerade.cloaking.methods import METHODS
from masquerade.cloaking.worth import MEASURED, worth
from masquerade.errors import UsageError
from masquerade.recipes import RECIPES, current_name, measured, recipe
from masquerade.recipes.measured import VERDICTS, grade_of, parameters_digest, verdict_on
from masquerade.released.verdict import HELD, Verdict
from places import ROOT

GRADES = verdicts.WORST_LAST


def test_what_studies_took_is_what_the_results_say() -> None:
    assert SECONDS.read_text("utf-8") == verdicts.seconds(), "run studies/verdicts.py"


def test_what_cloaks_are_worth_is_what_the_results_say() -> None:
    assert MEASURED.read_text("utf-8") == verdicts.cloaks(), "run studies/verdicts.py"


def test_the_command_line_says_of_a_cloak_what_the_page_says() -> None:
    """The page's template, filled in from the numbers that the page has."""
    page = ROOT / "page" / "src"
    numbers = json.loads((page / "measured.json").read_text("utf-8"))
    said = (
        (page / "screen" / "protection.ts")
        .read_text("utf-8")
        .split('at("brief").textContent =')[1]
        .split(";")[0]
    )
    sentence = "".join(re.findall("`([^`]*)`", said))
    share = str(int(100 * numbers["sface"]["cloaked"] + 0.5))
    assert sentence.replace("${of100(sface.cloaked)}", f"{share} of 100") == str(worth("one-pass"))


@pytest.mark.parametrize("method", METHODS)
def test_every_way_of_cloaking_says_what_it_is_worth(method: str) -> None:
    found = worth(method)
    assert "Do not rely on it" in str(found)
    assert found.told(found.parameters) == str(found)
    name = "bound" if "bound" in found.parameters else "steps"
    measured = found.parameters[name]
    assert found.told({**found.parameters, name: 3}).endswith(
        f"It was measured with {name} {measured} instead of 3."
    )


def test_the_grades_that_ship_are_those_of_the_results() -> None:
    assert VERDICTS.read_text("utf-8") == verdicts.condensed(), "run studies/verdicts.py"


@pytest.mark.parametrize("known", RECIPES, ids=lambda known: known.name)
def test_every_recipe_of_ours_asks(known: object) -> None:
    """None has held so far: whoever releases one is told, `blocks-noise` included."""
    grade = grade_of(known)  # type: ignore[arg-type]
    assert grade != HELD
    assert grade.removeprefix("stale: ").removesuffix(", by older code") in (*GRADES, "not measured")


def test_our_own_recipe_is_graded_by_the_strongest_attack_of_its_studies() -> None:
    verdict = verdict_on(recipe("hardened"))
    assert (verdict.state, verdict.grade) == ("measured", "BROKEN")
    assert verdict.strongest is not None
    assert verdict.strongest.low > 10 * verdict.strongest.chance
    said = str(verdict)
    named = verdict.strongest.attack.replace("_", " ")
    for words in (named, "guessing finds", "95 % interval", "It needs", verdict.study):
        assert words in said


@pytest.mark.parametrize(
    "other",
    [
        replace(recipe("blocks-noise"), height=64, width=64),
        replace(recipe("blocks-noise"), disguise=recipe("dn-mnist").disguise),
        recipe("crafter").changed({"beta": 3}),
    ],
    ids=["size", "parameters", "beta"],
)
def test_a_verdict_on_other_parameters_is_stale(other: object) -> None:
    verdict = verdict_on(other)  # type: ignore[arg-type]
    assert verdict.state == "stale"
    assert verdict.asks
    assert str(verdict).startswith("stale")


def test_parameters_that_a_study_measured_have_its_verdict() -> None:
    assert verdict_on(recipe("crafter").changed({"beta": 10})).state == "measured"


def test_what_nobody_measured_asks() -> None:
    verdict = verdict_on(recipe("dauntless"))
    assert (verdict.state, verdict.asks) == ("not measured", True)


@pytest.mark.parametrize("grade", GRADES)
def test_only_what_held_goes_without_asking(grade: str) -> None:
    assert Verdict(state="measured", grade=grade).asks == (grade != HELD)
    assert Verdict(state="stale", grade=grade).asks


def test_the_earlier_name_still_names_it() -> None:
    assert current_name("hardened") == "blocks-noise"
    assert recipe("hardened") is recipe("blocks-noise")
    with pytest.raises(UsageError, match="no such recipe"):
        recipe("hardend")


def test_a_digest_follows_parameters_and_size() -> None:
    whole = recipe("dn-lfw").whole().describe()
    digests = {parameters_digest(whole, shape) for shape in ((3, 32, 32), (1, 32, 32), (3, 32, 64))}
    assert len(digests | {parameters_digest({**whole, "noise": 2}, (3, 32, 32))}) == 4


def test_a_recipe_whose_networks_are_not_here_is_listed_by_name(tmp_path: Path) -> None:
    closed = recipe("crafter-adversarial").changed({"split": str(tmp_path / "none.safetensors")})
    assert measured.grade_of(closed).split(",")[0] == "BROKEN"
