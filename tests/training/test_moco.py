"""Self-supervised pre-training: views, loss, the slow copy, and the loop."""

from pathlib import Path

import pytest
import torch
from torch import Generator, Tensor

from encoder_examples import TINY
from masquerade.errors import ModelError, TrainingDiverged, UsageError
from masquerade.training.encoders.branches import Branches
from masquerade.training.encoders.moco import MoCoTrainer, pretrain
from masquerade.training.encoders.pretrain import size
from masquerade.training.encoders.settings import SIZES, MoCoSettings
from masquerade.training.views import ViewSettings

STILL = ViewSettings(smallest_crop=1, aspect=1, flip=0, jitter=0, grey=0, blur=0)
SETTINGS = MoCoSettings(
    vit=TINY.model_copy(update={"depth": 2}),
    cut=1,
    epochs=2,
    batch_size=16,
    learning_rate=3e-3,
    hidden=32,
    projected=16,
    shown=0.5,
    precision="float32",
)


def random(seed: int = 0) -> Generator:
    return Generator().manual_seed(seed)


def photos(n: int, side: int = 16) -> Tensor:
    """Photos that differ: smooth random colours."""
    coarse = torch.rand(n, 3, 4, 4, generator=random(5)) * 255
    return torch.nn.functional.interpolate(coarse, (side, side), mode="bilinear").byte()


def test_a_view_without_changes_is_the_photo() -> None:
    images = photos(4).float()
    torch.testing.assert_close(STILL.of(images, random()), images, rtol=0, atol=0.01)


@pytest.mark.parametrize(
    "change",
    [{"smallest_crop": 0.3}, {"flip": 1}, {"jitter": 1}, {"grey": 1}, {"blur": 1}, {"solarise": 1}],
    ids=str,
)
def test_every_change_changes_and_stays_in_range(change: dict[str, float]) -> None:
    images = photos(8)
    view = STILL.model_copy(update=change).of(images, random())
    assert view.shape == images.shape
    assert view.min() >= 0
    assert view.max() <= 255
    assert (view - images.float()).abs().flatten(1).amax(1).gt(1).sum() >= 6
    assert torch.equal(view, STILL.model_copy(update=change).of(images, random()))
    assert not torch.equal(view, STILL.model_copy(update=change).of(images.flip(0), random()).flip(0)) or (
        set(change) & {"flip", "grey", "solarise"}
    ), "each image has its own chance"


def test_changes_do_what_their_names_say() -> None:
    images = photos(3).float()
    turned = STILL.model_copy(update={"flip": 1}).of(images, random())
    torch.testing.assert_close(turned, images.flip(3), rtol=0, atol=0.01)
    grey = STILL.model_copy(update={"grey": 1}).of(images, random())
    torch.testing.assert_close(grey[:, 0], grey[:, 1], rtol=0, atol=0.1)
    luma = (images * torch.tensor([0.299, 0.587, 0.114]).view(3, 1, 1)).sum(1)
    torch.testing.assert_close(grey[:, 2], luma, rtol=0, atol=0.5)
    inverted = STILL.model_copy(update={"solarise": 1}).of(images, random())
    assert inverted.max() < 128
    noisy = torch.rand(4, 3, 32, 32, generator=random()) * 255
    blurred = STILL.model_copy(update={"blur": 1}).of(noisy, random(3))
    assert blurred.var() < 0.9 * noisy.var()
    torch.testing.assert_close(blurred.mean(), noisy.mean(), rtol=0.01, atol=0)


def test_the_slow_copy_follows_and_is_never_trained() -> None:
    torch.manual_seed(0)
    branches = Branches(SETTINGS)
    before = branches.slow.projector[0].weight.clone()
    branches.learner.projector[0].weight.data += 1
    branches.follow(0.9)
    torch.testing.assert_close(branches.slow.projector[0].weight, before + 0.1)
    loss, _ = branches((photos(8).float(), photos(8).float()))
    loss.backward()
    assert all(p.grad is None for p in branches.slow.parameters())
    assert branches.learner.vit.patches.weight.grad is None, "the patch projection is frozen"
    assert branches.learner.vit.class_token.grad is not None


def test_the_loss_is_low_where_views_match_and_not_where_they_do_not() -> None:
    torch.manual_seed(0)
    branches = Branches(SETTINGS).eval()
    branches.predictor = torch.nn.Identity()  # type: ignore[assignment]
    same = photos(8).float()
    matched, found = branches((same, same))
    crossed, lost = branches((same, same.roll(1, 0)))
    assert matched < crossed
    assert found == 1
    assert lost < 0.2


def test_learning_rate_and_momentum_rise_and_fall_as_stated() -> None:
    trainer = MoCoTrainer(Branches(SETTINGS), SETTINGS.model_copy(update={"epochs": 100}), 16, 0, "float32")
    rates = [trainer._rate(step) for step in range(100)]
    assert max(rates) == pytest.approx(3e-3, rel=0.01)
    assert rates.index(max(rates)) == 10
    assert rates[0] < 4e-4
    assert rates[-1] < 1e-5
    moments = [trainer._momentum(step) for step in range(100)]
    assert moments[0] == pytest.approx(0.99)
    assert moments == sorted(moments)
    assert moments[-1] > 0.9999
    decayed, free = (group["weight_decay"] for group in trainer.optimiser.param_groups)
    assert (decayed, free) == (0.1, 0.0)


def test_training_learns_to_find_views_again() -> None:
    told: list[tuple[float, float]] = []
    easy = (STILL.model_copy(update={"jitter": 0.8}),) * 2
    vit = TINY.model_copy(update={"depth": 1, "width": 32})
    changes = {"epochs": 40, "learning_rate": 1e-2, "shown": 1.0, "vit": vit, "views": easy}
    settings = SETTINGS.model_copy(update=changes)
    network = pretrain(
        photos(32), settings, 0, progress=lambda _, __, loss, share: told.append((loss, share))
    )
    assert len(told) == 80
    assert sum(share for _, share in told[-10:]) / 10 > 0.2, "chance is 0.06"
    assert sum(loss for loss, _ in told[-10:]) / 10 < 0.8 * told[0][0]
    assert network.options.depth == 1
    assert not network.training


def test_the_same_seed_gives_the_same_weights_and_leaves_chance_alone() -> None:
    before = torch.random.get_rng_state()
    one, again, other = (pretrain(photos(20), SETTINGS, seed).state_dict() for seed in (1, 1, 2))
    assert all(torch.equal(one[name], again[name]) for name in one)
    assert not torch.equal(one["class_token"], other["class_token"])
    assert torch.equal(torch.random.get_rng_state(), before)


def test_a_stopped_training_goes_on_to_the_same_weights(tmp_path: Path) -> None:
    class Stopped(Exception):
        pass

    def stop(done: int, *_: float) -> None:
        if done == 4:
            raise Stopped

    settings, kept = SETTINGS.model_copy(update={"epochs": 6}), tmp_path / "checkpoint"
    with pytest.raises(Stopped):
        pretrain(photos(16), settings, 1, progress=stop, checkpoint=kept, checkpoint_seconds=0)
    steps: list[int] = []
    resumed = pretrain(
        photos(16), settings, 1, progress=lambda done, *_: steps.append(done), checkpoint=kept
    ).state_dict()
    whole = pretrain(photos(16), settings, 1).state_dict()
    assert steps == [4, 5, 6]
    assert all(torch.equal(resumed[name], whole[name]) for name in whole)
    with pytest.raises(UsageError, match="another training: differs in seed"):
        pretrain(photos(16), settings, 2, checkpoint=kept)
    kept.write_bytes(kept.read_bytes()[:-100])
    with pytest.raises(ModelError):
        pretrain(photos(16), settings, 1, checkpoint=kept)


def test_what_cannot_be_trained_is_named() -> None:
    with pytest.raises(UsageError, match="at least 16 photos: 15 photos"):
        pretrain(photos(15), SETTINGS, 0)
    with pytest.raises(UsageError, match="another size"):
        pretrain(photos(16, side=8), SETTINGS, 0)
    with pytest.raises(UsageError, match="3 of 2"):
        MoCoSettings.model_validate({**SETTINGS.model_dump(), "cut": 3})
    with pytest.raises(TrainingDiverged, match="diverged"):
        pretrain(photos(16), SETTINGS.model_copy(update={"learning_rate": 1e30, "epochs": 9}), 0)
    for name, epochs in (("tiny", None), ("small", 0)):
        with pytest.raises(UsageError, match="no such pre-training"):
            size(name, epochs)


def test_the_papers_size_is_that_of_the_paper() -> None:
    paper = SIZES["paper"]
    assert (paper.vit.width, paper.vit.heads, paper.vit.patch, paper.vit.side) == (768, 12, 16, 112)
    assert (paper.vit.depth, paper.cut, paper.temperature, paper.shown) == (12, 5, 0.2, 1)
    with torch.device("meta"):
        branches = Branches(paper)
    assert sum(p.numel() for p in branches.learner.vit.parameters()) == 85_647_360 - 2 * 768
