"""Fingerprints of single maps link photos with no key and no pairs."""

from typing import Literal

import numpy as np
import pytest

from masquerade.attacks.tokens.fingerprint import FeatureFingerprint
from masquerade.disguises import Disguise
from masquerade.errors import NotApplicable
from token_examples import GAUSSIAN, NETWORK, ORTHOGONAL, TWO_KEYS, scores, view

RNG = np.random.default_rng(0)
Kind = Literal["auto", "singular_values", "whitened_gram", "norms", "angles", "placed"]


@pytest.mark.parametrize(
    ("disguise", "kind", "same", "second"),
    [
        pytest.param(ORTHOGONAL, "singular_values", 0.99, 0.25, id="orthogonal"),
        pytest.param(ORTHOGONAL, "norms", 0.99, 0.2, id="orthogonal, lengths"),
        pytest.param(ORTHOGONAL, "angles", 0.99, 0.2, id="orthogonal, angles"),
        pytest.param(GAUSSIAN, "whitened_gram", 0.99, 0.2, id="gaussian"),
        pytest.param(GAUSSIAN, "auto", 0.99, 0.7, id="gaussian, placed"),
        pytest.param(NETWORK, "auto", 0.7, 0.7, id="network, placed"),
        pytest.param(TWO_KEYS, "auto", 0.8, 0.2, id="two keys"),
    ],
)
def test_photos_are_linked(disguise: Disguise, kind: Kind, same: float, second: float) -> None:
    linked, again = scores(FeatureFingerprint(kind)(view(disguise), RNG))
    assert linked >= same
    assert again >= second


def test_lengths_do_not_survive_a_gaussian_matrix() -> None:
    by_lengths = scores(FeatureFingerprint("norms")(view(GAUSSIAN), RNG))[0]
    assert by_lengths < 0.9 * scores(FeatureFingerprint("whitened_gram")(view(GAUSSIAN), RNG))[0]


def test_a_key_for_each_photo_resists() -> None:
    same, _ = scores(FeatureFingerprint()(view(GAUSSIAN, apart=True), RNG))
    assert same < 0.1  # 0 to .075 over eight sets of keys, chance .0125


def test_unknown_kinds_are_refused() -> None:
    with pytest.raises(NotApplicable, match="fingerprint"):
        FeatureFingerprint("lengths")(view(GAUSSIAN), RNG)  # type: ignore[arg-type]
