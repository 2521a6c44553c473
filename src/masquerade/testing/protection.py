"""Holds a protection to the whole contract."""

from collections.abc import Callable
from dataclasses import fields
from typing import Final

from torch import Tensor

from masquerade.disguises import Disguise
from masquerade.disguises.base import Shape
from masquerade.testing.answers import (
    a_photo_is_independent_of_its_batch,
    another_key_gives_another_result,
    bytes_and_floats_agree,
    it_is_restored_by_its_key_alone,
    its_input_is_left_alone,
    memory_layout_does_not_matter,
    other_photos_are_refused,
    targets_are_shares_of_classes,
    the_same_key_gives_the_same_bits,
    the_shape_is_known_beforehand,
)
from masquerade.testing.identity import (
    its_description_makes_it_again,
    its_digest_tells_keys_apart,
    its_secrets_can_be_neither_copied_nor_saved,
    its_traits_are_the_measured_ones,
)
from masquerade.testing.protection_case import ProtectionCase, raises
from masquerade.testing.requiring import require

PROTECTION_CHECKS: Final[tuple[Callable[[ProtectionCase], None], ...]] = (
    the_shape_is_known_beforehand,
    another_key_gives_another_result,
    the_same_key_gives_the_same_bits,
    a_photo_is_independent_of_its_batch,
    targets_are_shares_of_classes,
    it_is_restored_by_its_key_alone,
    bytes_and_floats_agree,
    its_input_is_left_alone,
    memory_layout_does_not_matter,
    other_photos_are_refused,
    its_secrets_can_be_neither_copied_nor_saved,
    its_description_makes_it_again,
    its_digest_tells_keys_apart,
    its_traits_are_the_measured_ones,
)


def check_protection(disguise: Disguise, shape: Shape = (3, 16, 16), faces: Tensor | None = None) -> None:
    """Hold a protection to the whole contract.

    Args:
        disguise: The protection, with parameters that fit ``shape``.
        shape: Channels, height and width of the photos to try it on.
        faces: Real photos ``(n, *shape)`` of 0 to 255, 8 or more, to measure its traits on; made-up ones without.

    Raises:
        ContractBroken: If it breaks a promise, with the first that it breaks.
    """
    require(isinstance(disguise, Disguise), "no protection: it is no Disguise", type(disguise).__name__)
    frozen = [field.name for field in fields(disguise)]  # type: ignore[arg-type]
    for name in frozen:
        changed = raises(AttributeError, lambda name=name: setattr(disguise, name, None))  # type: ignore[misc]
        require(changed, "its parameters can be changed", name, "Make it a frozen dataclass.")
    case = ProtectionCase(disguise, shape, faces=faces)
    for check in PROTECTION_CHECKS:
        check(case)
