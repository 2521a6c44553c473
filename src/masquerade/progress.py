"""What long jobs call while they go on: four signatures, under one name each."""

from collections.abc import Callable

Progress = Callable[[int, int], None]
"""Called with what is done and all there is to do: photos, people or shards of a job."""
TrainingProgress = Callable[[int, int, float, float], None]
"""Called with batches done, batches in all, and two numbers: the latest loss, and the accuracy in this epoch so far or
the share of views found again. Of one-pass cloaks they are the batch's feature distance and structural similarity."""
LossProgress = Callable[[int, int, float], None]
"""Called with steps done, steps in all, and the latest loss."""
WordProgress = Callable[[int, int, str], None]
"""Called with steps done, steps in all, and a word on how it goes."""
