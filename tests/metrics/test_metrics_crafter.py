"""What reconstructions tell a face recogniser, and what protected features tell the cloud."""

import pytest
import torch

from masquerade.data import builtin
from masquerade.errors import NotMeasurable
from masquerade.guesses import Reconstruction
from masquerade.metrics import (
    attribute_agreement,
    attribute_auc,
    eval_acc,
    eval_acc_trained,
    feature_cosine,
)
from masquerade.metrics.base import Truth


def truth() -> Truth:
    faces = builtin.orl(64, 64)
    images = faces.images.float().expand(-1, 3, -1, -1)
    rows = torch.arange(0, 60, 5)
    known = torch.arange(1, 60, 5)
    return Truth(
        images[rows], faces.labels[rows], gallery=images[known], gallery_identities=faces.labels[known]
    )


def test_photos_are_named_and_other_peoples_are_not() -> None:
    known = truth()
    right = eval_acc(Reconstruction(known.originals), known)
    assert right.value > 0.8
    assert right.chance == pytest.approx(1 / 6)
    assert right.identities == 6
    wrong = eval_acc(Reconstruction(known.originals.roll(2, 0)), known)
    assert wrong.value < 0.3
    with pytest.raises(NotMeasurable, match="gallery"):
        eval_acc(Reconstruction(known.originals), Truth(known.originals, known.identities))


def test_likeness_is_one_for_the_photo_itself() -> None:
    known = truth()
    assert feature_cosine(Reconstruction(known.originals), known).value == pytest.approx(1, abs=1e-5)
    blurred = feature_cosine(
        Reconstruction(known.originals.mean(0, keepdim=True).expand(12, -1, -1, -1)), known
    )
    assert blurred.value == pytest.approx(blurred.chance, abs=1e-5)


def test_an_evaluator_of_the_truths() -> None:
    known = truth()
    with pytest.raises(NotMeasurable, match="evaluator"):
        eval_acc_trained(Reconstruction(known.originals), known)
    first = lambda images: torch.eye(6)[torch.zeros(len(images), dtype=torch.int64)]  # noqa: E731
    told = Truth(known.originals, known.identities, evaluator=first)
    assert eval_acc_trained(Reconstruction(known.originals), told).value == pytest.approx(1 / 6)


def test_auc_over_attributes_with_two_answers() -> None:
    generator = torch.Generator().manual_seed(0)
    attributes = torch.rand(60, 4, generator=generator) < 0.4
    attributes[:, 3] = False
    people = torch.arange(60) // 3
    noise = torch.randn(60, 4, generator=generator)
    assert attribute_auc(attributes.float(), attributes, people).value == 1
    score = attribute_auc(attributes + noise, attributes, people)
    assert 0.6 < score.low < score.value < score.high < 0.95
    blind = attribute_auc(torch.zeros(60, 4), attributes, people)
    assert blind.value == pytest.approx(0.5)
    assert (score.n, score.identities) == (60, 20)
    with pytest.raises(NotMeasurable):
        attribute_auc(noise, torch.zeros(60, 4, dtype=torch.bool), people)


def test_agreement_with_the_answers_on_plain_features() -> None:
    plain = torch.randn(40, 5, generator=torch.Generator().manual_seed(1))
    people = torch.arange(40) // 2
    assert attribute_agreement(plain, plain, people).value == 1
    assert attribute_agreement(-plain, plain, people).value == 0
    assert 0.5 <= attribute_agreement(plain, plain, people).chance < 0.8
