"""Training of Crafter's networks: they learn, resume to the same bits, and name what they cannot use."""

from pathlib import Path

import pytest
import torch
from torch import Generator, Tensor

from masquerade.crafting.reconstruction import LatentDecoder
from masquerade.errors import TrainingDiverged, UsageError
from masquerade.networks.features.split import SplitOptions
from masquerade.networks.features.split_registry import build_split
from masquerade.networks.features.wgan_generator import WGANGenerator, WGANGeneratorOptions
from masquerade.training.crafter.amortiser import AmortiserSettings, train_amortiser
from masquerade.training.crafter.attributes import AttributeSettings, attribute_logits, train_attributes
from masquerade.training.crafter.decoder import DecoderSettings, train_decoder
from masquerade.training.crafter.wgan_gp import WGANSettings, train_wgan
from masquerade.training.resumable import Upkeep, rows_of

SIDE = 8
WGAN = WGANSettings(
    generator=WGANGeneratorOptions(latents=4, side=SIDE, start=4, width=4),
    critic_width=4,
    steps=6,
    batch_size=16,
    critic_steps=2,
    averaging=0.5,
)


def photos(count: int = 64, side: int = SIDE) -> Tensor:
    """Bright above or below: one attribute that is plain to see."""
    random = Generator().manual_seed(1)
    images = torch.randint(0, 120, (count, 3, side, side), generator=random, dtype=torch.uint8)
    images[::2, :, : side // 2] += 120
    images[1::2, :, side // 2 :] += 120
    return images


class Stopped(Exception):
    """The test's own interruption."""


def stop_at(step: int, checkpoint: Path) -> Upkeep:
    def progress(done: int, total: int, loss: float) -> None:
        if done == step + 1:
            raise Stopped

    return Upkeep(checkpoint=checkpoint, progress=progress, seconds=0)


def test_a_generator_resumes_to_the_same_weights(tmp_path: Path) -> None:
    whole = train_wgan(photos(), WGAN, 3)
    file = tmp_path / "checkpoint"
    with pytest.raises(Stopped):
        train_wgan(photos(), WGAN, 3, stop_at(3, file))
    seen: list[int] = []
    resumed = train_wgan(photos(), WGAN, 3, Upkeep(file, lambda done, total, loss: seen.append(done)))
    assert seen == [4, 5, 6]
    for one, other in ((whole.generator, resumed.generator), (whole.critic, resumed.critic)):
        state = other.state_dict()
        assert all(torch.equal(tensor, state[name]) for name, tensor in one.state_dict().items())
    with pytest.raises(UsageError, match="another training"):
        train_wgan(photos(), WGAN, 4, Upkeep(file))


def test_a_generator_learns_the_mean_photo() -> None:
    settings = WGAN.model_copy(update={"steps": 60, "learning_rate": 3e-3, "flip": False})
    bright = (photos() // 4) + 190
    generator = train_wgan(bright, settings, 0).generator
    latents = torch.randn(64, 4, generator=Generator().manual_seed(5))
    with torch.no_grad():
        made = generator(latents)
    real = bright.float() / 255
    assert abs(float(made.mean() - real.mean())) < 0.15
    before = train_wgan(bright, settings.model_copy(update={"steps": 1}), 0).generator
    with torch.no_grad():
        assert float((made.mean() - real.mean()).abs()) < float((before(latents).mean() - real.mean()).abs())


def test_a_generator_in_use_gives_what_it_gave_in_training() -> None:
    """Statistics of batch normalisation are those of the final weights."""
    generator = train_wgan(photos(), WGAN, 0).generator
    latents = torch.randn(512, 4, generator=Generator().manual_seed(7))
    with torch.no_grad():
        used = generator(latents)
        trained = generator.train()(latents)
    assert float((used - trained).abs().mean()) < 0.02


def test_photos_that_cannot_be_used_are_named() -> None:
    with pytest.raises(UsageError, match="at least 64 photos"):
        train_wgan(photos(63), WGAN, 0)
    with pytest.raises(UsageError, match="another size"):
        train_wgan(photos(64, 16), WGAN, 0)
    with pytest.raises(TrainingDiverged, match="diverged"):
        train_wgan(photos(), WGAN.model_copy(update={"penalty": float("inf")}), 0)


ATTRIBUTES = AttributeSettings(
    network=SplitOptions(side=16, width=4, attributes=2), epochs=6, batch_size=16, flip=False
)


def above() -> Tensor:
    first = torch.arange(64) % 2 == 0
    return torch.stack([first, ~first], 1)


def test_attributes_are_learned() -> None:
    settings = ATTRIBUTES.model_copy(update={"epochs": 30, "learning_rate": 3e-3})
    network = train_attributes(photos(64, 16), above(), settings, 0)
    features = network.encode(photos(64, 16).float() / 255).detach()
    told = attribute_logits(network, features) > 0
    assert float((told == above()).float().mean()) > 0.9


def test_small_photos_train_to_finite_weights_in_any_precision() -> None:
    settings = ATTRIBUTES.model_copy(update={"epochs": 1, "precision": "bfloat16"})
    network = train_attributes(photos(64, 16), above(), settings, 0)
    assert all(bool(weight.isfinite().all()) for weight in network.state_dict().values())


@pytest.mark.parametrize("architecture", ["resnet18", "vgg16"])
def test_split_networks_resume_to_the_same_weights(tmp_path: Path, architecture: str) -> None:
    sizes = ATTRIBUTES.network.model_copy(update={"architecture": architecture})
    settings = ATTRIBUTES.model_copy(update={"network": sizes, "epochs": 2})
    network = train_attributes(photos(64, 16), above(), settings, 0)
    file = tmp_path / "checkpoint"
    with pytest.raises(Stopped):
        train_attributes(photos(64, 16), above(), settings, 0, stop_at(4, file))
    again = train_attributes(photos(64, 16), above(), settings, 0, Upkeep(file)).state_dict()
    assert all(torch.equal(tensor, again[name]) for name, tensor in network.state_dict().items())


def test_attributes_that_do_not_fit_are_named() -> None:
    with pytest.raises(UsageError, match="attributes that do not fit"):
        train_attributes(photos(64, 16), above()[:63], ATTRIBUTES, 0)
    with pytest.raises(UsageError, match="attributes that do not fit"):
        train_attributes(photos(64, 16), above().float(), ATTRIBUTES, 0)
    with pytest.raises(UsageError, match="another size"):
        train_attributes(photos(), above(), ATTRIBUTES, 0)


def reconstruction() -> LatentDecoder:
    torch.manual_seed(0)
    generator = WGANGenerator(WGANGeneratorOptions(latents=4, side=16, start=4, width=4))
    split = build_split(SplitOptions(side=16, width=4))
    with torch.no_grad():
        for _ in range(10):
            split.encode(generator(torch.randn(32, 4)))
    return LatentDecoder(generator, split, 4)


@pytest.mark.parametrize("loss", ["features", "latents"])
def test_an_amortiser_finds_latents_of_features(tmp_path: Path, loss: str) -> None:
    rebuild = reconstruction()
    settings = AmortiserSettings(width=8, steps=80, batch_size=32, loss=loss, noise=0.05)
    amortiser = train_amortiser(rebuild, settings, 0, "these", Upkeep(tmp_path / "checkpoint"))
    latents = torch.randn(64, 4, generator=Generator().manual_seed(3))
    with torch.no_grad():
        features = rebuild.features(latents)
        error = (rebuild.features(amortiser(features)) - features).square().mean()
        blind = (rebuild.features(torch.zeros_like(latents)) - features).square().mean()
    assert error < 0.6 * blind
    with pytest.raises(UsageError, match=r"another training.*of"):
        train_amortiser(rebuild, settings, 0, "others", Upkeep(tmp_path / "checkpoint"))


def test_a_decoder_learns_and_goes_on(tmp_path: Path) -> None:
    rebuild = reconstruction()
    images = photos(64, 16)
    with torch.no_grad():
        features = rebuild.encode(images.float() / 255)
    settings = DecoderSettings(width=4, entry="convolution", epochs=15, batch_size=16, learning_rate=5e-3)
    decoder = train_decoder(features, images, settings, 0)
    wanted = images.float() / 255
    with torch.no_grad():
        error = float((decoder(features) - wanted).square().mean())
    assert error < 0.6 * float((wanted - wanted.mean(0)).square().mean())
    further = train_decoder(features, images, settings, 1, first=decoder)
    with torch.no_grad():
        assert float((further(features) - wanted).square().mean()) < error
    for bad, words in ((features[:5], "do not fit"), (features / 0, "not finite")):
        with pytest.raises(UsageError, match=words):
            train_decoder(bad, images, settings, 0)


def test_every_pass_shows_each_photo_once() -> None:
    rows = torch.cat([rows_of(0, step, 4, 12) for step in range(3)])
    assert sorted(rows.tolist()) == list(range(12))
    later = torch.cat([rows_of(0, step, 4, 12) for step in range(3, 6)])
    assert sorted(later.tolist()) == list(range(12))
    assert rows.tolist() != later.tolist()
    assert len(rows_of(0, 5, 64, 7)) == 7
