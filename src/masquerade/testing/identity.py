"""What a protection must keep to in its secrets, its description and its traits: a function a promise."""

import copy
from collections.abc import Callable
from functools import partial

from torch import nn

from masquerade.disguises import derivation_check, from_description
from masquerade.errors import SecretLeakRefused
from masquerade.measuring import measured_traits
from masquerade.testing.example_photos import textured_photos
from masquerade.testing.protection_case import KEY, OTHER_KEY, ProtectionCase, raises
from masquerade.testing.requiring import require
from masquerade.traits import Traits


def its_secrets_can_be_neither_copied_nor_saved(case: ProtectionCase) -> None:
    """Nor found by a walk over what a module holds, nor printed."""
    case.keyed(case.photos())
    inside = nn.Sequential(case.keyed)
    leaks: tuple[Callable[[nn.Module], object], ...] = (copy.deepcopy, lambda it: it.state_dict())
    for leak in leaks:
        for holder in (case.keyed, inside):
            require(raises(SecretLeakRefused, partial(leak, holder)), "its secrets leave it")
    for way in (partial(copy.copy, case.keyed), partial(case.keyed.__reduce_ex__, 2)):
        require(raises(SecretLeakRefused, way), "its secrets leave it, copied or pickled")
    held = [*case.keyed.buffers(), *case.keyed.parameters(), *case.keyed.children()]
    require(not held, "secrets stand where modules keep what they save", len(held))
    said = f"{type(case.keyed).__name__}(shape={case.shape})"
    require(repr(case.keyed) == said, "it prints more than its shape", repr(case.keyed)[:200])


def its_description_makes_it_again(case: ProtectionCase) -> None:
    """Plain data, named by its kind."""
    described = case.disguise.describe()
    kind = type(case.disguise)
    made = from_description(described, case.find, {kind.__name__: kind})
    require(made == case.disguise, "its description makes another", made)
    require(made.describe() == described, "its description does not come back", made.describe())
    require(described["kind"] == kind.__name__, "the kind is not its class", described["kind"])


def its_digest_tells_keys_apart(case: ProtectionCase) -> None:
    """And leaves only under the key."""
    mine, again, theirs = (case.disguise.with_key(key, case.shape) for key in (KEY, KEY, OTHER_KEY))
    require(derivation_check(KEY, mine) == derivation_check(KEY, again), "the same key has another digest")
    require(
        derivation_check(KEY, mine) != derivation_check(OTHER_KEY, mine), "the check does not ask the key"
    )
    if case.disguise.keyed_by_secret:
        require(mine.digest() != theirs.digest(), "two keys have one digest")


def its_traits_are_the_measured_ones(case: ProtectionCase) -> None:
    """Both ways; what it leaves to measurement is the same for all photos and deterministic where it is per image."""
    faces = textured_photos(24, case.shape) if case.faces is None else case.faces
    found = measured_traits(case.keyed, faces, case.draws)
    declared = case.disguise.traits
    if declared is None:
        require(
            found.traits.deterministic == case.disguise.per_image, "measured otherwise than per_image", found
        )
        return
    differ = [name for name in Traits.names() if getattr(declared, name) != getattr(found.traits, name)]
    require(not differ, "traits that are declared otherwise than measured", f"{', '.join(differ)}: {found}")
