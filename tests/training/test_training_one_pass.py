"""The generator of one-pass cloaks: its look at a MaskNet, its training, its files."""

import json
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor
from torch.nn import functional

from cloak_examples import smooth_photos
from masquerade.attacks.cloaks.purification import jpeg
from masquerade.encoders.recogniser import Recogniser
from masquerade.errors import ModelError, TrainingDiverged, UsageError
from masquerade.masknets.generator import TrainedGenerator
from masquerade.masknets.generator_file import (
    KIND,
    SHIPPED,
    CloakGeneratorCard,
    generator_bytes,
    open_cloak_generator,
    read_generator,
)
from masquerade.masknets.untrained import UntrainedSource
from masquerade.networks.cloaks.augmentations import HANDLINGS, handled
from masquerade.networks.cloaks.cloak_generator import CloakGenerator, CloakGeneratorOptions
from masquerade.networks.cloaks.masknet import MaskNet, structure
from masquerade.networks.cloaks.masknet_adjoint import adjoint, traced, unit_directions
from masquerade.networks.cloaks.soft_jpeg import soft_jpeg
from masquerade.training.hyperobf.one_pass import moved, train_one_pass
from masquerade.training.hyperobf.one_pass_measures import measure
from masquerade.training.hyperobf.one_pass_settings import OnePassSettings
from masquerade.zoo import find_network

SIDE = 32
SOURCE = UntrainedSource(structure("masknet-1", SIDE))
SMALL = CloakGeneratorOptions(rounds=2, width=4)
BRIEF = OnePassSettings(generator=SMALL, steps=3, batch_size=4)


def faces(n: int = 8, side: int = SIDE, seed: int = 3) -> Tensor:
    return smooth_photos(n, side, seed)


def numbers(seed: int = 0) -> Tensor:
    return torch.randn(256, generator=torch.Generator().manual_seed(seed))


def masknet(seed: int = 0) -> MaskNet:
    return SOURCE.draw(numbers(seed))


@pytest.mark.parametrize("size", [32, 36])
@pytest.mark.parametrize("name", ["masknet-1", "masknet-2", "masknet-3"])
def test_the_adjoint_is_the_gradient(name: str, size: int) -> None:
    net = UntrainedSource(structure(name, size)).draw(numbers())
    images = faces(3, size).float().requires_grad_()
    directions = torch.randn(3, net.structure.features, generator=torch.Generator().manual_seed(1))
    (expected,) = torch.autograd.grad((net(images) * directions).sum(), images)
    way = traced(net, images.detach())
    torch.testing.assert_close(way.features, net(images.detach()))
    torch.testing.assert_close(adjoint(net, way, directions), expected, rtol=1e-4, atol=1e-7)


def test_unit_directions_are_those_of_the_normalised_features() -> None:
    features = torch.randn(4, 9, generator=torch.Generator().manual_seed(0), requires_grad=True)
    wanted = torch.randn(9, generator=torch.Generator().manual_seed(1))
    (expected,) = torch.autograd.grad((functional.normalize(features) * wanted).sum(), features)
    torch.testing.assert_close(unit_directions(features.detach(), wanted), expected)


def test_perturbations_keep_to_the_bound_and_the_shape() -> None:
    network = CloakGenerator(SMALL)
    torch.nn.init.normal_(network.rounds[0].leave.weight)  # loud, as after a training gone wrong
    for bound in (4.0, 15.0):
        change = network(faces().float(), masknet(), numbers(), bound)
        assert change.shape == (8, 3, SIDE, SIDE)
        assert bound / 2 < change.abs().max() <= bound


def test_photos_of_another_size_are_refused() -> None:
    with pytest.raises(UsageError, match="another size"):
        CloakGenerator(SMALL)(faces(side=48).float(), masknet(), numbers(), 15.0)
    net = UntrainedSource(structure("masknet-1", 34)).draw(numbers())
    with pytest.raises(UsageError, match="multiple of 4"):
        CloakGenerator(SMALL)(faces(side=34).float(), net, numbers(), 15.0)


def test_even_an_untrained_generator_depends_on_photo_and_key() -> None:
    found = measure(TrainedGenerator("new", CloakGenerator(CloakGeneratorOptions())), SOURCE, faces(), 15.0)
    assert found.distance > 3 * found.wrong_key
    assert abs(found.over_photos) < 0.5
    assert abs(found.over_keys) < 0.2
    with pytest.raises(UsageError, match="two users"):
        measure(TrainedGenerator("new", CloakGenerator(SMALL)), SOURCE, faces(1), 15.0)


def test_training_raises_the_distance() -> None:
    settings = OnePassSettings(
        generator=CloakGeneratorOptions(rounds=1, width=4),
        steps=40,
        batch_size=4,
        learning_rate=0.03,
        dssim=0.5,
    )
    new, trained = (
        TrainedGenerator("g", train_one_pass(faces(16), SOURCE, settings.model_copy(update=change), seed=1))
        for change in ({"steps": 1, "learning_rate": 1e-9}, {})
    )
    before, after = (measure(each, SOURCE, faces(seed=9), 15.0).distance for each in (new, trained))
    assert after > 1.2 * before


def test_training_pays_for_dissimilarity() -> None:
    pale = (faces(seed=9) / 8 + 100).to(torch.uint8)  # the less contrast, the more a change is seen
    freely, dearly = (
        train_one_pass(
            pale,
            SOURCE,
            OnePassSettings(generator=SMALL, steps=25, batch_size=4, learning_rate=0.03, dssim=dssim),
            seed=1,
        )
        for dssim in (0.5, 0.0)
    )
    loud, quiet = (
        measure(TrainedGenerator("g", network), SOURCE, pale, 15.0) for network in (freely, dearly)
    )
    assert quiet.similarity > loud.similarity + 0.02
    assert quiet.distance < loud.distance


def test_the_same_seed_gives_the_same_weights_stopped_or_not(tmp_path: Path) -> None:
    whole = train_one_pass(faces(), SOURCE, BRIEF, seed=5)
    kept = tmp_path / "state"

    class Stop(Exception):
        pass

    def stop(step: int, *_: object) -> None:
        if step == 2:
            raise Stop

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("masquerade.training.hyperobf.one_pass._CHECKPOINT_SECONDS", 0.0)
        with pytest.raises(Stop):
            train_one_pass(faces(), SOURCE, BRIEF, seed=5, told=stop, checkpoint=kept)
    steps: list[int] = []
    resumed = train_one_pass(
        faces(), SOURCE, BRIEF, seed=5, told=lambda step, *_: steps.append(step), checkpoint=kept
    )
    assert steps == [2, 3]
    other = train_one_pass(faces(), SOURCE, BRIEF, seed=6)
    for name, tensor in whole.state_dict().items():
        assert torch.equal(tensor, resumed.state_dict()[name])
    assert not torch.equal(whole.rounds[0].enter.weight, other.rounds[0].enter.weight)
    with pytest.raises(UsageError, match="another training"):
        train_one_pass(faces(), SOURCE, BRIEF, seed=6, checkpoint=kept)


def test_training_goes_on_from_weights(tmp_path: Path) -> None:
    begun = train_one_pass(faces(), SOURCE, BRIEF, seed=5)
    kept = {name: tensor.clone() for name, tensor in begun.state_dict().items()}
    still = BRIEF.model_copy(update={"steps": 1, "learning_rate": 1e-9})
    more = train_one_pass(faces(), SOURCE, still, seed=6, start=begun, checkpoint=tmp_path / "state")
    for name, tensor in begun.state_dict().items():
        assert torch.equal(tensor, kept[name])
        torch.testing.assert_close(more.state_dict()[name], tensor, atol=1e-6, rtol=0)
    with pytest.raises(UsageError, match="another training"):
        train_one_pass(faces(), SOURCE, still, seed=6, checkpoint=tmp_path / "state")
    wider = CloakGenerator(CloakGeneratorOptions(rounds=2, width=5))
    with pytest.raises(UsageError, match="other sizes"):
        train_one_pass(faces(), SOURCE, BRIEF, seed=6, start=wider)


class Blurry(Recogniser):
    """Means over squares, centred: stands in for a recogniser."""

    def __init__(self, *, differentiable: bool = True) -> None:
        super().__init__("blurry", SIDE, 48, "ab" * 32, differentiable=differentiable)

    def vectors(self, images: Tensor) -> Tensor:
        means = functional.avg_pool2d(images, SIDE // 4).flatten(1)
        return means - means.mean(1, keepdim=True)


def test_training_against_a_recogniser_moves_its_vectors() -> None:
    settings = OnePassSettings(
        generator=SMALL,
        steps=40,
        batch_size=4,
        learning_rate=0.03,
        dssim=0.5,
        masknet_weight=0,
        recogniser_weight=10,
    )
    without = settings.model_copy(update={"masknet_weight": 1.0, "recogniser_weight": 0.0})
    felt = train_one_pass(faces(), SOURCE, settings, seed=1, recognisers=[Blurry()])
    plain = train_one_pass(faces(), SOURCE, without, seed=1)
    photos, net = faces(seed=9).float(), masknet()
    away = []
    for network in (felt, plain):
        change = TrainedGenerator("g", network).perturbation(photos, net, numbers(), 15.0)
        away.append(1 - (Blurry().embed(photos + change) * Blurry().embed(photos)).sum(1).mean())
    assert away[0] > 2 * away[1]


@pytest.mark.parametrize("recognisers", [(), (Blurry(differentiable=False),)])
def test_recognisers_without_gradients_are_refused(recognisers: tuple[Recogniser, ...]) -> None:
    settings = BRIEF.model_copy(update={"recogniser_weight": 1.0})
    with pytest.raises(UsageError, match="recognisers with gradients"):
        train_one_pass(faces(), SOURCE, settings, seed=1, recognisers=recognisers)


def test_settings_that_cannot_be_used_are_named() -> None:
    for wrong in ({"steps": 0}, {"colour": 1}, {"masknet_weight": 0}):
        with pytest.raises(UsageError, match="setting of a one-pass cloak"):
            OnePassSettings.read(wrong)
    with pytest.raises(UsageError, match="no photos"):
        train_one_pass(faces()[:0], SOURCE, BRIEF, seed=1)
    with pytest.raises(TrainingDiverged, match="diverged"):
        train_one_pass(faces(), SOURCE, BRIEF.model_copy(update={"masknet_weight": float("inf")}), seed=1)


def test_moved_is_nothing_for_the_photos_themselves() -> None:
    assert moved(masknet(), faces().float(), faces().float()).max() < 1e-5


def card(network: CloakGenerator, **facts: object) -> CloakGeneratorCard:
    return CloakGeneratorCard.model_validate(
        {"name": "tiny", "options": network.options, "source": SOURCE.name, "source_digest": SOURCE.digest}
        | facts
    )


def test_a_file_gives_the_generator_back(tmp_path: Path) -> None:
    network = train_one_pass(faces(), SOURCE, BRIEF, seed=5)
    path = tmp_path / "tiny.safetensors"
    path.write_bytes(generator_bytes(network, card(network, stored="float32")))
    found = open_cloak_generator(path)
    assert found == TrainedGenerator("tiny", network)
    assert found.describe() == {"name": "tiny", "digest": found.digest}
    path.write_bytes(generator_bytes(network, card(network)))
    halved = open_cloak_generator(path)
    assert halved != found
    photos = faces().float()
    one, other = (each.perturbation(photos, masknet(), numbers(), 15.0) for each in (found, halved))
    assert (one - other).abs().mean() < 0.1


def test_files_that_cannot_be_trusted_are_refused(tmp_path: Path) -> None:
    network = CloakGenerator(SMALL)
    good = generator_bytes(network, card(network))
    path = tmp_path / "g.safetensors"
    for damaged in (
        b"",
        good[:200],
        good[:-10],
        good.replace(b'"version\\":1', b'"version\\":9'),
        b"\0" * 999,
    ):
        assert damaged != good
        path.write_bytes(damaged)
        with pytest.raises(ModelError):
            read_generator(path)
    path.write_bytes(good)
    tensors = load_file(path)
    text = card(network).model_dump_json()
    for wrong in (
        json.dumps(json.loads(text) | {"options": {"rounds": 3, "width": 4}}),
        json.dumps(json.loads(text) | {"options": {"rounds": 2, "width": 10**6}}),
        json.dumps(json.loads(text) | {"stored": "float32"}),
        json.dumps(json.loads(text) | {"more": 1}),
        "[" * 5000,
    ):
        save_file(tensors, path, metadata={KIND: wrong})
        with pytest.raises(ModelError):
            read_generator(path)
    save_file(tensors | {"rounds.0.gain": torch.tensor(float("nan")).half()}, path, metadata={KIND: text})
    with pytest.raises(ModelError, match="not finite"):
        read_generator(path)


def test_names_of_no_generator_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no such generator"):
        open_cloak_generator(tmp_path / "nothing")
    with pytest.raises(UsageError, match="not one that comes with"):
        find_network("cloak generator", "mine", "00" * 32)
    network = CloakGenerator(SMALL)
    with pytest.raises(ModelError, match="another generator"):
        generator_bytes(network, card(network, options=CloakGeneratorOptions(rounds=3, width=4)))
    network.rounds[0].gain.data.fill_(1e6)
    with pytest.raises(ModelError, match="not finite"):
        generator_bytes(network, card(network))


def test_soft_jpeg_is_nearly_jpeg_and_has_gradients() -> None:
    photos = faces(4, 48).float()
    for quality in (50, 75, 95):
        apart = (soft_jpeg(photos, quality) - jpeg(photos, quality)).abs().mean()
        assert apart < 0.35 * (jpeg(photos, 20) - photos).abs().mean() + 0.6
    noisy = (
        photos + 20 * torch.randn(photos.shape, generator=torch.Generator().manual_seed(0))
    ).requires_grad_()
    found = soft_jpeg(noisy, 50)
    assert (found - noisy).abs().mean() > 5  # it takes noise away
    found.square().sum().backward()
    assert noisy.grad is not None
    assert noisy.grad.abs().sum() > 0


def test_handlings_keep_shape_and_brightness_and_take_turns() -> None:
    photos = faces(2, 50).float().requires_grad_()
    for turn in range(len(HANDLINGS)):
        found = handled(photos, turn)
        assert found.shape == photos.shape
        assert (found.mean() - photos.mean()).abs() < 3
        assert torch.equal(found, handled(photos, turn + len(HANDLINGS)))
        (slope,) = torch.autograd.grad(found.sum(), photos)
        assert slope.isfinite().all()


@pytest.mark.parametrize("name", SHIPPED)
def test_the_shipped_generators_are_small_and_have_not_collapsed(name: str) -> None:
    found = find_network("cloak generator", name, open_cloak_generator(name).digest)
    assert sum(tensor.numel() for tensor in found.network.state_dict().values()) < 10**6
    reached = measure(found, UntrainedSource(structure("masknet-1")), faces(6, 112), 15.0, users=2)
    assert reached.over_photos < 0.7
    assert reached.distance > 1.2 * reached.wrong_key
    with pytest.raises(ModelError, match="another generator"):
        find_network("cloak generator", name, "00" * 32)
