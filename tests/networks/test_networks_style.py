"""The generator by styles: sizes, images of 0 to 1, one image a latent, and its place in files and trainings."""

from pathlib import Path

import pytest
import torch

from masquerade.crafting import FaceGenerator, FaceGeneratorCard, face_generator_bytes
from masquerade.crafting.frozen import frozen
from masquerade.crafting.shipped import open_generator
from masquerade.errors import UsageError
from masquerade.networks.features.generator_registry import EVERY_GENERATOR, build_generator
from masquerade.networks.features.style_generator import Modulated, StyleGenerator, StyleGeneratorOptions
from masquerade.networks.features.style_space import StyleSpace
from masquerade.networks.features.wgan_generator import WGANGeneratorOptions
from masquerade.training.crafter.wgan_gp import WGANSettings, train_wgan

TINY = StyleGeneratorOptions(latents=6, side=16, width=4, mapping=2)


def tiny() -> StyleGenerator:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return StyleGenerator(TINY).eval()


def test_a_latent_has_one_image_whatever_stands_beside_it() -> None:
    generator = tiny().requires_grad_(False)
    latents = torch.randn(5, 6, generator=torch.Generator().manual_seed(1))
    images = generator(latents)
    assert images.shape == (5, *generator.image_shape)
    assert float(images.min()) >= 0
    assert float(images.max()) <= 1
    assert torch.allclose(generator(latents[2:3]), images[2:3], atol=1e-5)
    assert not torch.allclose(images[0], images[1], atol=1e-3)
    assert torch.allclose(frozen(generator)(latents), images, atol=1e-5)


def test_scaled_maps_are_the_same_as_scaled_weights() -> None:
    with torch.random.fork_rng():
        torch.manual_seed(2)
        layer, maps, styles = Modulated(3, 4, 3, 5), torch.randn(1, 3, 6, 6), torch.randn(1, 5)
    scales = styles @ layer.scales.T / 5**0.5 + layer.middles
    weight = layer.weight * scales[0][None, :, None, None]
    weight = weight / weight.flatten(1).norm(dim=1)[:, None, None, None]
    assert torch.allclose(layer(maps, styles), torch.conv2d(maps, weight, padding=1), atol=1e-5)


def test_other_latents_have_other_styles() -> None:
    """Four layers at torch's own first weights leave a thousandth of the variance, and all faces alike."""
    with torch.random.fork_rng():
        torch.manual_seed(3)
        mapping = StyleGenerator(StyleGeneratorOptions(latents=64, side=8, width=2)).mapping
    with torch.no_grad():
        styles = mapping(torch.randn(500, 64, generator=torch.Generator().manual_seed(4)))
    assert float(styles.var(0).mean()) > 0.3


def test_the_styles_of_a_face_are_a_latent_of_the_style_space() -> None:
    generator = tiny().requires_grad_(False)
    space = StyleSpace(generator)
    blocks = len(generator.blocks)
    assert space.latents == blocks * 6
    face = torch.randn(1, 6, generator=torch.Generator().manual_seed(5))
    own = (generator.styles(face) - space.mean) / space.deviation
    assert torch.allclose(space(own.repeat(1, blocks)), generator(face), atol=1e-5)
    mean = generator.image([space.mean[None]] * blocks)
    assert torch.allclose(space(torch.zeros(1, space.latents)), mean, atol=1e-5)
    mixed = own.repeat(1, blocks)
    mixed[:, :6] = 0
    assert not torch.allclose(space(mixed), generator(face), atol=1e-3)


def test_latents_of_another_length_are_named() -> None:
    for network in (tiny(), StyleSpace(tiny())):
        with pytest.raises(UsageError, match="another length"):
            network(torch.zeros(2, 5))


def test_options_find_their_generator() -> None:
    for options in (TINY, WGANGeneratorOptions(latents=3, side=16, width=2)):
        assert type(build_generator(options)) in EVERY_GENERATOR
        assert build_generator(options).options == options


def test_it_is_trained_written_and_read_again(tmp_path: Path) -> None:
    photos = torch.randint(0, 256, (64, 3, 16, 16), generator=torch.Generator().manual_seed(0)).byte()
    settings = WGANSettings(generator=TINY, critic_width=4, steps=2, batch_size=8, critic_steps=1)
    generator = train_wgan(photos, settings, 0).generator.requires_grad_(False)
    faces = FaceGenerator(generator)
    file = tmp_path / "style.safetensors"
    file.write_bytes(face_generator_bytes(faces, FaceGeneratorCard(name="style", generator=TINY)))
    found = open_generator(file)
    assert found.latents == 6
    latents = torch.randn(3, 6)
    assert torch.allclose(found.network(latents), generator(latents), atol=2e-2)
