"""A protection from Python: what it says of itself, whom it asks, and what it does to photos."""

import copy
import pickle
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

import masquerade as mq
from masquerade.disguises import BlockMatrix, Chain, Noise
from masquerade.errors import SecretLeakRefused, UnknownName, UsageError, WrongKey
from masquerade.recipes import recipe

SECRET = bytes(range(32))
KEY = mq.Key.from_secret(SECRET)
COLOUR = np.random.default_rng(0).integers(0, 256, (4, 32, 32, 3)).astype(np.uint8)
ROTATED = mq.Protection(BlockMatrix(4, "block"))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    KEY.save(tmp_path / "owner.key")
    return tmp_path / "owner.key"


def test_it_says_what_it_is_and_what_attacks_made_of_it() -> None:
    protection = mq.Protection("blocks-noise")
    assert repr(protection) == "Protection('blocks-noise')"
    assert protection.shape == (3, 32, 32)
    assert protection.traits is not None
    assert protection.describe() == recipe("blocks-noise").whole().describe()
    assert protection.verdict.grade == "BROKEN"
    assert protection.verdict.strongest is not None
    assert not protection.restorable


def test_other_parameters_are_another_protection_with_a_stale_verdict() -> None:
    stronger = mq.Protection("blocks-noise", level=200.0, size=(64, 48))
    assert stronger.shape == (3, 64, 48)
    assert "200.0" in str(stronger.describe())
    assert stronger.verdict.state == "stale"
    assert repr(stronger) == "Protection('blocks-noise', size=(64, 48), level=200.0)"


@pytest.mark.parametrize(
    ("name", "how", "words"),
    [
        ("blocks-nois", {}, "no such recipe: blocks-nois.*Did you mean blocks-noise"),
        ("blocks-noise", {"sigma": 1}, "no such parameter: sigma in blocks-noise.*level"),
        ("blocks-noise", {"size": 32}, "not a size: 32 in size"),
        ("blocks-noise", {"size": (0, 32)}, "no such picture size"),
        ("blocks-noise", {"encoder": "sface"}, "without an encoder"),
        ("blocks-noise", {"level": -1.0}, "not a noise level"),
        ("hyperobf", {"strong": 1}, "has no such parameter"),
        (3, {}, "not a protection: int"),
    ],
)
def test_what_is_not_there_is_named(name: str, how: dict[str, object], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        mq.Protection(name, **how)  # type: ignore[arg-type]
    with pytest.raises(UnknownName):
        mq.Protection("nobody's")


def test_consent_is_asked_for_as_by_the_command(path: Path) -> None:
    with pytest.raises(UsageError, match=r"BROKEN; strongest attack: .*pass accept_broken=True") as raised:
        mq.Protection("blocks-noise").keyed(path)
    assert "--" not in str(raised.value)
    with pytest.raises(UsageError, match="not a key: bytes"):
        ROTATED.keyed(SECRET, accept_broken=True)  # type: ignore[arg-type]
    with pytest.raises(UsageError, match=r"not measured.*accept_broken=True"):
        ROTATED.keyed(KEY)


@pytest.mark.parametrize("given", [COLOUR, torch.from_numpy(COLOUR), COLOUR.transpose(0, 3, 1, 2)])
def test_photos_come_back_disguised_in_the_same_container(given: object) -> None:
    with_key = mq.Protection("blocks-noise").keyed(KEY, accept_broken=True)
    made = with_key(given)
    assert type(made) is type(given)
    assert made.shape == given.shape  # type: ignore[attr-defined]
    plain = torch.from_numpy(COLOUR).permute(0, 3, 1, 2)
    expected = recipe("blocks-noise").whole().with_key(KEY, (3, 32, 32))(plain)
    found = torch.as_tensor(np.asarray(made))
    assert torch.equal(found if found.shape[1] == 3 else found.permute(0, 3, 1, 2), expected)
    assert np.array_equal(np.asarray(with_key.query(given)), np.asarray(made))


def test_floats_with_a_stated_scale_are_disguised_as_the_same_photos() -> None:
    with_key = mq.Protection("blocks-noise").keyed(KEY, accept_broken=True)
    small = COLOUR.astype(np.float32) / 255
    assert np.array_equal(with_key(small, scale="0-1"), with_key(COLOUR))
    with pytest.raises(UsageError, match=r"float32, 0 to 1 in X.*scale"):
        with_key(small)


def test_the_owner_restores_what_can_be_restored() -> None:
    with_key = ROTATED.keyed(KEY, accept_broken=True)
    Z = with_key(COLOUR)
    assert np.abs(with_key.restore(Z) - COLOUR).max() < 0.01
    assert np.abs(with_key.restore(Z, scale="0-1") - COLOUR / 255).max() < 1e-4
    pictures = [Image.fromarray(each) for each in COLOUR]
    arrays = with_key(pictures)
    assert isinstance(arrays, list)
    assert all(np.array_equal(a, z) for a, z in zip(arrays, Z, strict=True))
    assert np.abs(np.stack(with_key.restore(arrays)) - COLOUR).max() < 0.01
    with pytest.raises(UsageError, match="cannot be undone"):
        mq.Protection("blocks-noise").keyed(KEY, accept_broken=True).restore(COLOUR)


def test_another_shape_is_asked_for_at_the_key() -> None:
    grey = ROTATED.keyed(KEY, (1, 32, 64), accept_broken=True)
    assert grey.shape == (1, 32, 64)
    assert grey(COLOUR[:, :, :, 0].reshape(2, 32, 64)).shape == (2, 32, 64)
    with pytest.raises(
        UsageError, match=r"of 1 channels, 32 rows, 64 columns: shape \(4, 32, 32, 3\), uint8"
    ):
        grey(COLOUR)
    with pytest.raises(UsageError, match="one or three"):
        ROTATED.keyed(KEY, (2, 32, 32), accept_broken=True)


def test_what_is_made_from_a_handle_travels_without_a_secret(path: Path) -> None:
    with_key = ROTATED.keyed(path, (1, 32, 32), accept_broken=True)
    sent = pickle.dumps(with_key)
    assert SECRET not in sent
    for again in (pickle.loads(sent), copy.deepcopy(with_key)):  # noqa: S301
        assert again.key_fingerprint == KEY.fingerprint
        assert np.array_equal(again(COLOUR[..., 0]), with_key(COLOUR[..., 0]))
    mq.Key.generate().save(path, overwrite=True)
    with pytest.raises(WrongKey):
        pickle.loads(sent)(COLOUR[..., 0])  # noqa: S301


def test_what_is_made_from_a_key_in_memory_says_what_to_make_it_from() -> None:
    with_key = ROTATED.keyed(KEY, accept_broken=True)
    for send in (pickle.dumps, copy.deepcopy):
        with pytest.raises(SecretLeakRefused, match=r"masquerade\.KeyFile\(path\)"):
            send(with_key)
    assert SECRET.hex() not in repr(with_key)


def test_a_disguise_of_several_steps_has_the_parameters_of_each() -> None:
    both = mq.Protection(Chain((Noise(5), BlockMatrix(4, "block"), Noise(7))), block=8)
    assert "'block': 8" in str(both.describe())
    with pytest.raises(UsageError, match="several steps have this parameter: level"):
        mq.Protection(Chain((Noise(5), Noise(7))), level=3)


def test_features_of_an_encoder_come_in_the_layout_of_the_photos() -> None:
    with_key = mq.Protection("xnn-vit").keyed(KEY, accept_broken=True)
    photos = np.random.default_rng(1).integers(0, 256, (2, 112, 112, 3)).astype(np.uint8)
    channels, height, width = with_key.out_shape
    assert with_key(photos).shape == (2, height, width, channels)
    assert with_key(photos.transpose(0, 3, 1, 2)).shape == (2, channels, height, width)
