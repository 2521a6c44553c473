"""XNN-d's noise as a disguise: what every disguise promises, but for a description that makes it again."""

import pickle

import pytest
import torch
from torch import Tensor, nn

from encoder_examples import tiny_encoder
from masquerade.disguises import Chain, Encode, derivation_check
from masquerade.disguises.tokens.adversarial_noise import AdversarialNoise
from masquerade.encoders.noise_encoder import NoiseEncoder, NoiseOptions, token_norm
from masquerade.errors import SecretLeakRefused, UsageError
from masquerade.keys import Key

KEY, OTHER = (Key.from_secret(bytes([number]) * 32) for number in (1, 2))
ENCODER = tiny_encoder()


def noise(seed: int = 0, *, pixels: bool = False) -> NoiseEncoder:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        options = NoiseOptions(amount=2.0, width=16, heads=2, pixels=pixels)
        return NoiseEncoder(ENCODER.shape, options, ENCODER.image_shape)


def maps(n: int = 5) -> Tensor:
    return torch.randn((n, *ENCODER.shape), generator=torch.Generator().manual_seed(7))


def test_no_key_decides_it() -> None:
    disguise = AdversarialNoise(noise())
    mine, theirs = (disguise.with_key(key, ENCODER.shape)(maps()) for key in (KEY, OTHER))
    assert torch.equal(mine, theirs)
    assert not disguise.keyed_by_secret
    assert not torch.allclose(mine, token_norm(maps()))


def test_other_weights_give_other_noise_and_another_check() -> None:
    one, two = (AdversarialNoise(noise(seed)).with_key(KEY, ENCODER.shape) for seed in (0, 1))
    assert not torch.allclose(one(maps()), two(maps()))
    assert derivation_check(KEY, one) != derivation_check(KEY, two)
    assert AdversarialNoise(noise(0)).describe() != AdversarialNoise(noise(1)).describe()


def test_a_map_does_not_depend_on_its_batch() -> None:
    keyed = AdversarialNoise(noise()).with_key(KEY, ENCODER.shape)
    assert torch.equal(keyed(maps(70))[69:], keyed(maps(70)[69:]))


def test_it_stands_after_an_encoder() -> None:
    photos = torch.randint(
        0, 256, (3, *ENCODER.image_shape), generator=torch.Generator().manual_seed(1), dtype=torch.uint8
    )
    chain = Chain((Encode(ENCODER), AdversarialNoise(noise())))
    keyed = chain.with_key(KEY, ENCODER.image_shape)
    assert keyed.out_shape == ENCODER.shape
    assert torch.allclose(keyed(photos), noise().eval()(ENCODER(photos)), atol=1e-5)


def test_its_description_is_plain_and_names_the_weights_by_digest() -> None:
    described = AdversarialNoise(noise()).describe()
    assert described["kind"] == "AdversarialNoise"
    assert described["noise"]["digest"] == noise().digest
    assert len(repr(AdversarialNoise(noise()))) < 100


def test_it_can_be_neither_undone_nor_copied() -> None:
    keyed = AdversarialNoise(noise()).with_key(KEY, ENCODER.shape)
    with pytest.raises(UsageError, match="cannot be undone"):
        keyed.restore(keyed(maps()))
    with pytest.raises(SecretLeakRefused):
        pickle.dumps(nn.Sequential(keyed))
    assert not [*keyed.parameters(), *keyed.buffers(), *keyed.children()]


def test_what_does_not_fit_is_refused() -> None:
    with pytest.raises(UsageError, match="another shape"):
        AdversarialNoise(noise()).with_key(KEY, (8, 3, 3))
    with pytest.raises(UsageError, match="photos cannot stand after"):
        AdversarialNoise(noise(pixels=True))
