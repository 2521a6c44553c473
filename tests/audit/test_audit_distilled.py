"""XNN-d in an audit, on real faces and a tiny encoder: what is trained, what is seen, what is graded."""

from typing import Any

import numpy as np
import pytest
import torch

from encoder_examples import TINY as TINY_ENCODER
from encoder_examples import tiny_encoder
from feature_examples import TINY
from masquerade.attacks.base import Sight
from masquerade.audit.results import Report
from masquerade.audit.runner import Audit
from masquerade.audit.scenes.encoded import EncodedScenes
from masquerade.audit.scenes.scene import make_scene
from masquerade.audit.scenes.views import Budget, build_view
from masquerade.audit.studies.study import DataSpec, Study
from masquerade.audit.trial import Trial, described, noise_settings, protects
from masquerade.encoders import Card, encoder_bytes
from masquerade.encoders.noise_encoder import token_norm
from masquerade.errors import NotApplicable, StudyError, UsageError

DATA = DataSpec(source="orl", height=16, width=16, mode="RGB", classes=20, test_share=0.3, public=150)
TRAINING = {
    "preset": "laptop-recnet",
    "change": {"options": TINY, "epochs": 8, "learning_rate": 5e-3, "batch_size": 48},
}
SMALL = {"noise": {"width": 16, "heads": 2}}
ATTACK = {"name": "black_box", "metric": "rank1", "target": "test", "candidates": "owner", "control": False}


@pytest.fixture(scope="module")
def encoder(tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("encoder") / "tiny"
    card = Card(name="tiny", options=TINY_ENCODER)
    path.write_bytes(encoder_bytes(tiny_encoder().network, card))
    return str(path)


def arm(encoder: str, amount: float, **changes: object) -> dict[str, Any]:
    noise = {"amount": amount, "steps": 30, "change": SMALL}
    return {"name": f"noise {amount}", "recipe": "xnn-none", "encoder": encoder, "noise": noise, **changes}


def study(arms: list[dict[str, Any]], **changes: object) -> Study:
    said: dict[str, object] = {
        "name": "small",
        "title": "Small",
        "source": "a test",
        "generic": False,
        "without_generic": "a test",
        "data": DATA.model_dump(),
        "training": TRAINING,
        "arms": arms,
        "attacks": [{**ATTACK, "options": {"steps": 0}}],
        "profiles": {"quick": {"seeds": [0]}},
    }
    return Study.model_validate({**said, **changes})


def trial(said: Study, seed: int = 0) -> Trial:
    return Trial(EncodedScenes(make_scene(said.data, None), None), said.arms[0], said.training, seed)


def report_of(said: Study) -> Report:
    return Audit(said.at("quick"), None, None, lambda _: None, "masquerade audit small.toml").run().report


def test_without_noise_it_is_normalised_features_and_their_own_recogniser(encoder: str) -> None:
    base = trial(study([arm(encoder, 0)]))
    photos = base.scene.test.images
    assert torch.allclose(base.disguised(photos), token_norm(photos))
    assert base.distilled is not None
    assert base.model is base.distilled.teacher


def test_the_student_sees_through_noise_that_its_teacher_does_not(encoder: str) -> None:
    noisy = trial(study([arm(encoder, 3)]))
    assert noisy.distilled is not None
    train = noisy.scene.train
    seen = noisy.queried(train.images)
    added = (seen - token_norm(train.images)).square().mean((1, 2, 3)).sqrt()
    assert 0.1 < float(added.mean()) <= 3 + 1e-4
    right = [float((net(seen).argmax(1) == train.labels).float().mean()) for net in _networks(noisy)]
    assert right[0] > right[1] + 0.2


def _networks(noisy: Trial) -> list[torch.nn.Module]:
    assert noisy.distilled is not None
    return [noisy.model, noisy.distilled.teacher]


def test_each_repetition_trains_noise_of_its_own(encoder: str) -> None:
    said = study([arm(encoder, 3, noise={"amount": 3, "steps": 2, "change": SMALL})])
    one, again, other = (trial(said, seed).distilled for seed in (0, 0, 1))
    assert one is not None
    assert again is not None
    assert other is not None
    assert one.noise.digest == again.noise.digest != other.noise.digest


def test_an_attacker_may_ask_the_generator_but_not_for_a_fresh_key(encoder: str) -> None:
    said = study([arm(encoder, 3, noise={"amount": 3, "steps": 2, "change": SMALL})])
    noisy = trial(said)
    sights = frozenset({Sight.QUERY, Sight.FRESH})
    view, _ = build_view(noisy, said.attacks[0], sights, Budget(20, None), np.random.default_rng(0))
    assert view.query is not None
    assert view.fresh is not None
    photos = noisy.scene.test.images[:5]
    assert torch.equal(view.query(photos), noisy.disguised(photos))
    with pytest.raises(NotApplicable, match="no key"):
        view.fresh()


def test_it_is_graded_against_the_arm_without_noise(encoder: str) -> None:
    report = report_of(study([arm(encoder, 0), arm(encoder, 3)]))
    base, noisy = report.arms
    assert (base.grade, base.protected) == ("UNPROTECTED", False)
    assert noisy.protected
    assert noisy.grade in {"BROKEN", "WEAKENED"}
    leak = noisy.leaks[0]
    assert leak.headline is not None
    assert base.leaks[0].headline is not None
    assert leak.ceiling == base.leaks[0].headline.value
    assert noisy.recipe["parts"][-1]["amount"] == 3


def test_who_knows_clean_features_stands_beside_the_utility(encoder: str) -> None:
    data = {**DATA.model_dump(), "unseen": 10, "most_images": 6}
    measured = report_of(study([arm(encoder, 3)], data=data, attacks=[])).arms[0]
    beside = {found.metric: found for found in measured.beside}
    assert list(beside)[:3] == ["rank1_untrained", "rank1_clean_recogniser", "noise_constant_share"]
    assert beside["noise_constant_share"].value < 0.3


def test_the_key_of_a_piece_holds_all_that_decides_noise_and_recogniser(encoder: str) -> None:
    said = study([arm(encoder, 0), arm(encoder, 3), arm(encoder, 3, noise={"amount": 3})]).at("quick")
    audit = Audit(said, None, None, lambda _: None, "")
    kept = [audit.pieces.of_arm(each, 0) for each in said.arms]
    assert kept[0] != kept[1] != kept[2]
    assert kept[1]["noise"]["noise"]["width"] == 16
    assert kept[1]["noise"]["recogniser"]["epochs"] == 8
    plain = said.arms[0].model_copy(update={"noise": None})
    assert "noise" not in audit.pieces.of_arm(plain, 0)


def test_noise_protects_and_its_absence_does_not(encoder: str) -> None:
    without, noisy = study([arm(encoder, 0), arm(encoder, 3)]).arms
    assert not protects(without)
    assert protects(noisy)
    assert described(noisy)["parts"][0]["kind"] == "Chain"


def test_what_cannot_be_is_refused(encoder: str) -> None:
    with pytest.raises(StudyError, match="public encoder and nothing else"):
        trial(study([arm(encoder, 3, recipe="xnn")]))
    with pytest.raises(StudyError, match="public encoder and nothing else"):
        trial(study([{**arm(encoder, 3, recipe="none"), "encoder": None}]))
    with pytest.raises(StudyError, match="says not how"):
        trial(study([arm(encoder, 3)], training=None))
    wrong = study([arm(encoder, 3, noise={"amount": 3, "change": {"temprature": 2}})])
    assert wrong.arms[0].noise is not None
    with pytest.raises(UsageError, match="temprature"):
        noise_settings(wrong.arms[0].noise, wrong.training, "wrong")
