"""What a protection must keep to in its answers: a function a promise."""

import torch

from masquerade.errors import UsageError
from masquerade.testing.example_photos import photos_with_a_flat_part
from masquerade.testing.protection_case import KEY, OTHER_KEY, ProtectionCase, apart, raises
from masquerade.testing.requiring import require


def another_key_gives_another_result(case: ProtectionCase) -> None:
    """Exactly if it is keyed by a secret."""
    theirs = case.disguise.with_key(OTHER_KEY, case.shape)(case.photos())
    other = not torch.equal(case.keyed(case.photos()), theirs)
    require(other == case.disguise.keyed_by_secret, "keyed_by_secret is not what another key shows", other)


def the_same_key_gives_the_same_bits(case: ProtectionCase) -> None:
    """Also when it is derived again."""
    again = case.disguise.with_key(KEY, case.shape)(case.photos())
    require(torch.equal(case.keyed(case.photos()), again), "the same key gives other bits")


def a_photo_is_independent_of_its_batch(case: ProtectionCase) -> None:
    """Exactly if ``per_image``."""
    images = case.photos(70)
    alone = torch.cat([case.keyed(images[i : i + 1]) for i in (0, 13, 69)])
    answers = case.keyed(images)
    white = torch.full_like(images[:1], 255)
    found = (
        apart(alone, answers[[0, 13, 69]]) < 1e-4,
        apart(case.keyed(images.flip(0)).flip(0), answers) < 1e-4,
        apart(case.keyed(torch.cat([images[:1], white]))[:1], alone[:1]) < 1e-6,
    )
    require(found == (case.disguise.per_image,) * 3, "per_image is not what other batches show", found)


def the_shape_is_known_beforehand(case: ProtectionCase) -> None:
    """float32 ``(n, *out_shape)``, contiguous and finite, for any number of photos, none included."""
    for n in (0, 1, 5):
        photos = case.photos(max(n, 1))[:n]
        for result in (case.keyed(photos), case.keyed.query(photos))[: 2 if n else 1]:
            kept = result.dtype == torch.float32 and bool(result.isfinite().all())
            require(kept, "answers are no finite float32 numbers", result.dtype)
        result = case.keyed(photos)
        expected = (n, *case.keyed.out_shape)
        require(
            tuple(result.shape) == expected, "another shape than out_shape", (tuple(result.shape), expected)
        )
        require(result.is_contiguous(), "answers are not contiguous")


def targets_are_shares_of_classes(case: ProtectionCase) -> None:
    """They follow from key and photos, are never negative, and add up to 1."""
    again, classes = case.disguise.with_key(KEY, case.shape), torch.eye(5)
    targets = case.keyed.targets(case.photos(), classes)
    require(torch.equal(targets, again.targets(case.photos(), classes)), "targets differ under the same key")
    sums = bool(torch.allclose(targets.sum(1), torch.ones(5))) and bool((targets >= 0).all())
    require(sums, "targets are no shares of classes", targets.sum(1).tolist())


def it_is_restored_by_its_key_alone(case: ProtectionCase) -> None:
    """If it is restorable; else it refuses."""
    released = case.keyed(case.photos())
    if not case.disguise.restorable:
        refused = raises(UsageError, lambda: case.keyed.restore(released))
        require(refused, "what is not restorable must refuse to be restored")
        return
    left = float((case.keyed.restore(released) - case.photos()).abs().max())
    require(left < 1e-3 * 255, "restored photos are not the originals", left)
    if case.disguise.keyed_by_secret:
        wrong = case.disguise.with_key(OTHER_KEY, case.shape).restore(released)
        away = float((wrong - case.photos()).abs().mean())
        require(away > 10, "another key restores the photos too", away)


def bytes_and_floats_agree(case: ProtectionCase) -> None:
    """float16, float32 and float64 of whole grey levels give what uint8 gives."""
    whole = case.keyed(case.photos())
    for dtype in (torch.float16, torch.float32, torch.float64):
        require(
            torch.equal(whole, case.keyed(case.photos().to(dtype))),
            "floating photos give another result",
            dtype,
        )


def its_input_is_left_alone(case: ProtectionCase) -> None:
    """Neither changed nor handed back."""
    images = case.photos().float()
    before = images.clone()
    result = case.keyed(images)
    result += 1
    require(torch.equal(images, before), "the photos that were given have changed")


def memory_layout_does_not_matter(case: ProtectionCase) -> None:
    """Channels last, odd addresses, and every other number."""
    photos = case.photos()
    odd = torch.cat([torch.zeros(1, dtype=torch.uint8), photos.flatten()])[1:].view_as(photos)
    layouts = (
        photos.to(memory_format=torch.channels_last),
        odd,
        torch.stack([photos, photos], dim=-1)[..., 0],
    )
    for images in layouts:
        require(
            torch.equal(case.keyed(images), case.keyed(photos)), "another memory layout gives another result"
        )


def other_photos_are_refused(case: ProtectionCase) -> None:
    """Of another shape, of whole numbers that are no bytes, or a photo that is no batch."""
    channels, height, width = case.shape
    shapes = ((channels + 1, height, width), (channels, height, width + 1))
    wrong = [photos_with_a_flat_part(2, shape) for shape in shapes]
    for images in (*wrong, case.photos().int(), case.photos()[0]):
        refused = raises(UsageError, lambda images=images: case.keyed(images))  # type: ignore[misc]
        require(refused, "photos that do not fit are taken", (tuple(images.shape), images.dtype))
