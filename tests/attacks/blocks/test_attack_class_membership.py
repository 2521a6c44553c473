"""Class membership: trained classes are found by the histogram of labels that the model gives them."""

import numpy as np
import pytest
import torch
from torch import Tensor

from masquerade.attacks.base import Labelled, Membership, MissingSight, View
from masquerade.attacks.blocks.class_membership import ClassMembership, histograms
from masquerade.metrics import EVERY_METRIC, Truth, label_agreement
from masquerade.training import Settings, fit, probabilities

CLASSES = 20
TRAINED = 10


def images_of(classes: Tensor, each: int, seed: int) -> tuple[Tensor, Tensor]:
    """Noisy images of classes that each have a pattern, with their class."""
    fixed = torch.Generator().manual_seed(0)
    patterns = (
        torch.nn.functional.interpolate(torch.rand((CLASSES, 1, 4, 4), generator=fixed), (16, 16)) * 200
    )
    labels = classes.repeat_interleave(each)
    noise = 90 * torch.randn((len(labels), 1, 16, 16), generator=torch.Generator().manual_seed(seed))
    return patterns[labels] + noise, labels


@pytest.fixture(scope="module")
def view() -> View:
    """A model trained on half of the classes, and probes of all."""
    settings = Settings(
        network="small-cnn",
        options={"width": 8, "hidden": 64},
        steps=120,
        batch_size=32,
        optimiser="adamw",
        learning_rate=2e-3,
        precision="float32",
    )
    network = fit(*images_of(torch.arange(TRAINED), 40, 1), settings, TRAINED, np.random.default_rng(0))
    probes = Labelled(*images_of(torch.arange(CLASSES), 25, 2))
    return View(probes.images[:1], model=lambda images: probabilities(network, images), probes=probes)


TRUTH = Truth(
    torch.zeros(1, 1, 2, 2),
    torch.zeros(1, dtype=torch.long),
    members=torch.arange(CLASSES) < TRAINED,
    candidate_identities=torch.arange(CLASSES),
)


@pytest.mark.parametrize("statistic", ["fano", "agreement", "soft_agreement", "entropy"])
def test_it_finds_the_classes_an_unprotected_model_was_trained_on(view: View, statistic: str) -> None:
    guess = ClassMembership(statistic)(view, np.random.default_rng(0))  # type: ignore[arg-type]
    score = EVERY_METRIC["class_membership"](guess, TRUTH)
    assert score.value >= 0.9
    assert score.identities == CLASSES


def test_a_model_that_answers_blindly_tells_nothing(view: View) -> None:
    rng = torch.Generator().manual_seed(5)
    blind = View(
        view.released, model=lambda x: torch.rand((len(x), TRAINED), generator=rng), probes=view.probes
    )
    score = EVERY_METRIC["class_membership"](ClassMembership()(blind, np.random.default_rng(0)), TRUTH)
    assert score.low <= 0.5 <= score.high


def test_classes_of_any_size_are_compared_fairly() -> None:
    """Blind answers on a class of 4 images and on one of 400 score alike; raw Fano factors would not."""
    rng = torch.Generator().manual_seed(1)
    probed = torch.cat([torch.arange(300).repeat_interleave(4), torch.full((400,), 300)])
    counts = histograms(torch.rand((len(probed), 10), generator=rng), probed)
    assert counts.sum(1).tolist() == [4] * 300 + [400]
    small, large = label_agreement(counts)[:300].mean(), label_agreement(counts)[300]
    assert abs(float(small - large)) < 0.05


def test_the_papers_statistic_takes_as_many_images_of_each_class() -> None:
    """It grows with the number of images, which would tell large classes from small ones."""
    probed = torch.cat([torch.zeros(40, dtype=torch.long), torch.ones(4, dtype=torch.long)])
    shown = View(
        torch.zeros(1, 1, 2, 2),
        model=lambda x: torch.eye(3)[[0] * len(x)],
        probes=Labelled(torch.zeros(44, 1, 2, 2), probed),
    )
    guess = ClassMembership("fano")(shown, np.random.default_rng(0))
    assert isinstance(guess, Membership)
    assert guess.scores.tolist() == pytest.approx([4 * 2 / 3] * 2)


def test_scores_follow_the_numbers_of_the_classes() -> None:
    probabilities_of = torch.eye(3)[torch.tensor([0, 0, 1, 0, 1, 2])]
    probes = Labelled(torch.zeros(6, 1, 2, 2), torch.tensor([1, 1, 0, 0, 2, 2]))
    shown = View(torch.zeros(1, 1, 2, 2), model=lambda x: probabilities_of, probes=probes)
    guess = ClassMembership()(shown, np.random.default_rng(0))
    assert isinstance(guess, Membership)
    assert int(guess.scores.argmax()) == 1


def test_it_needs_the_model(view: View) -> None:
    with pytest.raises(MissingSight, match="model"):
        ClassMembership()(View(view.released, probes=view.probes), np.random.default_rng(0))
