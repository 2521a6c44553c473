"""Small people, MaskNets and settings for the tests of HyperObf's trainings."""

import torch
from torch import Generator, Tensor

from masquerade.data.image_set import ImageSet
from masquerade.networks.cloaks.hypernet import HyperNetOptions
from masquerade.networks.cloaks.masknet import MaskNet, structure
from masquerade.training.hyperobf.loss import (
    fresh_scales,
)
from masquerade.training.hyperobf.measuring import People
from masquerade.training.hyperobf.people import provider_people
from masquerade.training.hyperobf.photo_changes import PhotoChanges
from masquerade.training.hyperobf.settings import (
    EarlyStopping,
    Fit,
    HyperObfSettings,
    SeparateSettings,
)
from masquerade.training.views import ViewSettings

SIZE = 16
STILL = PhotoChanges(view=ViewSettings(smallest_crop=1, aspect=1, flip=0, jitter=0, grey=0, blur=0), turn=0)
FIT = Fit(epochs=4, batch_size=8, learning_rate=3e-3, changes=STILL, precision="float32")
SETTINGS = HyperObfSettings(
    hypernet=HyperNetOptions(size=SIZE, mixer=16, code=8, hidden=8, rank=2, gain_rank=1),
    nets=2,
    generator_rate=3e-3,
    fit=FIT,
    stopping=EarlyStopping(every=2, nets=3, patience=0),
)
SEPARATE = SeparateSettings(size=SIZE, fit=FIT, every=2)


def random(seed: int = 0) -> Generator:
    return Generator().manual_seed(seed)


def images(n: int, seed: int = 5) -> Tensor:
    coarse = torch.rand(n, 3, 4, 4, generator=random(seed)) * 255
    return torch.nn.functional.interpolate(coarse, (SIZE, SIZE), mode="bilinear").byte()


def people(count: int = 4, photos: int = 6) -> People:
    """People whose photos are one picture with noise of its own on each."""
    faces = images(count).float().repeat_interleave(photos, 0)
    noisy = (faces + 20 * torch.randn(faces.shape, generator=random(1))).clamp(0, 255).byte()
    labels = torch.arange(count).repeat_interleave(photos)
    return provider_people(ImageSet(noisy, labels, tuple("abcdefgh"[:count])), 0.3, 0)


def longer(epochs: int, **changes: object) -> HyperObfSettings:
    fit = FIT.model_copy(update={"epochs": epochs})
    return SETTINGS.model_copy(update={"fit": fit, **changes})


def masknets(count: int, seed: int = 0) -> list[MaskNet]:
    sizes = structure("masknet-2", SIZE)
    scales, chance = fresh_scales(sizes), random(seed)
    return [
        MaskNet(sizes, {n: scales[n] * torch.randn(s, generator=chance) for n, s in sizes.shapes().items()})
        for _ in range(count)
    ]
