"""The amortised crafter: its network, its training, its files and its disguise."""

from pathlib import Path

import pytest
import torch
from pydantic import ValidationError
from torch import Tensor

from crafter_disguise_examples import SETTINGS as REFINING
from crafter_disguise_examples import tiny_crafter, tiny_faces, tiny_split
from crafting_examples import LATENTS, tiny_networks
from masquerade.cli.app import run
from masquerade.crafting.feature_crafter_file import FeatureCrafterCard, feature_crafter_bytes
from masquerade.crafting.prior_faces import PriorFaces
from masquerade.crafting.reconstruction import LatentDecoder
from masquerade.crafting.shipped import open_feature_crafter
from masquerade.crafting.trained import TrainedSplit
from masquerade.disguises import AmortisedCrafter
from masquerade.errors import ModelError, UsageError
from masquerade.keys import Key
from masquerade.networks.features.feature_crafter import FeatureCrafter, FeatureCrafterOptions
from masquerade.networks.features.feature_decoder import FeatureDecoder, FeatureDecoderOptions
from masquerade.training.crafter.amortised_crafter import (
    AmortisedCrafterSettings,
    AmortisedCrafterTrainer,
    train_amortised_crafter,
)
from masquerade.training.crafter.attributed_photos import weights_digest
from masquerade.training.resumable import Upkeep

KEY = Key.from_secret(bytes(range(32)))
PHOTOS = torch.randint(0, 256, (24, 3, 16, 16), generator=torch.Generator().manual_seed(2), dtype=torch.uint8)
SETTINGS = AmortisedCrafterSettings.model_validate(
    {"width": 8, "blocks": 1, "steps": 3, "batch_size": 8, "learning_rate": 1e-2, "pool": 8, "choices": 2}
)


def rebuild() -> LatentDecoder:
    generator, split = tiny_networks()
    return LatentDecoder(generator.float(), split.float(), LATENTS)


def decoder() -> FeatureDecoder:
    with torch.random.fork_rng():
        torch.manual_seed(5)
        sizes = FeatureDecoderOptions(features=rebuild().feature_shape, side=16, width=4, entry="convolution")
        return FeatureDecoder(sizes).eval()


def features(count: int = 24) -> Tensor:
    with torch.no_grad():
        return rebuild().encode(PHOTOS[:count].float() / 255)


def trainer(settings: AmortisedCrafterSettings = SETTINGS) -> AmortisedCrafterTrainer:
    return AmortisedCrafterTrainer(PHOTOS, rebuild(), decoder(), settings, 0)


def trained(settings: AmortisedCrafterSettings = SETTINGS, upkeep: Upkeep | None = None) -> FeatureCrafter:
    return train_amortised_crafter(PHOTOS, rebuild(), decoder(), settings, 0, "tiny", upkeep)


def crafter() -> FeatureCrafter:
    return tiny_crafter().network


def test_before_training_features_are_mixed_with_the_faces_by_beta() -> None:
    given = features(3)
    network = FeatureCrafter(FeatureCrafterOptions(features=rebuild().feature_shape))
    found = network(given, given.flip(0), torch.tensor([1.0, 3.0, 1e6]))
    assert torch.allclose(found[0], (given[0] + given[2]) / 2, atol=1e-5)
    assert torch.allclose(found[1], given[1], atol=1e-5)
    assert torch.allclose(found[2], given[2], atol=1e-4)


def test_faces_and_beta_decide_and_other_photos_do_not() -> None:
    given, network = features(4), crafter()
    faces, beta = features(8)[4:], torch.ones(4)
    found = network(given, faces, beta)
    assert torch.allclose(network(given[2:3], faces[2:3], beta[:1]), found[2:3], atol=1e-5)
    assert not torch.allclose(network(given, faces.flip(0), beta), found, atol=1e-2)
    assert not torch.allclose(network(given, faces, 4 * beta), found, atol=1e-2)


def test_other_shapes_are_named() -> None:
    given = features(1)
    for pair in ((given[:, 1:], given), (given, given[:, 1:])):
        with pytest.raises(UsageError, match="features of another shape"):
            crafter()(*pair, torch.ones(1))


def test_the_nearest_of_those_that_come_first_is_a_photos_own() -> None:
    prior = PriorFaces(rebuild(), torch.randn(6, LATENTS, generator=torch.Generator().manual_seed(3)))
    given, order = prior.features[[4, 1]], torch.tensor([[5.0, 4, 3, 2, 1, 0], [0, 1, 2, 3, 4, 5]])
    assert prior.nearest(given, order, 2).tolist() == [4, 1]
    assert prior.nearest(given, order, 1).tolist() == [5, 0]
    with pytest.raises(UsageError, match="not a pool"):
        PriorFaces(rebuild(), torch.zeros(0, LATENTS))


def test_stopped_and_resumed_gives_the_same_bits(tmp_path: Path) -> None:
    def stop(step: int, total: int, loss: float) -> None:
        del total, loss
        if step == 2:
            raise KeyboardInterrupt

    checkpoint, whole = tmp_path / "checkpoint", trained()
    with pytest.raises(KeyboardInterrupt):
        trained(upkeep=Upkeep(checkpoint, stop, seconds=0))
    again = trained(upkeep=Upkeep(checkpoint, seconds=0))
    for name, tensor in whole.state_dict().items():
        assert torch.equal(tensor, again.state_dict()[name]), name
    assert not whole.leave.weight.eq(0).all()
    with pytest.raises(UsageError, match="another"):
        trained(SETTINGS.model_copy(update={"choices": 3}), Upkeep(checkpoint))


def test_the_decoder_learns_crafted_features_and_the_first_one_is_left_alone() -> None:
    first = decoder()
    before = weights_digest(first)
    settings = SETTINGS.model_copy(update={"decoder_steps": 4, "decoder_learning_rate": 1e-2})
    learning = AmortisedCrafterTrainer(PHOTOS, rebuild(), first, settings, 0)

    def error() -> float:
        with torch.no_grad():
            return float((learning.decoder.eval()(features()) - PHOTOS / 255).square().mean())

    began = error()
    for step in range(20):
        learning.take(step)
    assert error() < 0.95 * began
    assert weights_digest(first) == before


def _change(beta: float, privacy: float = 2000.0) -> tuple[float, float]:
    """How far training moves features, and how far from the face a still decoder then is, over how far it was."""
    changed = {"least_beta": beta, "most_beta": beta, "decoder_learning_rate": 1e-12, "choices": 1, "pool": 1}
    learning = trainer(SETTINGS.model_copy(update={**changed, "privacy_scale": privacy}))
    prior = learning._prior
    given, faces = features(), prior.features.expand(24, -1, -1, -1)

    for step in range(25):
        learning.take(step)
    with torch.no_grad():
        crafted = learning.crafter(given, faces, torch.full((24,), beta))
        now, before = (
            (learning.decoder.eval()(some) - prior.images).square().mean() for some in (crafted, given)
        )
    return float((crafted - given).square().mean()), float(now / before)


def test_a_decoder_that_stands_still_is_drawn_to_the_face_and_beta_holds_back() -> None:
    moved, share = _change(1e-3)
    held, kept = _change(1000.0)
    assert share < 0.99
    assert share < kept
    assert held < 0.5 * moved


def test_photos_that_do_not_fit_are_named() -> None:
    for wrong in (PHOTOS.float(), PHOTOS[:, :2], PHOTOS[:0]):
        with pytest.raises(UsageError, match="do not fit"):
            train_amortised_crafter(wrong, rebuild(), decoder(), SETTINGS, 0, "tiny")
    sizes = FeatureDecoderOptions(features=(2, 4, 4), side=16, width=4)
    with pytest.raises(UsageError, match="decoder is not"):
        train_amortised_crafter(PHOTOS, rebuild(), FeatureDecoder(sizes), SETTINGS, 0, "tiny")
    with pytest.raises(ValidationError, match="below least_beta"):
        AmortisedCrafterSettings(least_beta=2.0, most_beta=1.0)
    with pytest.raises(ValidationError, match="of a pool of 4"):
        AmortisedCrafterSettings(pool=4, choices=5)


def disguise(**change: object) -> AmortisedCrafter:
    given = {"pool": 8, "choices": 2, **change}
    return AmortisedCrafter(tiny_split(), tiny_faces(), tiny_crafter(), **given)  # type: ignore[arg-type]


def test_another_query_draws_other_faces_and_the_same_one_does_not() -> None:
    keyed = disguise(choices=1).with_key(KEY, (3, 16, 16))
    assert torch.equal(keyed.again(PHOTOS, 0), keyed(PHOTOS))
    assert not torch.allclose(keyed.again(PHOTOS, 1), keyed(PHOTOS))


def test_refining_goes_on_from_the_pass() -> None:
    once, little = (
        disguise(refine=refine, settings=REFINING.model_copy(update={"learning_rate": 1e-6})).keyed(
            KEY, (3, 16, 16)
        )(PHOTOS[:4])
        for refine in (0, 1)
    )
    assert torch.allclose(once, little, atol=1e-4)
    assert not torch.equal(once, little)


def test_wrong_parameters_are_named() -> None:
    with pytest.raises(UsageError, match=r"beta that the amortised crafter.*0\.5 to 4"):
        disguise(beta=9.0)
    with pytest.raises(UsageError, match="faces to choose from"):
        disguise(choices=9)
    with pytest.raises(UsageError, match="not an amortised crafter"):
        AmortisedCrafter(tiny_split(), tiny_faces(), tiny_split())  # type: ignore[arg-type]


@pytest.mark.parametrize("options", [["--amortised", "--iterations", "3"], ["--refine", "3"]])
def test_numbers_of_the_other_way_are_refused(options: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["craft", "photos", "-o", "out", "--key", "owner.key", *options]) == 1
    assert "--amortised" in capsys.readouterr().err


def written(path: Path, network: FeatureCrafter, split: TrainedSplit, **change: object) -> Path:
    card = FeatureCrafterCard.model_validate(
        {
            "name": "tiny-crafter",
            "stored": "float32",
            "crafter": network.options,
            "least_beta": 0.5,
            "most_beta": 4.0,
            "generator_digest": "0" * 64,
            "encoder_digest": split.digest,
            **change,
        }
    )
    path.write_bytes(feature_crafter_bytes(network, card))
    return path


def test_a_file_gives_the_crafter_back(tmp_path: Path) -> None:
    split, network = tiny_split(), crafter()
    found = open_feature_crafter(written(tmp_path / "a", network, split), split)
    again = open_feature_crafter(written(tmp_path / "b", network, split), split)
    assert found == again
    assert found.betas == (0.5, 4.0)
    assert found.describe() == {"name": "tiny-crafter", "digest": found.digest}
    given, faces = features(4)[:2], features(4)[2:]
    assert torch.equal(found.network(given, faces, torch.ones(2)), network(given, faces, torch.ones(2)))


def test_files_that_do_not_fit_are_named(tmp_path: Path) -> None:
    split, network = tiny_split(), crafter()
    with pytest.raises(ModelError, match="belongs to another encoder"):
        open_feature_crafter(written(tmp_path / "a", network, split, encoder_digest="f" * 64), split)
    with pytest.raises(
        UsageError,
        match=r"no such amortised crafter.*Name a file that masquerade wrote, or one of crafter-1\.",
    ):
        open_feature_crafter(tmp_path / "none", split)
    with pytest.raises(ModelError, match="card is of another"):
        written(tmp_path / "b", network, split, crafter=FeatureCrafterOptions(features=(1, 2, 2)))
