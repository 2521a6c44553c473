"""Imported once by the process that the tests' processes are forked from, which then start in milliseconds."""

import torch

torch.set_num_threads(1)  # a pool of threads would not survive the fork

import pytest  # noqa: E402  (each process imports again what it was begun by)

from masquerade.masknets import open_source  # noqa: E402
from service_processes import dying_migration, dying_visit, dying_wishes, race  # noqa: E402

open_source()
__all__ = ["dying_migration", "dying_visit", "dying_wishes", "pytest", "race"]
