"""Reports and verdicts know when code, study or parameters have moved since; no report mixes two codes."""

from pathlib import Path
from typing import Any

import pytest
import results_page
import stale as stale_script
import verdicts
from committed import RESULTS, committed, report

from example_report import example_report
from masquerade.attacks import attack_named
from masquerade.attacks.blocks.gram_fingerprint import GramFingerprint
from masquerade.audit import code_version as code
from masquerade.audit.grading.figures import fano_curves
from masquerade.audit.pieces import Pieces
from masquerade.audit.results import Report
from masquerade.audit.revisions import moved, now, of_attack, of_disguise
from masquerade.audit.run_attack import status_of
from masquerade.audit.runner import Audit
from masquerade.audit.scenes.scene import make_scene
from masquerade.audit.staleness import UNKNOWN_CODE, stale
from masquerade.audit.store import Store, name_of
from masquerade.audit.studies.study import Study
from masquerade.disguises import BlockMatrix, Chain, ManyKeys, Noise
from masquerade.recipes.measured import VERDICTS
from masquerade.released.verdict import HELD, Verdict
from masquerade.report import render
from masquerade.report.markdown import markdown
from masquerade.report.page import page

STUDY = Study.model_validate(
    {
        "name": "small",
        "title": "Small",
        "source": "a test",
        "generic": False,
        "without_generic": "a test",
        "data": {"source": "orl", "height": 32, "width": 32, "mode": "L", "classes": 20, "public": 150},
        "arms": [{"name": "rows", "recipe": "control-rows4"}],
        "attacks": [{"name": "gram_fingerprint", "metric": "linkage", "others": ["membership_auc"]}],
        "profiles": {"quick": {"seeds": [0]}},
    }
)


def audited(runs: Path | None = None) -> tuple[Report, Audit]:
    job = Audit(STUDY.at("quick"), None, runs, lambda _: None, "masquerade audit small.toml")
    return job.run().report, job


@pytest.mark.parametrize("path", sorted(RESULTS.glob("*.json")), ids=lambda path: path.stem)
def test_every_committed_report_says_truly_whether_it_is_stale(path: Path) -> None:
    assert report(path.stem).stale == stale_script.moved_since(path), (
        "run studies/stale.py, then results_page.py"
    )


def test_a_stale_report_says_so_on_every_face() -> None:
    everything = results_page.page()
    for each in committed():
        section = everything.split(f"\n## {each.title}\n")[1].split("\n## ")[0]
        assert ("Measured by older code" in section) == bool(each.stale)
    for mark in results_page.HEADLINES:
        for each in results_page.headlines(mark):
            assert "; ".join(each.stale) in results_page.guide_of(mark).read_text("utf-8")
    old = example_report().model_copy(update={"stale": ["attack moments was revision 1, now 2"]})
    for said in (page(old, []), markdown(old)):
        assert "Measured by older code" in said
        assert "attack moments was revision 1, now 2" in said
    for said in (page(example_report(), []), markdown(example_report())):
        assert "older code" not in said


def test_a_verdict_on_a_stale_report_says_so_and_asks() -> None:
    held = Verdict(state="measured", grade=HELD, study="one")
    old = held.model_copy(update={"older_code": True})
    assert (held.asks, old.asks) == (False, True)
    assert "measured by older code" in str(old)
    assert "older code" in old.short
    assert "older code" not in str(held) + held.short
    stale_studies = {each.study for each in committed() if each.stale}
    condensed = verdicts.condensed()
    assert condensed == VERDICTS.read_text("utf-8")
    assert condensed.count('"older_code": true') > 0 or not stale_studies


def test_a_new_report_carries_revisions_and_commit_and_is_not_stale() -> None:
    made, _ = audited()
    assert made.stale == []
    assert made.revisions.items() <= now().items()
    assert {"attack gram_fingerprint", "disguise BlockMatrix", "metric linkage", "audit", "grade"} <= set(
        made.revisions
    )
    assert "attack moments" not in made.revisions
    assert made.commit == code.code_version()
    assert "/" not in made.commit
    assert stale(made, STUDY) == []


def test_whatever_moves_makes_a_report_stale(monkeypatch: pytest.MonkeyPatch) -> None:
    made, _ = audited()
    for then in ({"attack gram_fingerprint": 0}, {"audit": 0}, {"metric linkage": 7}):
        (line,) = stale(made.model_copy(update={"revisions": {**made.revisions, **then}}), STUDY)
        assert line.startswith(next(iter(then)))
    assert stale(made.model_copy(update={"revisions": {}}), STUDY) == [UNKNOWN_CODE]
    assert stale(made, None) == ["its study is gone"]
    more = STUDY.model_copy(update={"data": STUDY.data.model_copy(update={"public": 140})})
    assert stale(made, more) == ["its study says something else now"]
    (arm,) = made.arms
    other = made.model_copy(
        update={"arms": [arm.model_copy(update={"recipe": {"kind": "Chain", "parts": []}})]}
    )
    assert stale(other, STUDY) == [f"{arm.title} has other parameters now"]
    then, later = GramFingerprint.revision, GramFingerprint.revision + 1
    monkeypatch.setattr(GramFingerprint, "revision", later)
    assert stale(made, STUDY) == [f"attack gram_fingerprint was revision {then}, now {later}"]


def test_kept_pieces_of_older_code_are_not_taken_for_new_ones(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    audited(tmp_path)
    before = Store(tmp_path).before
    audited(tmp_path)
    assert Store(tmp_path).before == before
    later = GramFingerprint.revision + 1
    monkeypatch.setattr(GramFingerprint, "revision", later)
    again, _ = audited(tmp_path)
    assert Store(tmp_path).before == before + 2  # the attack and its control; nothing else was made by it
    assert again.revisions["attack gram_fingerprint"] == later


def test_pieces_that_another_commit_made_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("masquerade.audit.store.code_version", lambda: "0" * 40)
    audited(tmp_path)
    monkeypatch.undo()
    made, _ = audited(tmp_path)
    assert made.older == ["0" * 40]


def test_a_report_written_by_render_says_which_code(tmp_path: Path) -> None:
    render(example_report().model_copy(update={"commit": "f" * 40}), [], tmp_path)
    assert "f" * 40 in (tmp_path / "report.html").read_text("utf-8")


def test_revisions_of_what_stands_inside_another_count() -> None:
    inner = attack_named("adaptive_tracker", {})
    assert f"attack {inner.name}" in of_attack(inner)
    whole = Chain((Noise(5), ManyKeys(BlockMatrix(4), keys=2)))
    assert set(of_disguise(whole)) == {
        f"disguise {name}" for name in ("Chain", "Noise", "ManyKeys", "BlockMatrix")
    }


def test_code_that_is_no_checkout_says_its_version(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(code, "_PACKAGE", tmp_path)
    code.code_version.cache_clear()
    assert code.code_version() == "0.1.0"
    code.code_version.cache_clear()


def piece(status: str, members: list[bool] | None = None) -> dict[str, Any]:
    said = {"status": status, "reason": f"{status}, since", "scores": {}}
    return (
        said
        if members is None
        else {**said, "classes": {"scores": [0.9, 0.8, 0.2, 0.1][: len(members)], "members": members}}
    )


HALVES = [True, True, False, False]


def test_an_attack_that_ran_in_some_repetitions_alone_is_incomplete() -> None:
    assert status_of([piece("ran")] * 2) == ("ran", "")
    assert status_of([piece("not applicable")] * 2)[0] == "not applicable"
    assert status_of([piece("ran"), piece("not applicable")]) == ("incomplete", "not applicable, since")


def test_groups_are_compared_only_where_all_repetitions_have_the_same_two() -> None:
    assert "Welch p" in fano_curves("a", [piece("ran", HALVES)] * 2)[1]
    for pieces in (
        [piece("ran", HALVES), piece("not applicable")],
        [piece("ran", HALVES), piece("ran", HALVES[::-1])],
        [piece("ran", [True, True, True, False])],
        [piece("not applicable")],
        [],
    ):
        assert fano_curves("a", pieces) == ([], "")


def test_the_report_that_compares_classes_with_themselves_is_marked() -> None:
    mixed = [each.study for each in committed() if any("Welch p" in line for line in each.stale)]
    assert mixed == ["dn_table2_cifar10"]
    section = results_page.page().split("\n## Disguised-Nets on a subset of CIFAR-10\n")[1].split("\n## ")[0]
    assert "means nothing" in section
    assert "Welch p =" not in section


def test_a_piece_is_named_by_revisions_and_not_by_the_version() -> None:
    pieces = Pieces(STUDY.at("quick"), make_scene(STUDY.data, None))
    spec = STUDY.attacks[0]
    what = pieces.of_attack(STUDY.arms[0], spec, pieces.budget(spec), 0)
    assert what["revisions"]["attack gram_fingerprint"] == GramFingerprint.revision
    later = {
        **what,
        "revisions": {**what["revisions"], "attack gram_fingerprint": GramFingerprint.revision + 1},
    }
    assert name_of(what) != name_of(later)


def test_what_is_no_longer_here_has_moved() -> None:
    assert moved({"attack of_old": 1}) == ["attack of_old was revision 1, which is no longer here"]
    assert moved(now()) == []
