"""The edge's part of task-only, written for a phone."""

from collections.abc import Sequence
from pathlib import Path

from masquerade.crafting.shipped import open_answers, open_split
from masquerade.crafting.task.edge_file import edge_bytes
from masquerade.disguises import TaskAnswers
from masquerade.files.durable import write_durably
from masquerade.files.kinds import Kind
from masquerade.files.outputs import require_output
from masquerade.owner.craft_folder import attributes_of


def write_edge(
    out: Path,
    *,
    encoder: str | Path = "split-1",
    answers: str | Path = "answers-1",
    numbers: int = 4,
    task: Sequence[str] = (),
    overwrite: bool = False,
) -> None:
    """Write the matrix that takes an encoder's features to a few numbers; see ``edge_bytes``.

    Args:
        out: The file to write; an earlier one is replaced.
        encoder: A split network by name, or its file.
        answers: Statistics of its answers by name, or their file.
        numbers: How many numbers are sent.
        task: Names of the attributes that are kept; none for all.
        overwrite: Whether a file of another kind may be replaced that stands there.

    Raises:
        MasqueradeError: If a network cannot be opened.
        UsageError: If the encoder tells no such attribute, or there are too many numbers.
        WriteFailed: If the disk refuses.
    """
    require_output(out, Kind.EDGE, overwrite=overwrite)
    split = open_split(encoder)
    facts = open_answers(answers, split)
    sent = TaskAnswers(split, facts, numbers=numbers, thin=True, attributes=attributes_of(task, split))
    write_durably(out, [edge_bytes(sent.cloud, sent.scale, sent.bits, split)])
