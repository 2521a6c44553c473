"""Files of generators, split networks and amortisers: what goes in comes out, and nothing else gets in."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from masquerade.crafting.amortiser_file import AmortiserCard, amortiser_bytes, read_amortiser
from masquerade.crafting.generator_file import (
    KIND,
    FaceGenerator,
    FaceGeneratorCard,
    face_generator_bytes,
    read_face_generator,
)
from masquerade.crafting.split_file import SplitCard, read_split, split_bytes, split_digest
from masquerade.crafting.trained import TrainedSplit
from masquerade.errors import ModelError
from masquerade.files.network_file import read_network_card
from masquerade.files.tensors import digest_of
from masquerade.networks.features.amortiser import Amortiser, AmortiserOptions
from masquerade.networks.features.channel_pruner import PrunerOptions
from masquerade.networks.features.critic import Critic, CriticOptions
from masquerade.networks.features.split import SplitOptions
from masquerade.networks.features.split_registry import build_split
from masquerade.networks.features.wgan_generator import WGANGenerator, WGANGeneratorOptions

OPTIONS = WGANGeneratorOptions(latents=4, side=8, start=4, width=2)
CRITIC = CriticOptions(side=8, width=2)


def faces(seed: int = 0) -> FaceGenerator:
    torch.manual_seed(seed)
    return FaceGenerator(WGANGenerator(OPTIONS), Critic(CRITIC)).eval()


def card(**facts: object) -> FaceGeneratorCard:
    fields = {"name": "tiny", "generator": OPTIONS, "critic": CRITIC, "stored": "float32"}
    return FaceGeneratorCard.model_validate({**fields, **facts})


@pytest.fixture
def path(tmp_path: Path) -> Path:
    (tmp_path / "faces").write_bytes(face_generator_bytes(faces(), card()))
    return tmp_path / "faces"


def test_a_generator_comes_back_as_it_was(path: Path) -> None:
    before, latents = torch.random.get_rng_state(), torch.randn(3, 4)
    torch.random.set_rng_state(before)
    read, found = read_face_generator(path)
    assert torch.equal(torch.random.get_rng_state(), before)
    assert found == card()
    assert read.digest == faces().digest != faces(1).digest
    assert torch.equal(read(latents), faces()(latents))
    assert read.critic is not None
    assert not read.training
    assert not any(p.requires_grad for p in read.parameters())


def test_half_the_bytes_without_a_critic(tmp_path: Path) -> None:
    small = FaceGenerator(faces().generator)
    (tmp_path / "small").write_bytes(face_generator_bytes(small, card(critic=None, stored="float16")))
    read, _ = read_face_generator(tmp_path / "small")
    assert read.critic is None
    latents = torch.randn(3, 4)
    assert 0 < (read(latents) - faces()(latents)).abs().max() < 0.01


def test_foreign_cards_and_weights_that_are_no_numbers_are_not_written() -> None:
    with pytest.raises(ModelError, match="another generator"):
        face_generator_bytes(faces(), card(critic=None))
    broken = faces()
    broken.generator.enter[0].weight.data[0] = 1e6
    with pytest.raises(ModelError, match=r"enter\.0\.weight as float16"):
        face_generator_bytes(broken, card(stored="float16"))


def rewrite(path: Path, tensors: dict[str, Tensor], text: str | None = None, kind: str = KIND) -> None:
    plain = read_network_card(path, KIND, FaceGeneratorCard).model_dump_json() if text is None else text
    save_file(tensors, path, metadata={kind: plain})


NORM = "generator.enter.1.running_var"
DAMAGE: dict[str, Callable[[dict[str, Tensor]], object]] = {
    "left over": lambda tensors: tensors.update(hidden=torch.zeros(100)),
    "missing": lambda tensors: tensors.pop("generator.enter.0.weight"),
    "not finite": lambda tensors: tensors.update({NORM: tensors[NORM] / 0}),
    "has shape": lambda tensors: tensors.update({NORM: torch.zeros(9)}),
    "expected torch.float32": lambda tensors: tensors.update({NORM: tensors[NORM].half()}),
    "variance is negative": lambda tensors: tensors.update({NORM: -tensors[NORM]}),
}


@pytest.mark.parametrize("words", DAMAGE)
def test_files_unlike_their_card_are_refused(path: Path, words: str) -> None:
    tensors = load_file(path)
    DAMAGE[words](tensors)
    rewrite(path, tensors)
    with pytest.raises(ModelError, match=words):
        read_face_generator(path)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"version": 2}, "newer or unknown version"),
        ({"owner": "x"}, "malformed"),
        ({"name": "two\nlines"}, "malformed"),
        ({"generator": {**OPTIONS.model_dump(), "side": 12}}, "no network that can be built"),
        ({"generator": {**OPTIONS.model_dump(), "width": 4}}, "has shape"),
        ({"critic": None}, "missing or left over"),
        ({"generator": {"latents": 8192, "side": 512, "start": 4, "width": 512}}, "more numbers"),
    ],
)
def test_cards_that_make_no_sense_are_refused(path: Path, change: dict[str, object], words: str) -> None:
    plain = read_network_card(path, KIND, FaceGeneratorCard).model_dump(mode="json")
    rewrite(path, load_file(path), json.dumps({**plain, **change}))
    with pytest.raises(ModelError, match=words):
        read_face_generator(path)


def test_other_files_are_refused(path: Path) -> None:
    rewrite(path, load_file(path), "{}", "masquerade.encoder")
    with pytest.raises(ModelError, match="is an encoder, not a face generator"):
        read_face_generator(path)
    for content in (b"", b"no tensors here"):
        path.write_bytes(content)
        with pytest.raises(ModelError, match="damaged or foreign"):
            read_face_generator(path)
    with pytest.raises(ModelError, match="cannot be read"):
        read_face_generator(path.parent / "none")


@pytest.mark.parametrize("architecture", ["resnet18", "vgg16"])
def test_a_split_network_comes_back_as_it_was(tmp_path: Path, architecture: str) -> None:
    options = SplitOptions(architecture=architecture, side=16, width=2, attributes=3)
    torch.manual_seed(0)
    network = build_split(options).eval()
    facts = SplitCard(name="tiny", network=options, stored="float32", attributes=("a", "b", "c"))
    (tmp_path / "split").write_bytes(split_bytes(network, facts))
    read, found = read_split(tmp_path / "split")
    photos = torch.rand(2, 3, 16, 16)
    assert torch.equal(read(photos), network(photos))
    assert found == facts
    assert split_digest(read) == split_digest(network)
    with pytest.raises(ModelError, match="another network"):
        split_bytes(network, facts.model_copy(update={"attributes": ("a",)}))
    network.f[-1].weight.data += 1  # type: ignore[index]
    assert split_digest(read) == split_digest(network)  # the cloud's half does not change features
    next(network.enc.parameters()).data += 1
    assert split_digest(read) != split_digest(network)


def test_options_that_are_none_are_no_part_of_a_digest() -> None:
    options = SplitOptions(side=16, width=2, attributes=1)
    torch.manual_seed(0)
    network = build_split(options).eval()
    edge = {name: tensor for name, tensor in network.state_dict().items() if not name.startswith("f.")}
    before = options.model_dump(
        exclude={"pruner", "code"}
    )  # as they were before networks could prune or code
    digest = digest_of(("split network", json.dumps(before, separators=(",", ":"))), edge)
    assert split_digest(network) == TrainedSplit.of("tiny", network).digest == digest
    pruned = build_split(options.model_copy(update={"pruner": PrunerOptions(width=2)}))
    pruned.load_state_dict(network.state_dict(), strict=False)
    assert split_digest(pruned) != digest


def test_an_amortiser_belongs_to_one_generator_and_one_encoder(tmp_path: Path) -> None:
    options = AmortiserOptions(features=(2, 4, 4), latents=4, width=2)
    torch.manual_seed(0)
    amortiser = Amortiser(options).eval()
    facts = AmortiserCard(
        name="tiny", amortiser=options, generator_digest="a" * 64, encoder_digest="b" * 64, stored="float32"
    )
    (tmp_path / "amortiser").write_bytes(amortiser_bytes(amortiser, facts))
    features = torch.randn(2, 2, 4, 4)
    read = read_amortiser(tmp_path / "amortiser", "a" * 64, "b" * 64)
    assert torch.equal(read(features), amortiser(features))
    with pytest.raises(ModelError, match="another generator"):
        read_amortiser(tmp_path / "amortiser", "c" * 64, "b" * 64)
    with pytest.raises(ModelError, match="another encoder"):
        read_amortiser(tmp_path / "amortiser", "a" * 64, "c" * 64)
    with pytest.raises(ModelError, match="another amortiser"):
        amortiser_bytes(Amortiser(options.model_copy(update={"width": 3})), facts)
