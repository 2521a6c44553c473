"""Trainings of protective encoders: they do what they are for, resume to the same bits, and name bad input."""

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from torch import Generator, Tensor

from masquerade.crafting.split_file import SplitCard, read_split, split_bytes, split_digest
from masquerade.errors import UsageError
from masquerade.networks.features.channel_pruner import ChannelPruner, PrunerOptions, threshold_of
from masquerade.networks.features.split import SplitNetwork, SplitOptions
from masquerade.networks.features.split_registry import build_split
from masquerade.training.crafter.adversarial import AdversarialSettings, train_adversarial
from masquerade.training.crafter.attributed_photos import AttributedPhotos
from masquerade.training.crafter.attributes import attribute_logits
from masquerade.training.crafter.decoder_adversary import OpponentSettings
from masquerade.training.crafter.disco import DiscoSettings, train_disco
from masquerade.training.crafter.server_half import CloudHalfSettings, train_cloud_half, without_contrast
from masquerade.training.crafter.tiprdc import TiprdcSettings, train_tiprdc
from masquerade.training.resumable import Upkeep

OPTIONS = SplitOptions(side=16, width=4, attributes=2)
DECODER = OpponentSettings(width=4, entry="convolution", error="mean_square")
ADVERSARIAL = AdversarialSettings(opponent=DECODER, epochs=2, batch_size=16)
DISCO = DiscoSettings(pruner=PrunerOptions(width=4), opponent=DECODER, epochs=2, batch_size=16)
TIPRDC = TiprdcSettings(width=4, epochs=2, batch_size=16)


def photos(count: int = 64) -> Tensor:
    """Bright above or below."""
    random = Generator().manual_seed(1)
    images = torch.randint(0, 120, (count, 3, 16, 16), generator=random, dtype=torch.uint8)
    images[::2, :, :8] += 120
    images[1::2, :, 8:] += 120
    return images


def seen() -> AttributedPhotos:
    above = torch.arange(64) % 2 == 0
    return AttributedPhotos(photos(), torch.stack([above, ~above], 1))


def first() -> SplitNetwork:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return build_split(OPTIONS).eval()


def adversarial(upkeep: Upkeep | None = None) -> SplitNetwork:
    return train_adversarial(first(), seen(), photos(), ADVERSARIAL, 3, upkeep)


def disco(upkeep: Upkeep | None = None) -> SplitNetwork:
    return train_disco(first(), seen(), DISCO, 3, upkeep)


def tiprdc(upkeep: Upkeep | None = None) -> SplitNetwork:
    return train_tiprdc(first(), photos(), torch.arange(64) % 4 * 10, TIPRDC, 3, upkeep)


def features_of(network: SplitNetwork) -> Tensor:
    with torch.no_grad():
        return network.encode(photos().float() / 255)


def cloud_half(upkeep: Upkeep | None = None) -> SplitNetwork:
    settings = CloudHalfSettings(epochs=2, batch_size=16)
    return train_cloud_half(first(), features_of(first()), seen().attributes, settings, 3, upkeep)


Training = Callable[[Upkeep | None], SplitNetwork]


class Stopped(Exception):
    """The test's own interruption."""


@pytest.mark.parametrize("train", [adversarial, disco, tiprdc, cloud_half])
def test_trainings_resume_to_the_same_weights_and_fit_a_file(tmp_path: Path, train: Training) -> None:
    def stop(done: int, total: int, loss: float) -> None:
        if done == 5:
            raise Stopped

    before = torch.random.get_rng_state()
    whole, file = train(None), tmp_path / "checkpoint"
    assert torch.equal(torch.random.get_rng_state(), before)
    with pytest.raises(Stopped):
        train(Upkeep(file, stop, seconds=0))
    state = train(Upkeep(file)).state_dict()
    assert all(torch.equal(tensor, state[name]) for name, tensor in whole.state_dict().items())
    card = SplitCard(name="tiny", network=whole.options, stored="float32")
    (tmp_path / "split").write_bytes(split_bytes(whole, card))
    read, _ = read_split(tmp_path / "split")
    assert split_digest(read) == split_digest(whole)
    changed = split_digest(whole) != split_digest(first())
    assert changed == (train is not cloud_half)


def test_privacy_in_the_loss_changes_the_features() -> None:
    spreads = []
    for weight in (0.0, 100.0):
        settings = ADVERSARIAL.model_copy(update={"weight": weight, "epochs": 10, "learning_rate": 3e-3})
        losses: list[float] = []
        upkeep = Upkeep(progress=lambda done, total, loss, into=losses: into.append(loss))
        network = train_adversarial(first(), seen(), photos(), settings, 0, upkeep)
        spreads.append(float(features_of(network).std()))
        assert losses[-1] < losses[0]
    assert spreads[0] != spreads[1]


def test_the_published_threshold_is_the_largest_score_of_few_channels() -> None:
    scores = torch.tensor([[0.3, 0.1, 0.9, 0.5]])
    assert threshold_of(scores, PrunerOptions()) == pytest.approx(0.9)
    assert threshold_of(scores, PrunerOptions(threshold="between")) == pytest.approx(0.7)
    assert threshold_of(scores, PrunerOptions(ratio=0.5)) == pytest.approx(0.5)
    assert threshold_of(scores, PrunerOptions(ratio=0.5, threshold="between")) == pytest.approx(0.4)
    assert threshold_of(scores, PrunerOptions(ratio=0.0, threshold="between")) == pytest.approx(0.1)


def test_no_channel_passes_by_more_than_a_half_as_published() -> None:
    torch.manual_seed(0)
    features = torch.randn(8, 64, 4, 4)
    for threshold, passing in (("published", 0), ("between", 8)):
        pruner = ChannelPruner(64, PrunerOptions(threshold=threshold, width=4)).eval()  # type: ignore[arg-type]
        gates = pruner.gates(features)
        assert int((gates > 0.5).sum()) == passing
        assert torch.equal(pruner(features), features * gates[:, :, None, None])


def test_a_cloud_learns_from_features_alone() -> None:
    settings = CloudHalfSettings(epochs=30, batch_size=16, learning_rate=3e-3)
    network = train_cloud_half(first(), features_of(first()), seen().attributes, settings, 0)
    assert torch.equal(features_of(network), features_of(first()))
    told = attribute_logits(network, features_of(network)) > 0
    assert float((told == seen().attributes).float().mean()) > 0.9


def test_rows_without_contrast_all_have_the_attribute() -> None:
    rows = without_contrast(seen().attributes, 1)
    assert rows.tolist() == list(range(1, 64, 2))


def test_what_cannot_be_used_is_named() -> None:
    odd = AttributedPhotos(photos(), seen().attributes[:63])
    with pytest.raises(UsageError, match="attributes that do not fit"):
        train_adversarial(first(), odd, photos(), ADVERSARIAL, 0)
    with pytest.raises(UsageError, match="another size"):
        train_adversarial(first(), seen(), photos()[:, :, :8], ADVERSARIAL, 0)
    with pytest.raises(UsageError, match="pruner already"):
        train_disco(disco(), seen(), DISCO, 0)
    with pytest.raises(UsageError, match="fewer than two people"):
        train_tiprdc(first(), photos(), torch.zeros(64, dtype=torch.int64), TIPRDC, 0)
    with pytest.raises(UsageError, match="features of another shape"):
        train_cloud_half(first(), torch.zeros(4, 1, 4, 4), seen().attributes[:4], CloudHalfSettings(), 0)
    with pytest.raises(UsageError, match="attributes that do not fit"):
        train_cloud_half(first(), features_of(first()), seen().attributes[1:], CloudHalfSettings(), 0)
