"""Metrics: known answers, chance, and the guesses that they refuse."""

import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from sklearn.metrics import roc_auc_score
from torchmetrics.functional.image import peak_signal_noise_ratio

from masquerade.attacks.base import Labels, Membership, Ranking, Reconstruction
from masquerade.errors import NotMeasurable
from masquerade.metrics import (
    EVERY_METRIC,
    entropy,
    fano_factor,
    label_agreement,
    soft_label_agreement,
    utility,
    welch_p_value,
)
from masquerade.metrics.base import Truth
from masquerade.metrics.pairing import aligned


def photos(people: int = 10, each: int = 4, side: int = 16, seed: int = 0) -> Truth:
    """Smooth random images of people whose photos resemble each other."""
    rng = torch.Generator().manual_seed(seed)
    coarse = torch.rand((people, 1, 4, 4), generator=rng).repeat_interleave(each, 0)
    coarse = coarse + 0.3 * torch.rand(coarse.shape, generator=rng)
    images = torch.nn.functional.interpolate(coarse, (side, side), mode="bilinear") * 190
    return Truth(images, torch.arange(people).repeat_interleave(each))


def candidates(members: int, others: int, people: int) -> Truth:
    empty = torch.zeros(1, 1, 2, 2)
    inside = torch.arange(members + others) < members
    return Truth(empty, torch.zeros(1), inside, candidate_identities=torch.arange(members + others) % people)


def test_linkage_of_perfect_and_of_blind_guesses() -> None:
    truth = photos()
    perfect = EVERY_METRIC["linkage"](Reconstruction(truth.originals), truth)
    assert (perfect.value, perfect.high, perfect.n, perfect.identities) == (1, 1, 40, 10)
    assert perfect.chance == pytest.approx(1 / 40)
    blind = EVERY_METRIC["linkage"](Reconstruction(torch.rand_like(truth.originals)), truth)
    assert blind.low <= blind.chance <= blind.high


def test_linkage_is_not_misled_by_brightness_and_contrast() -> None:
    truth = photos()
    faded = Reconstruction(0.1 * truth.originals + 180)
    assert EVERY_METRIC["linkage"](faded, truth).value == 1
    nearest = torch.cdist(faded.images.flatten(1), truth.originals.flatten(1)).argmin(1)
    assert (nearest == torch.arange(40)).float().mean() < 0.2  # which plain distance is


def test_flat_guesses_link_no_more_than_chance() -> None:
    truth = photos()
    score = EVERY_METRIC["linkage"](Reconstruction(torch.full_like(truth.originals, 9.0)), truth)
    assert score.value == pytest.approx(score.chance)


@pytest.mark.parametrize("turn", range(8))
def test_a_guess_up_to_symmetry_may_lie_on_its_side(turn: int) -> None:
    truth = photos()
    turned = torch.rot90(truth.originals, turn % 4, (2, 3))
    turned = turned.flip(3) if turn > 3 else turned
    free = Reconstruction(turned, up_to_symmetry=True)
    assert torch.equal(aligned(free, truth), truth.originals)
    score = EVERY_METRIC["linkage"](free, truth)
    assert score.value == 1
    assert score.chance == pytest.approx(2.5 / 40, rel=0.1)  # the best of eight blind guesses
    assert EVERY_METRIC["psnr"](free, truth).value == 100
    if turn:
        assert EVERY_METRIC["linkage"](Reconstruction(turned), truth).value < 0.5


def test_a_tall_image_has_four_symmetries() -> None:
    truth = photos()
    tall = Truth(truth.originals[:, :, :, :12], truth.identities)
    free = Reconstruction(tall.originals.flip(2, 3), up_to_symmetry=True)
    assert EVERY_METRIC["linkage"](free, tall).value == 1


def test_linkage_of_a_ranking_uses_the_candidates() -> None:
    rows = torch.tensor([3, 1, 0])
    truth = Truth(torch.zeros(3, 1, 2, 2), torch.arange(3), candidate_rows=rows)
    similarity = torch.nn.functional.one_hot(torch.tensor([3, 1, 2]), 5).float()
    score = EVERY_METRIC["linkage"](Ranking(similarity), truth)
    assert (score.value, score.chance) == (pytest.approx(2 / 3), 0.2)
    tied = EVERY_METRIC["linkage"](Ranking(torch.zeros(3, 5)), truth)
    assert tied.value == pytest.approx(0.2)


def test_psnr_agrees_with_torchmetrics() -> None:
    truth = photos()
    noisy = torch.clip(truth.originals + 20 * torch.randn(truth.originals.shape), 0, 255)
    score = EVERY_METRIC["psnr"](Reconstruction(noisy), truth)
    oracle = peak_signal_noise_ratio(
        noisy, truth.originals, data_range=255.0, reduction="none", dim=(1, 2, 3)
    )
    assert score.value == pytest.approx(float(oracle.mean()), abs=1e-4)
    assert score.low < score.value < score.high
    assert score.chance < score.value


def test_psnr_clips_and_caps() -> None:
    truth = photos()
    assert EVERY_METRIC["psnr"](Reconstruction(truth.originals), truth).value == 100
    wild = EVERY_METRIC["psnr"](Reconstruction(truth.originals * 1e6), truth)
    assert wild.value >= 0


def test_ssim() -> None:
    truth = photos()
    exact = EVERY_METRIC["ssim"](Reconstruction(truth.originals), truth)
    assert exact.value == pytest.approx(1)
    noisy = EVERY_METRIC["ssim"](Reconstruction(truth.originals + 60 * torch.randn(40, 1, 16, 16)), truth)
    assert noisy.low < noisy.value < 0.8
    small = Truth(truth.originals[:, :, :8, :8], truth.identities)
    with pytest.raises(NotMeasurable, match="11 pixels"):
        EVERY_METRIC["ssim"](Reconstruction(small.originals), small)


def test_identification_counts_the_largest_class_as_chance() -> None:
    truth = Truth(torch.zeros(10, 1, 2, 2), torch.tensor([0] * 7 + [1, 2, 3]))
    score = EVERY_METRIC["identification"](Labels(torch.zeros(10, dtype=torch.long)), truth)
    assert score.value == score.chance == pytest.approx(0.25)  # over people nobody counts for more
    each = replace(truth, units=torch.arange(10))
    score = EVERY_METRIC["identification"](Labels(torch.zeros(10, dtype=torch.long)), each)
    assert score.value == score.chance == pytest.approx(0.7)


def test_units_replace_identities() -> None:
    labels = torch.arange(2).repeat_interleave(500)
    few = Truth(torch.zeros(1000, 1, 2, 2), labels)
    many = Truth(torch.zeros(1000, 1, 2, 2), labels, units=torch.arange(1000))
    low = [EVERY_METRIC["identification"](Labels(labels), truth).low for truth in (few, many)]
    assert low[0] < 0.2
    assert low[1] > 0.99


def test_auc_agrees_with_scikit_learn_ties_included() -> None:
    truth = candidates(60, 90, 150)
    scores = torch.randint(0, 12, (150,), generator=torch.Generator().manual_seed(1)).float()
    scores[:60] += 3
    found = EVERY_METRIC["membership_auc"](Membership(scores), truth)
    assert found.value == pytest.approx(roc_auc_score(truth.members, scores))
    assert found.low < found.value < found.high
    ranking = Ranking(torch.stack([scores, scores - 5]))
    assert EVERY_METRIC["membership_auc"](ranking, truth).value == pytest.approx(found.value)


def test_auc_of_one_is_not_certain() -> None:
    truth = candidates(10, 10, 20)
    found = EVERY_METRIC["class_membership"](Membership(-torch.arange(20.0)), truth)
    assert (found.value, found.high) == (1, 1)
    assert found.low == pytest.approx(0.025 ** (1 / 10))


@pytest.mark.parametrize(("people", "truth_auc"), [(24, 0.5), (24, 0.92), (80, 0.5), (80, 0.92)])
def test_coverage_of_auc(people: int, truth_auc: float) -> None:
    """Five candidates a person, alike; half of the people are members."""
    rng = np.random.default_rng(5)
    shift = math.sqrt(2) * torch.distributions.Normal(0, 1).icdf(torch.tensor(truth_auc)).item()
    identities = np.arange(5 * people) % people
    members = identities < people // 2
    truth = Truth(
        torch.zeros(1, 1, 2, 2),
        torch.zeros(1),
        torch.tensor(members),
        candidate_identities=torch.tensor(identities),
    )
    held = []
    for _ in range(500):
        scores = math.sqrt(0.6) * rng.normal(size=people)[identities] + math.sqrt(0.4) * rng.normal(
            size=len(identities)
        )
        found = EVERY_METRIC["membership_auc"](Membership(torch.tensor(scores + shift * members)), truth)
        held.append(found.low <= truth_auc <= found.high)
    assert np.mean(held) >= 0.92


def test_true_positives_at_a_false_positive_rate() -> None:
    truth = candidates(50, 1000, 1050)
    scores = torch.cat([torch.linspace(0.5, 1.5, 50), torch.linspace(0, 1, 1000)])
    tenth = EVERY_METRIC["membership_tpr"](Membership(scores), truth)
    threshold = torch.linspace(0, 1, 1000)[-2]
    assert tenth.value == pytest.approx(float((scores[:50] > threshold).float().mean()))
    assert tenth.chance == 0.001
    assert EVERY_METRIC["membership_tpr_1_percent"](Membership(scores), truth).value >= tenth.value
    with pytest.raises(NotMeasurable, match="not measurable at this n"):
        EVERY_METRIC["membership_tpr"](Membership(scores[:1049]), candidates(50, 999, 1049))


def test_all_scores_alike_find_nobody() -> None:
    score = EVERY_METRIC["membership_tpr_1_percent"](Membership(torch.zeros(300)), candidates(100, 200, 300))
    assert score.value == 0


def test_members_of_one_kind_are_not_measurable() -> None:
    with pytest.raises(NotMeasurable, match="both"):
        EVERY_METRIC["membership_auc"](Membership(torch.zeros(5)), candidates(5, 0, 5))


@pytest.mark.parametrize("name", EVERY_METRIC)
def test_every_metric_refuses_a_guess_of_another_kind(name: str) -> None:
    truth = photos()
    wrong = (
        Membership(torch.zeros(3))
        if name in {"linkage", "psnr", "ssim", "identification"}
        else Labels(truth.identities)
    )
    with pytest.raises(NotMeasurable):
        EVERY_METRIC[name](wrong, truth)


@pytest.mark.parametrize("name", ["linkage", "membership_auc"])
def test_missing_truth_is_named(name: str) -> None:
    with pytest.raises(NotMeasurable, match=r"candidate_rows|members"):
        EVERY_METRIC[name](Ranking(torch.zeros(40, 3)), photos())


def test_utility() -> None:
    labels = torch.arange(4).repeat(25)
    right = torch.nn.functional.one_hot(labels, 4).float()
    score = utility(right, labels, torch.arange(100))
    assert (score.name, score.value, score.chance, score.identities) == ("utility", 1, 0.25, 100)
    assert utility(right, labels).low < score.low


def test_label_agreement_compares_classes_of_any_size() -> None:
    pointed = torch.tensor([[7, 0, 0, 0], [700, 0, 0, 0]])
    even = torch.tensor([[25, 25, 25, 25]])
    assert label_agreement(pointed).tolist() == pytest.approx([1, 1])
    assert label_agreement(even).item() == pytest.approx(-1 / 99)
    rng = np.random.default_rng(0)
    blind = [
        label_agreement(torch.tensor(rng.multinomial(n, [0.1] * 10, 4000))).mean().item() for n in (5, 50)
    ]
    assert blind == pytest.approx([0, 0], abs=0.01)


def test_the_fano_factor_is_the_papers_and_ours_is_that_scaled() -> None:
    counts = np.array([8.0, 1.0, 1.0, 0.0])
    mu = counts.mean()
    paper = ((counts - mu) ** 2).mean() / mu
    assert fano_factor(torch.tensor(counts)).item() == pytest.approx(paper)
    scaled = paper / (10 * 3 / 4)
    assert label_agreement(torch.tensor(counts)).item() == pytest.approx((scaled - 0.1) / 0.9)


def test_ties_between_classes_of_different_size_are_ties() -> None:
    """Rounding must not rank a class of four images in one label below a class of ten in one label."""
    factors = label_agreement(torch.tensor([[4, 0, 0], [10, 0, 0], [0, 7, 0]]))
    assert factors.unique().tolist() == [1]
    groups = torch.tensor([0] * 4 + [1] * 10)
    sure = torch.tensor([[1 - 2e-7, 1e-7, 1e-7]]).expand(14, 3)
    assert len(soft_label_agreement(sure, groups).unique()) == 1


def test_soft_label_agreement_of_certain_answers_is_that_of_labels() -> None:
    labels = torch.tensor([0, 0, 1, 2, 2, 2, 0, 1])
    groups = torch.tensor([0, 0, 0, 0, 1, 1, 1, 2])
    counts = torch.tensor([[2, 1, 1], [1, 0, 2], [0, 1, 0]])
    soft = soft_label_agreement(torch.nn.functional.one_hot(labels, 3).float(), groups)
    assert soft.tolist() == pytest.approx(label_agreement(counts).tolist(), abs=1e-6)


def test_soft_label_agreement_does_not_depend_on_the_number_of_images() -> None:
    """Answers of the same kind give the same value on average, for 3 images a class or 60."""
    rng = torch.Generator().manual_seed(0)
    means = []
    for each in (3, 60):
        answers = torch.softmax(2 * torch.randn((600 * each, 5), generator=rng), 1)
        groups = torch.arange(600).repeat_interleave(each)
        means.append(float(soft_label_agreement(answers, groups).mean()))
    assert means == pytest.approx([0, 0], abs=0.01)


def test_entropy() -> None:
    assert entropy(torch.tensor([[1, 1, 1, 1], [4, 0, 0, 0]])).tolist() == pytest.approx([2, 0])


def test_welch() -> None:
    assert welch_p_value([0.9, 0.95, 0.92], [0.2, 0.25, 0.1]) < 0.01
    assert welch_p_value([0.5, 0.6], [0.6, 0.5]) == pytest.approx(1)
    assert welch_p_value([1.0], [0.0, 0.1]) == 1
    assert welch_p_value([1.0, 1.0], [0.0, 0.0]) == 0
