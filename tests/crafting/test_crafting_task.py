"""Answers in a few numbers: what the cloud tells again, what the files hold, and what a phone needs."""

from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.numpy import load_file
from torch import Tensor

from crafter_disguise_examples import tiny_answers, tiny_bank, tiny_split
from masquerade.crafting.shipped import open_answers, open_split
from masquerade.crafting.task.answers_file import AnswersCard, answers_bytes, read_answers
from masquerade.crafting.task.bank_file import BankCard, bank_bytes, read_bank
from masquerade.crafting.task.closed_form import RADIUS, coded, collect_features, learn_answers
from masquerade.crafting.task.edge_file import edge_bytes
from masquerade.crafting.trained import TrainedAnswers
from masquerade.data import builtin
from masquerade.disguises import TaskAnswers
from masquerade.disguises.features.task_answers import levels
from masquerade.errors import ModelError, UsageError
from masquerade.keys import Key
from masquerade.testing.example_photos import photos_with_a_flat_part

KEY = Key.from_secret(bytes(32))


def photos(n: int = 12) -> Tensor:
    return photos_with_a_flat_part(n, (3, 16, 16))


def logits(n: int = 12) -> Tensor:
    with torch.no_grad():
        told: Tensor = tiny_split().network(photos(n).float() / 255)
    return told


def inside(codes: Tensor) -> Tensor:
    """Photos whose code was not drawn to the ball's surface."""
    return codes.flatten(1).norm(dim=1) < 1 - 1e-4


@torch.no_grad()
def test_as_many_numbers_as_answers_tell_all_of_them() -> None:
    cloud = coded(tiny_split(), tiny_answers(), 5).network
    codes = cloud.encode(photos().float() / 255)
    kept = inside(codes)
    assert codes.shape == (12, 5, 1, 1)
    assert kept.sum() > 6
    assert torch.allclose(cloud.classify(codes)[kept], logits()[kept], atol=1e-3)


@torch.no_grad()
def test_two_numbers_tell_the_two_answers_that_are_kept() -> None:
    cloud = coded(tiny_split(), tiny_answers(), 2, attributes=(4, 1)).network
    codes = cloud.encode(photos().float() / 255)
    kept = inside(codes)
    assert torch.allclose(cloud.classify(codes)[kept][:, [1, 4]], logits()[kept][:, [1, 4]], atol=1e-3)
    assert not torch.allclose(cloud.classify(codes)[kept][:, 0], logits()[kept][:, 0], atol=1e-3)


@torch.no_grad()
def test_codes_lie_in_the_ball_of_radius_one() -> None:
    shrunk = tiny_answers().network
    shrunk.deviation.mul_(0.01)  # public photos that differ a hundred times less
    far = TrainedAnswers.of("far", shrunk)
    codes = coded(tiny_split(), far, 3).network.encode(photos().float() / 255).flatten(1)
    assert float(codes.norm(dim=1).max()) <= 1 + 1e-6
    assert not bool(inside(codes).all())


@torch.no_grad()
def test_fewer_numbers_tell_the_answers_less_well() -> None:
    split, answers = open_split(), open_answers("answers-1")
    grey = builtin.orl(64, 64).images[::20].float() / 255
    faces = grey.expand(-1, 3, -1, -1)
    features = split.network.encode(faces)
    whole = split.network.classify(features)
    errors = []
    for numbers in (40, 8, 2):
        cloud = coded(split, answers, numbers).network
        assert cloud.code is not None
        told = cloud.classify(cloud.code(features))
        errors.append(float(((told - whole) / answers.network.deviation).square().mean()))
    assert errors[0] < 0.05 < errors[1] < errors[2]


def test_public_photos_fix_the_radius() -> None:
    values = torch.linalg.eigvalsh(tiny_answers().network.correlation.double()).flip(0)
    code = coded(tiny_split(), tiny_answers(), 2, "features").network.code
    assert code is not None
    facts = tiny_answers().network
    _, vectors = torch.linalg.eigh(facts.correlation.double())
    expected = vectors[:, -1].float() @ facts.thin.weight / (RADIUS * float(values[:2].sum().sqrt()))
    found = code.linear.weight[0]
    assert min(float((found - expected).norm()), float((found + expected).norm())) < 1e-4


def card(**change: object) -> AnswersCard:
    about = {"encoder_digest": tiny_split().digest, "cloud_digest": tiny_split().cloud_digest}
    facts = tiny_answers().network
    sizes = {"answers": len(facts.mean), "entries": facts.thin.in_features}
    return AnswersCard.model_validate({"name": "tiny", "stored": "float32", **sizes, **about, **change})


def test_answers_come_back_from_their_file(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(answers_bytes(tiny_answers().network, card()))
    split = tiny_split()
    facts, _ = read_answers(tmp_path / "a", (split.digest, split.cloud_digest))
    assert TrainedAnswers.of("again", facts).digest == tiny_answers().digest
    with pytest.raises(ModelError, match=r"another split network.*encoder answers"):
        read_answers(tmp_path / "a", (split.digest, "0" * 64))
    with pytest.raises(ModelError, match="other answers"):
        answers_bytes(tiny_answers().network, card(answers=4))
    with pytest.raises(ModelError, match="belong to another"):
        open_answers("answers-1", split)


def test_a_bank_comes_back_from_its_file(tmp_path: Path) -> None:
    bank, digest = tiny_bank().network, tiny_split().digest
    told = {"name": "b", "stored": "float32", "photos": 40, "entries": bank.features.shape[1]}
    about = BankCard.model_validate({**told, "encoder_digest": digest})
    (tmp_path / "b").write_bytes(bank_bytes(bank, about))
    again, _ = read_bank(tmp_path / "b", digest)
    assert torch.equal(again.features, bank.features)
    with pytest.raises(ModelError, match=r"another encoder.*encoder bank"):
        read_bank(tmp_path / "b", "0" * 64)
    with pytest.raises(ModelError, match="another bank"):
        bank_bytes(collect_features(tiny_split().network, photos(3)), about)


def test_photos_that_are_all_alike_teach_nothing() -> None:
    with pytest.raises(UsageError, match="same answer"):
        learn_answers(tiny_split().network, photos(1).expand(3, -1, -1, -1))


def test_a_phone_gets_the_same_levels_from_plain_arrays(tmp_path: Path) -> None:
    thin = TaskAnswers(tiny_split(), tiny_answers(), numbers=3, thin=True)
    file = tmp_path / "edge.safetensors"
    file.write_bytes(edge_bytes(thin.cloud, thin.scale, thin.bits, thin.split))
    arrays = load_file(file)
    with torch.no_grad():
        features = tiny_split().network.encode(photos().float() / 255).flatten(1).numpy()
    code = features @ arrays["matrix"].T + arrays["bias"]
    code /= np.maximum(1, np.linalg.norm(code, axis=1, keepdims=True))
    found = np.round((np.clip(code / arrays["scale"], -1, 1) + 1) / 2 * 15).astype(int)
    released = thin.with_key(KEY, (3, 16, 16))(photos()).flatten(1)
    assert (found == levels(released, thin.scale, 4).numpy()).mean() > 0.99
    whole = TaskAnswers(tiny_split(), tiny_answers(), numbers=3)
    with pytest.raises(UsageError, match="task-only-thin"):
        edge_bytes(whole.cloud, whole.scale, whole.bits, whole.split)
