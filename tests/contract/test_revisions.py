"""Moved output with an unmoved revision fails: of every attack, disguise, metric and training, on a small input."""

import json

import pytest
import revision_numbers
from revision_numbers import STORED, measured, moved, names

from masquerade.audit.revisions import now

KNOWN = json.loads(STORED.read_text("utf-8"))
COMMAND = "PYTHONPATH=tests:tests/support python tests/contract/revision_numbers.py"


def test_nothing_is_stored_of_what_is_no_longer_here() -> None:
    assert not set(KNOWN) - set(names()), f"run {COMMAND}"


@pytest.mark.parametrize("name", names())
def test_output_moves_only_with_the_revision(name: str) -> None:
    assert name in KNOWN, (
        f"nothing is stored of {name}: add its row to attack_scenes.py, metric_scenes.py or training_scenes.py, or an"
        f" instance to test_disguises.py, and run `{COMMAND} '{name}'`"
    )
    entry = KNOWN[name]
    assert entry["revision"] == now()[name], f"the revision was raised: run `{COMMAND} '{name}'`"
    changed = moved(name, measured(name), entry)
    assert not changed, (
        f"{'; '.join(changed)}. Where that is meant, raise the revision of {name}, run `{COMMAND} '{name}'`, then"
        " studies/stale.py, results_page.py, leaderboard_page.py and verdicts.py: reports that rest on it are stale"
    )


def test_a_number_that_moves_is_noticed_and_one_within_the_spread_is_not() -> None:
    entry = {"numbers": {"score": 0.5, "deviation": 10.0}, "spread": {"deviation": 0.1}}
    assert moved("a", {"score": 0.52, "deviation": 10.25}, entry) == []
    assert len(moved("a", {"score": 0.6, "deviation": 10.25}, entry)) == 1
    assert len(moved("a", {"score": 0.5, "deviation": 10.4}, entry)) == 1
    assert len(moved("a", {"score": float("nan"), "deviation": 10.0}, entry)) == 1
    assert len(moved("a", {"deviation": 10.0}, entry)) == 1


def test_numbers_are_not_written_anew_under_the_same_revision(
    monkeypatch: pytest.MonkeyPatch, tmp_path: object, capsys: pytest.CaptureFixture[str]
) -> None:
    name = "metric linkage"
    held = {name: {"revision": now()[name], "numbers": {"score": 0.1, "chance": 0.1}}}
    file = type(STORED)(str(tmp_path)) / "revisions.json"
    file.write_text(json.dumps(held))
    monkeypatch.setattr(revision_numbers, "STORED", file)
    assert revision_numbers.main([name]) == 1
    assert "raise its revision first" in capsys.readouterr().out
    assert json.loads(file.read_text())[name]["numbers"] == held[name]["numbers"]
    held[name]["revision"] = 0
    file.write_text(json.dumps(held))
    assert revision_numbers.main([name]) == 0
    assert json.loads(file.read_text())[name]["numbers"]["score"] == pytest.approx(measured(name)["score"])
