"""Which images go where, from a seed.

The order is that of SHA-256 over the seed and what is ordered, not a random generator's, so that a split is
the same with every version of every library. A split keeps results comparable; it is no secret.
"""

from collections.abc import Iterable, Mapping
from hashlib import sha256

import torch
from torch import Tensor

from masquerade.errors import UsageError


def by_identity(labels: Tensor, parts: Mapping[str, float | int], seed: int) -> dict[str, Tensor]:
    """Split so that nobody is in two parts.

    Args:
        labels: int64 ``(n,)``.
        parts: Name of each part, with how many people it gets (an int) or what share of all (a float).
            Shares that add up to 1 take everybody; people left over are in no part.
        seed: Any integer.

    Returns:
        Row numbers of each part, int64, ascending.

    Raises:
        UsageError: If a part would be empty, or there are not enough people.
    """
    people = _shuffled(set(labels.tolist()), seed)
    split, start = {}, 0
    for name, count in _counts(parts, len(people)).items():
        chosen = torch.tensor(people[start : start + count], dtype=labels.dtype)
        split[name] = torch.isin(labels, chosen).nonzero().flatten()
        start += count
    return split


def within_identity(labels: Tensor, test_share: float | int, seed: int) -> tuple[Tensor, Tensor]:
    """Split so that everybody is in both parts.

    Args:
        labels: int64 ``(n,)``.
        test_share: How many images of each person are for the test (an int) or what share (a float between
            0 and 1, at least one image and never all).
        seed: Any integer.

    Returns:
        Row numbers for training and for the test, int64, ascending.

    Raises:
        UsageError: If somebody has too few images to be in both.
    """
    train: list[int] = []
    test: list[int] = []
    for label in sorted(set(labels.tolist())):
        rows = (labels == label).nonzero().flatten().tolist()
        count = _test_count(len(rows), test_share, label)
        order = _shuffled(range(len(rows)), f"{seed}/{label}")
        test += [rows[i] for i in order[:count]]
        train += [rows[i] for i in order[count:]]
    return torch.tensor(sorted(train)), torch.tensor(sorted(test))


def _shuffled(numbers: Iterable[int], seed: int | str) -> list[int]:
    return sorted(numbers, key=lambda number: sha256(f"masquerade/split/{seed}/{number}".encode()).digest())


def _counts(parts: Mapping[str, float | int], people: int) -> dict[str, int]:
    """People in each part; shares are rounded at their running sum, so that together they lose nobody."""
    counts, shares = {}, 0.0
    for name, part in parts.items():
        if not isinstance(part, float):
            counts[name] = part
        elif 0.0 < part <= 1.0:
            counts[name] = round((shares + part) * people) - round(shares * people)
            shares += part
        else:
            counts[name] = 0
    if any(count < 1 for count in counts.values()) or sum(counts.values()) > people:
        wanted = ", ".join(f"{name} {part} ({counts[name]} people)" for name, part in parts.items())
        raise UsageError(
            f"{people} people cannot be split like this",
            value=wanted,
            remedy="Give each part at least one person, and no more people than there are.",
        )
    return counts


def _test_count(images: int, test_share: float | int, label: int) -> int:
    if not isinstance(test_share, float):
        count = test_share
    elif 0.0 < test_share < 1.0:
        count = min(max(round(test_share * images), 1), images - 1)
    else:
        count = 0
    if not 1 <= count < images:
        raise UsageError(
            "images cannot be split so that everybody is in both parts",
            value=f"{images} images, of which {test_share} for the test",
            place=f"label {label}",
            remedy="Leave out people with few images, or take fewer for the test.",
        )
    return count
