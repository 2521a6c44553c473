"""Labels of any kind behind the class numbers of a network, and the file that keeps them beside a model."""

import json
from collections.abc import Hashable
from contextlib import suppress
from math import inf
from pathlib import Path
from typing import Annotated, Any, Final, Literal, final

import numpy as np
import torch
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, StringConstraints
from torch import Tensor

from masquerade.errors import ModelError, UsageError
from masquerade.files.checked_json import checked, read_checked
from masquerade.files.durable import write_durably
from masquerade.files.opening import read_file

_FORMAT: Final = "masquerade labels of a model"
_LARGEST: Final = 1 << 28
_KINDS: Final = "biufU"
"""Of numpy: truth values, whole numbers, other numbers, text. All others are kept as the objects that they are."""


@final
class Labels:
    """What stands behind each class number, in order.

    Args:
        names: One for each class, an array ``(k,)``: of numbers or text as they came, else of objects.
    """

    def __init__(self, names: NDArray[Any]) -> None:
        self.names = names

    def __len__(self) -> int:
        return len(self.names)

    @classmethod
    def numbers(cls, classes: int) -> "Labels":
        """The class numbers themselves."""
        return cls(np.arange(classes))

    @property
    def are_numbers(self) -> bool:
        """Whether each class is called by its number."""
        return self.names.dtype.kind in "iu" and bool((self.names == np.arange(len(self))).all())

    def behind(self, numbers: Tensor) -> NDArray[Any]:
        """The labels of class numbers ``(n,)``."""
        found: NDArray[Any] = self.names[numbers.cpu().numpy()]
        return found


def numbered(y: Any) -> tuple[Labels, Tensor]:  # noqa: ANN401 - a sequence, an array or a tensor
    """Labels, sorted where they can be, and the class number of each row, int64 ``(n,)``.

    Args:
        y: One hashable label for each row: a sequence, an array or a tensor ``(n,)``.

    Raises:
        UsageError: If there is another number of axes, or a label cannot be compared with others.
    """
    if isinstance(y, Tensor):
        y = y.detach().cpu().numpy()
    if not isinstance(y, np.ndarray):
        return _of_objects(list(y))
    if y.ndim != 1:
        raise UsageError(
            "one label for each image is wanted",
            value=f"an array of shape {y.shape}, {y.dtype}",
            place="y",
            remedy="Give an array (n,); of one-hot rows, y.argmax(1).",
        )
    if y.dtype.kind not in _KINDS:
        return _of_objects(y.tolist())
    names, numbers = np.unique(y, return_inverse=True)
    return Labels(names), torch.from_numpy(numbers.astype(np.int64))


def _of_objects(y: list[Hashable]) -> tuple[Labels, Tensor]:
    try:
        different: list[Any] = list(dict.fromkeys(y))
    except TypeError as error:
        raise UsageError(
            "a label that cannot be compared with others",
            value=str(error),
            place="y",
            remedy="Give one number, text or other hashable for each image.",
        ) from None
    with suppress(TypeError):  # of several kinds: in the order in which they came
        different = sorted(different)
    place = {label: number for number, label in enumerate(different)}
    return Labels(_array(different)), torch.tensor([place[label] for label in y], dtype=torch.int64)


def _array(labels: list[Any]) -> NDArray[Any]:
    """Whole numbers alone as numbers; everything else as the objects that they are, tuples too."""
    if labels and all(type(label) is int for label in labels) and max(map(abs, labels)) < 2**63:
        return np.array(labels, np.int64)
    objects = np.empty(len(labels), object)
    objects[:] = labels
    return objects


@final
class _LabelsFile(BaseModel):
    """The labels of a model as a file beside it.

    Args:
        format: Tells the file from others.
        version: Of the format.
        model: SHA-256 of the model file.
        dtype: Of the array of labels.
        labels: In the order of the class numbers.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: Literal["masquerade labels of a model"] = "masquerade labels of a model"
    version: Literal[1] = 1
    model: str
    dtype: Annotated[str, StringConstraints(pattern=r"^(\|O|[<>|][biufU][0-9]{1,3})$")]
    labels: tuple[bool | int | float | str | None, ...]


def labels_path(model: Path) -> Path:
    """Where the labels of a model are kept: ``model.safetensors.labels.json``."""
    return model.with_name(f"{model.name}.labels.json")


def require_writable(labels: Labels) -> None:
    """Pass if labels can be kept in a file.

    Raises:
        UsageError: If one is neither a truth value nor a number nor text.
    """
    for label in labels.names.tolist():
        if not isinstance(label, (bool, int, float, str, type(None))) or label in (inf, -inf):
            raise UsageError(
                "labels of this kind cannot be saved",
                value=f"{type(label).__name__}: {str(label)[:60]}",
                remedy="Train with labels that are numbers or text, and keep a table of what they stand for.",
            )


def write_labels(labels: Labels, model: Path, digest: str) -> None:
    """Keep the labels beside their model, readable by the user alone; they may be names of people.

    Raises:
        WriteFailed: If the disk refuses.
    """
    file = _LabelsFile(model=digest, dtype=labels.names.dtype.str, labels=tuple(labels.names.tolist()))
    write_durably(labels_path(model), [checked(file.model_dump(mode="json"))], 0o600)


def read_labels(model: Path, digest: str, classes: int) -> Labels:
    """The labels kept beside a model; the class numbers where there are none.

    Raises:
        ModelError: If the file is damaged, or belongs to another model.
    """
    path = labels_path(model)
    try:
        data = read_file(path, _LARGEST)
    except FileNotFoundError:
        return Labels.numbers(classes)
    file = read_checked(_LabelsFile, _fields(data, path), lambda what: _wrong(what, path))
    if file.model != digest or len(file.labels) != classes:
        raise _wrong("they belong to another model", path)
    if file.dtype == "|O":
        return Labels(_array(list(file.labels)))
    try:
        return Labels(np.array(file.labels, file.dtype))
    except (TypeError, ValueError, OverflowError):
        raise _wrong(f"no labels of the type {file.dtype}", path) from None


def _fields(data: bytes, path: Path) -> dict[str, Any]:
    try:
        fields = json.loads(data)
    except (ValueError, RecursionError):
        raise _wrong("no JSON", path) from None
    if not isinstance(fields, dict) or fields.get("format") != _FORMAT:
        raise _wrong("not a file of labels", path)
    return fields


def _wrong(what: str, path: Path) -> ModelError:
    return ModelError(
        "the labels of a model cannot be used",
        value=what,
        place=path,
        remedy="Bring the right file back, or move it away: classes are then called by their numbers.",
    )
