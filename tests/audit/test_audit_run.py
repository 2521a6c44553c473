"""The audit on real faces, small: who sees what, what is concluded, and what is never concluded."""

from dataclasses import dataclass, fields
from pathlib import Path
from typing import ClassVar, final

import numpy as np
import pytest
import torch

from masquerade import attacks
from masquerade.attacks.base import Attack, Control, Guess, Reconstruction, Sight, View
from masquerade.audit.results import Arm, Report
from masquerade.audit.runner import Audit
from masquerade.audit.scenes.counted import counting, had, most_had
from masquerade.audit.scenes.encoded import EncodedScenes
from masquerade.audit.scenes.scene import make_scene
from masquerade.audit.scenes.views import Budget, build_view
from masquerade.audit.studies.option_files import named_files
from masquerade.audit.studies.study import AttackSpec, DataSpec, Study
from masquerade.audit.trial import Trial
from masquerade.cli.app import run
from masquerade.errors import MissingSight, StudyError

DATA = DataSpec(source="orl", height=32, width=32, mode="L", classes=20, test_share=0.3, public=150)


def study(**changes: object) -> Study:
    said: dict[str, object] = {
        "name": "small",
        "title": "Small",
        "source": "a test",
        "generic": False,
        "without_generic": "a test",
        "data": DATA.model_dump(),
        "arms": [
            {"name": "unprotected", "recipe": "none"},
            {"name": "rows", "recipe": "control-rows4"},
        ],
        "attacks": [{"name": "gram_fingerprint", "metric": "linkage", "others": ["membership_auc"]}],
        "profiles": {"quick": {"seeds": [0, 1]}},
    }
    return Study.model_validate({**said, **changes})


def report_of(study: Study, runs: Path | None = None, said: list[str] | None = None) -> Report:
    lines = [] if said is None else said
    return Audit(study.at("quick"), None, runs, lines.append, "masquerade audit small.toml").run().report


def test_owner_and_attacker_share_no_person_and_no_photo() -> None:
    scene = make_scene(DATA, None)
    assert not set(scene.train.names) & set(scene.public.names)
    photos = [
        {image.numpy().tobytes() for image in part.images} for part in (scene.train, scene.test, scene.public)
    ]
    assert not photos[0] & photos[1]
    assert not (photos[0] | photos[1]) & photos[2]
    assert len(scene.train) == 140
    assert len(scene.test) == 60


TRACKING = {Sight.BYSTANDERS, Sight.SIGHTINGS, Sight.OWN, Sight.RECOGNISERS, Sight.SPLIT, Sight.FILES}
"""What only a study of cloaks, of features, or of files can show: see test_audit_tracked, _features, _folders."""


@pytest.mark.parametrize("sight", [sight for sight in Sight if sight not in TRACKING], ids=str)
def test_a_view_holds_what_is_shown_and_nothing_else(sight: Sight) -> None:
    trial = Trial(EncodedScenes(make_scene(DATA, None), None), study().arms[1], None, 0)
    spec = AttackSpec(name="moments", metric="linkage")
    view, truth = build_view(trial, spec, frozenset({sight}), Budget(20, 3), np.random.default_rng(0))
    assert view.shows() == {sight}
    assert len(view.released) == len(truth.originals) == 20
    if view.pairs is not None:
        assert len(view.pairs.originals) == 3
        released = {row.numpy().tobytes() for row in view.released}
        assert not released & {row.numpy().tobytes() for row in view.pairs.disguised}


@pytest.mark.parametrize("sight", [sight for sight in Sight if sight not in TRACKING], ids=str)
def test_what_an_attacker_had_is_counted_on_its_view(sight: Sight) -> None:
    trial = Trial(EncodedScenes(make_scene(DATA, None), None), study().arms[1], None, 0)
    spec = AttackSpec(name="moments", metric="linkage")
    view, _ = build_view(trial, spec, frozenset({sight}), Budget(20, 3), np.random.default_rng(0))
    counted = had(counting(view))
    seen = getattr(view, sight)
    public = len(trial.scene.public)
    size = {Sight.PAIRS: 3, Sight.CANDIDATES: 20 + public, Sight.OTHERS: public}.get(sight)
    if hasattr(seen, "images") and sight is not Sight.LABELS:
        size = len(seen.images)
    assert counted == ({} if size is None else {str(sight): size})


def test_photos_that_an_attacker_sends_are_counted_as_they_are_sent() -> None:
    answered = counting(View(torch.zeros(1, 1, 2, 2), query=lambda images: images + 1))
    assert answered.query is not None
    assert had(answered) == {}
    for count in (3, 5):
        photos = torch.zeros(count, 1, 2, 2)
        assert torch.equal(answered.query(photos), photos + 1)
    assert had(answered) == {"query": 8}


def test_a_report_states_the_most_that_any_repetition_had() -> None:
    assert most_had([{"had": {"pairs": 3}}, {"had": {"pairs": 4, "query": 1}}, {}]) == {
        "pairs": 4,
        "query": 1,
    }
    spec = {"name": "known_pairs", "metric": "linkage", "pairs": 3, "control": False}
    (leak,) = report_of(study(attacks=[spec])).arms[1].leaks
    assert leak.had["pairs"] == 3
    assert leak.had.keys() <= set(leak.shows)


def test_a_view_has_no_room_for_key_or_truth() -> None:
    assert not {f.name for f in fields(View)} & {"key", "keyed", "truth", "originals", "identities"}


def test_resemblance_links_rows_but_not_fresh_keys() -> None:
    report = report_of(study())
    arm = next(arm for arm in report.arms if arm.name == "rows")
    leak = arm.leaks[0]
    assert leak.headline is not None
    assert leak.control is not None
    assert leak.control.passed
    assert leak.headline.value > 0.9
    assert arm.grade == "BROKEN"
    assert report.arms[0].grade == "UNPROTECTED"
    assert arm.traits is not None
    assert arm.traits.numbers["noise"] < 1e-4
    assert (arm.traits.linear, arm.traits.keeps_inner_products) == (True, True)


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ({"arms": [{"name": "one", "recipe": "hyperobf", "change": {"source": "nowhere"}}]}, "arm one"),
        (
            {
                "attacks": [
                    {
                        "name": "gram_fingerprint",
                        "metric": "linkage",
                        "fresh": {"recipe": "hyperobf", "change": {"source": "nowhere"}},
                    }
                ]
            },
            "attack gram_fingerprint",
        ),
    ],
)
def test_a_network_that_is_missing_is_told_before_anything_runs(
    change: dict[str, object], place: str
) -> None:
    with pytest.raises(StudyError, match=f"{place}: no such source of MaskNets: nowhere"):
        Audit(study(**change).at("quick"), None, None, lambda _: None, "")


def test_a_file_that_is_missing_is_told_before_anything_runs() -> None:
    options = {"generator": "nowhere.safetensors"}
    attack = {"name": "latent_search", "metric": "eval_acc", "options": options}
    with pytest.raises(StudyError, match=r"not here: nowhere.safetensors in small"):
        Audit(study(attacks=[attack]).at("quick"), None, None, lambda _: None, "")


def test_another_file_under_the_same_name_is_another_piece(tmp_path: Path) -> None:
    files = [tmp_path / name for name in ("one.safetensors", "two.safetensors")]
    for file in files:
        file.write_bytes(file.name.encode())
    found = named_files({"generator": str(files[0]), "then": {"of": [str(files[1])], "steps": 3}})
    assert set(found) == {str(file) for file in files}
    assert len(set(found.values())) == 2
    assert named_files({"generator": "faces-1", "steps": 3}) == {}


def test_a_stopped_study_goes_on_and_says_the_same(tmp_path: Path) -> None:
    first: list[str] = []
    again: list[str] = []
    whole = report_of(study(), tmp_path, first)
    assert first
    pieces = sorted(tmp_path.glob("*.json"))
    pieces[0].unlink()
    assert _numbers(report_of(study(), tmp_path, again)) == _numbers(whole)
    assert 0 < len(again) <= 1


def _numbers(report: Report) -> list[object]:
    return [leak.headline for arm in report.arms for leak in arm.leaks]


@final
@dataclass(frozen=True)
class Failing(Attack):
    """Breaks in a way nobody thought of."""

    name: ClassVar[str] = "failing"
    needs: ClassVar[frozenset[Sight]] = frozenset()
    control: ClassVar[Control] = Control("none", "linkage", 0.0, "a test")

    def run(self, view: View, rng: np.random.Generator) -> Guess:
        raise RuntimeError("out of luck")


@final
@dataclass(frozen=True)
class Blind(Attack):
    """Guesses grey; it beats nothing, so it can conclude nothing."""

    name: ClassVar[str] = "blind"
    needs: ClassVar[frozenset[Sight]] = frozenset()
    control: ClassVar[Control] = Control("control-rows4", "linkage", 0.9, "a test")

    def run(self, view: View, rng: np.random.Generator) -> Guess:
        return Reconstruction(torch.from_numpy(rng.random(tuple(view.released.shape))).float())


@pytest.mark.parametrize(("attack", "reason"), [(Failing, "out of luck"), (Blind, "control failed")])
def test_an_attack_that_fails_is_incomplete_and_never_a_pass(
    attack: type[Attack], reason: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(attacks, "EVERY_ATTACK", (*attacks.EVERY_ATTACK, attack))
    report = report_of(study(attacks=[{"name": attack.name, "metric": "linkage"}]))
    arm = report.arms[1]
    assert arm.leaks[0].status == "incomplete"
    assert reason in arm.leaks[0].reason
    assert arm.grade == "INCOMPLETE"


MATRIX = {"kind": "BlockMatrix", "block": 4, "variant": "rows", "matrix": "orthogonal"}


def on_a_matrix_written_twice(attack: dict[str, object]) -> Arm:
    twice = {"name": "twice", "disguise": {"kind": "Chain", "parts": [MATRIX, MATRIX]}}
    attack = {**attack, "metric": "linkage", "control": False, "images": 40}
    said = study(arms=[twice], attacks=[attack], profiles={"quick": {"seeds": [0]}})
    (arm,) = report_of(said).arms
    return arm


def test_a_matrix_written_twice_is_no_pass() -> None:
    """Attacks that read the recipe read each kind of part once; they did say "not applicable", and that passed."""
    arm = on_a_matrix_written_twice({"name": "moments"})
    assert arm.grade == "INCOMPLETE"
    assert arm.leaks[0].status == "incomplete"


def test_an_attack_without_need_of_a_recipe_has_not_read_a_matrix_written_twice() -> None:
    arm = on_a_matrix_written_twice({"name": "gram_fingerprint"})
    assert arm.grade == "BROKEN"
    assert arm.leaks[0].status == "ran"
    assert "BlockMatrix" not in arm.leaks[0].reads
    assert "Noise" in arm.leaks[0].reads


def test_two_people_who_are_all_linked_are_not_called_not_broken() -> None:
    said = study(
        data={**DATA.model_dump(), "classes": 2},
        arms=[{"name": "rows", "recipe": "control-rows4"}],
        profiles={"quick": {"seeds": [0]}},
    )
    (arm,) = report_of(said).arms
    assert arm.leaks[0].headline is not None
    assert arm.leaks[0].headline.value > 0.9
    assert arm.grade in {"BROKEN", "INCOMPLETE"}


def test_an_attack_that_is_shown_too_little_says_so() -> None:
    with pytest.raises(MissingSight, match="candidates"):
        attacks.attack_named("gram_fingerprint", {})(View(torch.zeros(2, 1, 8, 8)), np.random.default_rng(0))


def test_audit_on_the_command_line_fails_where_it_is_asked_to(tmp_path: Path) -> None:
    toml = tmp_path / "small.toml"
    toml.write_text(
        'name = "small"\ntitle = "Small"\nsource = "a test"\ngeneric = false\nwithout_generic = "a test"\n'
        '[data]\nsource = "orl"\nheight = 32\nwidth = 32\n'
        'mode = "L"\nclasses = 20\npublic = 150\n[[arms]]\nname = "rows"\nrecipe = "control-rows4"\n'
        '[[attacks]]\nname = "gram_fingerprint"\nmetric = "linkage"\n[profiles.quick]\nseeds = [0]\n'
    )
    asked = ["study", "run", str(toml), "--profile", "quick", "-o", str(tmp_path / "report"), "--fail-if"]
    assert run([*asked, "linkage>0.05"]) == 3
    assert (tmp_path / "report" / "report.html").stat().st_size > 5000
    assert run([*asked, "linkage>1"]) == 0
    assert run([*asked, "linkage>>1"]) == 1


def test_people_of_an_unseen_test_are_in_no_other_part() -> None:
    everybody = DataSpec(source="orl", height=16, width=16, mode="L", classes=15, unseen=10, most_images=6)
    scene = make_scene(everybody, None)
    assert scene.unseen
    assert (len(scene.train.names), len(scene.test.names)) == (15, 10)
    assert not set(scene.train.names) & set(scene.test.names)
    assert torch.bincount(scene.test.labels).tolist() == [6] * 10


def test_a_recogniser_is_scored_on_unseen_people_beside_what_needs_no_training() -> None:
    said = study(
        data={**DATA.model_dump(), "classes": 20, "unseen": 10, "most_images": 6},
        training={"preset": "laptop-mlp", "change": {"epochs": 2}},
        attacks=[],
        maps=[{"title": "Who lies where", "arms": ["rows"], "people": 4}],
    )
    report = report_of(said)
    arm = report.arms[1]
    assert arm.utility is not None
    assert arm.utility.metric == "rank1_utility"
    assert arm.utility.identities == 10
    assert [found.metric for found in arm.beside][:2] == ["rank1_untrained", "rank1_pixels"]
    # The same rows under orthogonal matrices have the same distances as the photos.
    assert arm.beside[0].value == pytest.approx(arm.beside[1].value, abs=0.05)
    assert {person for _, _, person in report.maps[0].points} == {0, 1, 2, 3}


def test_photos_of_the_training_are_asked_for_among_those_held_back() -> None:
    said = study()
    scenes = EncodedScenes(make_scene(said.data, None), None)
    trial = Trial(scenes, said.arms[0], said.training, 0)
    spec = AttackSpec(name="model_membership", metric="membership_auc", candidates="held")
    sights = frozenset({Sight.CANDIDATES})
    view, truth = build_view(trial, spec, sights, Budget(20, None), np.random.default_rng(0))
    held = trial.scene.test
    assert view.candidates is not None
    assert truth.members is not None
    assert torch.equal(view.candidates[20:], held.images.float())
    assert truth.members.tolist() == [True] * 20 + [False] * len(held)
    assert truth.candidate_identities is not None
    assert torch.equal(truth.candidate_identities[20:], held.labels)
    assert set(held.labels.tolist()) == set(trial.scene.train.labels.tolist())


def test_suspects_with_few_shared_photos_hold_no_other_original() -> None:
    trial = Trial(EncodedScenes(make_scene(DATA, None), None), study().arms[1], None, 0)
    spec = AttackSpec(name="gram_fingerprint", metric="rank1", candidates="shared")
    sights = frozenset({Sight.CANDIDATES})
    view, truth = build_view(trial, spec, sights, Budget(20, None, 3), np.random.default_rng(0))
    assert view.candidates is not None
    assert truth.candidate_rows is not None
    assert truth.candidate_rows.tolist() == [0, 1, 2] + [-1] * 17
    shown = {row.numpy().tobytes() for row in view.candidates}
    assert [row.numpy().tobytes() in shown for row in truth.originals] == [True] * 3 + [False] * 17


def test_a_mixture_is_released_in_several_encodings_and_scored_once() -> None:
    arm = {"name": "mixed", "recipe": "instahide-k2", "side": 32, "encodings": 3}
    said = study(
        data={**DATA.model_dump(), "mode": "RGB"},
        arms=[arm],
        attacks=[
            {
                "name": "instahide_reconstruction",
                "metric": "linkage",
                "shows": ["public"],
                "images": 30,
                "control": False,
            }
        ],
    )
    trial = Trial(EncodedScenes(make_scene(said.data, None), None), said.arms[0], None, 0)
    sights = frozenset({Sight.PAIRING})
    view, truth = build_view(trial, said.attacks[0], sights, Budget(30, None), np.random.default_rng(0))
    assert view.pairing is not None
    assert len(view.released) == len(view.pairing.originals) == 90
    assert len(truth.originals) == 30
    assert view.pairing.originals[:30, 0].tolist() == list(range(30))
    assert sorted(view.pairing.originals[30:60, 0].tolist()) == list(range(30))
    leak = report_of(said).arms[0].leaks[0]
    assert leak.headline is not None
    assert leak.headline.value > 0.9
