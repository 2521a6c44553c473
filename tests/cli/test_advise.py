"""What is advised is what was measured, and it is the same on the page."""

import json
import re
from collections.abc import Callable
from pathlib import Path

import advice as made
import pytest

from masquerade.cli.advice import ANY, ENEMY, FILE, HAVE, LEAVES, every, fitting
from masquerade.cli.app import run
from places import ROOT


def test_the_file_is_what_the_results_say() -> None:
    assert FILE.read_text("utf-8") == made.as_text(made.compiled()), "run python studies/advice.py"


@pytest.mark.parametrize(
    ("path", "filled"),
    [
        (made.README, made.front_page),
        (made.PAGE, made.page),
        (made.HOME_PAGE, made.home_page),
        (made.CLOUD_PAGE, made.cloud_page),
    ],
)
def test_the_pages_are_what_the_results_say(path: Path, filled: Callable[[str], str]) -> None:
    text = path.read_text("utf-8")
    assert filled(text) == text, "run python studies/advice.py"


def test_whoever_asks_is_told_something() -> None:
    for have in HAVE:
        assert fitting(every(), have, ANY, ANY), have
        for enemy in ENEMY:
            assert fitting(every(), "check", ANY, enemy)
    for each in every():
        assert set(each["have"]) <= set(HAVE)
        assert set(each["enemy"]) <= set(ENEMY)
        assert each["leaves"] in LEAVES
        assert not each["guide"] or (ROOT / "docs" / "guide" / each["guide"]).exists()
        for source in filter(None, each["measured_by"].split(", ")):
            assert (ROOT / source).exists()


def test_what_holds_comes_first_and_a_broken_recipe_says_so() -> None:
    found = fitting(every(), "train", ANY, "cloud")
    assert found[0]["grade"] == "NOTHING LEAVES"
    grades = [each["grade"] for each in found]
    assert any(grade.startswith("BROKEN") for grade in grades)
    assert grades.index("WHILE RING-LWE HOLDS") < min(
        i for i, grade in enumerate(grades) if "BROKEN" in grade
    )
    assert [each["grade"] for each in fitting(every(), "train", "nothing", ANY)] == ["NOTHING LEAVES"]


def test_no_number_is_typed_by_hand() -> None:
    source = Path(made.__file__).read_text("utf-8")
    assert not re.search(r'(costs|left)=f?"[^"{]*\d', source)


def test_the_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["advise", "--have", "train", "--leaves", "nothing"]) == 0
    assert "recogniser fit --public" in capsys.readouterr().out
    assert run(["advise", "--have", "post", "--json"]) == 0
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert {row["guide"] for row in rows} == {"cloak.md", "hyperobf.md"}
    assert run(["advise", "--have", "post", "--leaves", "nothing"]) == 0
    assert "Nothing here serves that" in capsys.readouterr().err
    assert run(["advise"]) == 1
    assert "Choose one of train" in capsys.readouterr().err
    assert run(["advise", "--have", "train", "--enemy", "nobody"]) == 1
    assert "--enemy" in capsys.readouterr().err
