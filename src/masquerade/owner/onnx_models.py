"""Networks as ONNX files for phones and other runtimes, checked to give the same numbers before they are written."""

import io
import json
import struct
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any, Final, final

import torch
from torch import Tensor, nn

from masquerade.crafting.shipped import SPLITS, open_split
from masquerade.crafting.task.edge_file import KIND as EDGE
from masquerade.encoders.recogniser_file import read_recogniser
from masquerade.encoders.shipped import SHIPPED, open_encoder
from masquerade.errors import ModelError, UsageError
from masquerade.extras import how_to_install
from masquerade.files.durable import write_durably
from masquerade.files.kinds import Kind, kind_behind
from masquerade.files.opening import read_file
from masquerade.files.outputs import require_output
from masquerade.files.tensors import read_tensors, read_text
from masquerade.masknets import read_masknet
from masquerade.training.model_file import load_model

CLOSE: Final = 1e-5
"""Largest difference between torch and ONNX Runtime, of numbers up to 1; of larger ones, of the largest."""
_OPSET: Final = 17
_CHECKED: Final = 3
"""Rows that are compared; other than those that are traced, so that a fixed number of them is noticed."""
_LARGEST_EDGE: Final = 1 << 30


@final
@dataclass(frozen=True, eq=False)
class Exportable:
    """A network that can be written as ONNX.

    Args:
        kind: What it is, in words.
        run: Inputs ``(n, *shape)``, float32, to the outputs in order.
        shape: Of one input.
        up_to: Largest value of an input, from 0.
        outputs: Names of what comes out.
        secret: Whether who has it can repeat a person's protection: the file is then readable by its owner alone.
        parts: Networks whose weights go along.
    """

    kind: str
    run: Callable[[Tensor], tuple[Tensor, ...]]
    shape: tuple[int, ...]
    up_to: float
    outputs: tuple[str, ...]
    secret: bool = False
    parts: Sequence[nn.Module] = ()


class _Traced(nn.Module):
    def __init__(self, given: Exportable) -> None:
        super().__init__()
        self.parts = nn.ModuleList(given.parts)
        self.run = given.run

    def forward(self, inputs: Tensor) -> tuple[Tensor, ...]:
        return self.run(inputs)


def write_onnx(model: str | Path, out: str | Path, *, overwrite: bool = False) -> Exportable:
    """Write an encoder, a trained recogniser, a MaskNet or the edge's part of a network as an ONNX file.

    One input, ``input``, float32 ``(n, ...)`` for any number ``n``: photos of values 0 to 255 (0 to 1 for split
    networks), the disguised values for a trained model, features for the edge's matrix.

    Args:
        model: A file of ours, or the name of a shipped encoder or split network.
        out: The file to write. Of a MaskNet it is a secret: mode 0600.
        overwrite: Whether a file that stands there may be replaced.

    Returns:
        What was written.

    Raises:
        UsageError: If the model is of another kind, ``onnxruntime`` is missing, or the file may not be written.
        ModelError: If the file is damaged, or ONNX Runtime gives other numbers than torch.
        WriteFailed: If the disk refuses.
    """
    out = Path(out)
    require_output(out, Kind.NOTHING, overwrite=overwrite)
    given = opened(model)
    content = onnx_bytes(given)
    out.parent.mkdir(parents=True, exist_ok=True)
    write_durably(out, [content], 0o600 if given.secret else 0o644, replace=overwrite, secret=given.secret)
    return given


def opened(model: str | Path) -> Exportable:
    """What is behind a name or in a file.

    Raises:
        UsageError: If there is nothing that can be exported.
        ModelError: If the file is damaged.
    """
    path = Path(model)
    if not path.exists() and str(model) in SPLITS:
        return _split(str(model))
    if not path.exists() and (str(model) in SHIPPED or str(model).startswith("vit-small@")):
        return _encoder(str(model))
    kind = kind_behind(path)
    if kind not in _READERS:
        raise UsageError(
            "no network that can be exported",
            value=kind.value,
            place=path,
            remedy=f"Name a file of {', '.join(each.value for each in _READERS)}; or one of"
            f" {', '.join((*SHIPPED, *SPLITS))}.",
        )
    return _READERS[kind](path)


def onnx_bytes(given: Exportable) -> bytes:
    """A network as the bytes of an ONNX file, which ONNX Runtime was seen to run to the same numbers.

    Raises:
        UsageError: If ``onnxruntime`` is not installed.
        ModelError: If the numbers differ.
    """
    runtime = _runtime()
    traced = _Traced(given).eval().requires_grad_(False)
    whole = io.BytesIO()
    with _quietly(), torch.no_grad():
        warnings.simplefilter(
            "ignore"
        )  # of the exporter's own age, and of shapes that are checked, not traced
        torch.onnx.export(
            traced,
            (_inputs(given, 2),),
            whole,  # type: ignore[arg-type]  # the older exporter takes buffers: no secret lies on the disk meanwhile
            dynamo=False,  # the newer one needs packages of its own
            opset_version=_OPSET,
            input_names=["input"],
            output_names=list(given.outputs),
            dynamic_axes={name: {0: "n"} for name in ("input", *given.outputs)},
        )
    _require_same(runtime, whole.getvalue(), given)
    return whole.getvalue()


@contextmanager
def _quietly() -> Iterator[None]:
    """Without warnings of the exporter's age and of shapes that are checked, and with attention in its plain parts."""
    fast = torch.backends.mha.get_fastpath_enabled()
    torch.backends.mha.set_fastpath_enabled(False)  # the fused kernel has no name in ONNX
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        torch.backends.mha.set_fastpath_enabled(fast)


def _inputs(given: Exportable, rows: int) -> Tensor:
    random = torch.Generator().manual_seed(rows)
    return given.up_to * torch.rand((rows, *given.shape), generator=random)


def _require_same(runtime: Any, content: bytes, given: Exportable) -> None:  # noqa: ANN401 - it has no types
    inputs = _inputs(given, _CHECKED)
    try:
        session = runtime.InferenceSession(content, providers=["CPUExecutionProvider"])
        found = session.run(None, {"input": inputs.numpy()})
    except Exception as error:  # ONNX Runtime raises what its build names, all of it Exceptions
        raise ModelError("ONNX Runtime cannot run the export", value=str(error)[:200]) from error
    with torch.no_grad():
        expected = given.run(inputs)
    for name, ours, theirs in zip(given.outputs, expected, found, strict=True):
        apart = float((torch.from_numpy(theirs) - ours).abs().max())
        if not apart <= CLOSE * max(1.0, float(ours.abs().max())):
            raise ModelError(
                "ONNX Runtime gives other numbers than torch", value=f"{name}: {apart:.2g} apart"
            )


def _runtime() -> Any:  # noqa: ANN401 - it has no types
    try:
        return import_module("onnxruntime")
    except ImportError:
        raise UsageError(
            "ONNX files are checked before they are written, and ONNX Runtime is not installed",
            place="package onnxruntime",
            remedy=how_to_install("onnx"),
        ) from None


def _model(path: Path) -> Exportable:
    network, _ = load_model(path)

    def run(images: Tensor) -> tuple[Tensor, ...]:
        vectors = network.embed(images)
        return network.head(vectors), vectors

    return Exportable("a trained model", run, network.shape, 255.0, ("scores", "vectors"), parts=(network,))


def _encoder(name: str | Path) -> Exportable:
    encoder = open_encoder(name)
    return Exportable(
        "an encoder", lambda images: (encoder.features(images),), encoder.image_shape, 255.0, ("features",)
    )


def _split(name: str | Path) -> Exportable:
    network = open_split(name).network
    shape = (3, network.options.side, network.options.side)
    return Exportable(
        "the edge's part of a split network",
        lambda images: (network.encode(images),),
        shape,
        1.0,
        ("features",),
        parts=(network,),
    )


def _masknet(path: Path) -> Exportable:
    masknet = read_masknet(path).masknet
    size = masknet.structure.size
    return Exportable(
        "a MaskNet",
        lambda images: (masknet(images),),
        (3, size, size),
        255.0,
        ("features",),
        secret=True,
        parts=(masknet,),
    )


def _recogniser(path: Path) -> Exportable:
    found = read_recogniser(path)
    return Exportable(
        "a face recogniser",
        lambda images: (nn.functional.normalize(found.vectors(images)),),
        (3, found.side, found.side),
        255.0,
        ("vectors",),
    )


def _edge(path: Path) -> Exportable:
    """The matrix of task-only: a code of each photo's features, no longer than 1."""
    facts = json.loads(read_text(path, EDGE))
    rows, columns = _sizes_of_edge(path)
    expected = {"matrix": (rows, columns), "bias": (rows,), "scale": (rows,)}
    found = read_tensors(path, {name: torch.empty(shape, device="meta") for name, shape in expected.items()})
    matrix, bias = found["matrix"], found["bias"]

    def run(features: Tensor) -> tuple[Tensor, ...]:
        code = nn.functional.linear(features, matrix, bias)
        return (code / code.norm(dim=1, keepdim=True).clamp(min=1.0),)

    return Exportable(
        f"the edge's part of task-only, {facts.get('bits')} bits", run, (columns,), 1.0, ("code",)
    )


def _sizes_of_edge(path: Path) -> tuple[int, int]:
    """Rows and columns of the matrix, which the header says."""
    try:
        content = read_file(path, _LARGEST_EDGE)
        (length,) = struct.unpack("<Q", content[:8])
        rows, columns = json.loads(content[8 : 8 + length])["matrix"]["shape"]
    except (OSError, struct.error, ValueError, KeyError, TypeError) as error:
        raise ModelError("the edge's part is damaged", value=str(error)[:100], place=path) from None
    return int(rows), int(columns)


_READERS: Final[Mapping[Kind, Callable[[Path], Exportable]]] = {
    Kind.MODEL: _model,
    Kind.ENCODER: _encoder,
    Kind.SPLIT: _split,
    Kind.MASKNET: _masknet,
    Kind.RECOGNISER: _recogniser,
    Kind.EDGE: _edge,
}
