"""A small scene of what files tell beside their pixels."""

import torch

from masquerade.attacks.base import FileTraces, View
from masquerade.metrics.base import Truth
from masquerade.testing import AttackCase


def with_traces(count: int = 24) -> AttackCase:
    """Files that a tool made half as large, every second with the mark of its photo."""
    drawn = torch.Generator().manual_seed(0)
    sizes = torch.randn(count, 3, generator=drawn)
    shuffled = torch.randperm(count, generator=drawn)
    photos = FileTraces(sizes, tuple(frozenset({row, 1000}) for row in range(count)))
    made = 0.5 * sizes[shuffled] - 1 + 0.3 * torch.randn(count, 3, generator=drawn)
    marks = [frozenset({int(row), 1000}) if row % 2 else frozenset({1000}) for row in shuffled]
    pictures = torch.zeros(count, 3, 8, 8)
    view = View(released=pictures, files=(FileTraces(made, tuple(marks)), photos))
    return AttackCase(view, Truth(pictures, torch.arange(count), candidate_rows=shuffled), "linkage", 0.5)
