"""A recogniser of the user's own as an ONNX file, such as ArcFace or AdaFace: run by ONNX Runtime, for audits alone."""

from hashlib import sha256
from pathlib import Path
from typing import Any, Final, Literal, final

import torch
from torch import Tensor

from masquerade.encoders.base import digest_of
from masquerade.encoders.foreign.onnx_graph import first_line, graph_of, not_installed
from masquerade.encoders.recogniser_base import Recogniser
from masquerade.errors import ModelError
from masquerade.files.opening import read_file

Colours = Literal["rgb", "bgr"]

SIDE: Final = 112
_LARGEST: Final = 1 << 30
_MIDDLE: Final = 127.5
_NEAR_THE_INPUT: Final = 8
_SIZES: Final = range(16, 4097)


@final
class OnnxRecogniser(Recogniser):
    """Photos ``(n, 3, 112, 112)``, aligned by the ArcFace template, to vectors ``(n, d)``; not differentiable.

    Grey levels are brought to -1 to 1, as ArcFace and AdaFace are fed. Graphs that begin by subtracting and
    multiplying, as those that come from MXNet, take levels of 0 to 255 (the rule of InsightFace's own reader).

    Args:
        path: The file, which is taken for hostile.
        colours: Order of its channels: ``rgb`` (ArcFace) or ``bgr`` (AdaFace).

    Raises:
        ModelError: If it is no ONNX file, keeps numbers in other files, or its shapes are others.
        StudyError: If the packages that read it are not installed.
    """

    def __init__(self, path: Path, colours: Colours = "rgb") -> None:
        data = _bytes_of(path)
        graph = graph_of(data, path)
        self._session = _session(data, path)
        self._batches = _require_input(self._session, graph, path)
        self._colours: Colours = colours
        self._scaled = not _scales_itself(graph)
        self._path = path
        size = self._size()
        digest = digest_of([type(self).__name__, sha256(data).hexdigest(), colours], {})
        super().__init__(path.name, SIDE, size, digest, differentiable=False)

    @torch.no_grad()
    def vectors(self, images: Tensor) -> Tensor:
        """Vectors ``(n, d)``."""
        ordered = images.flip(1) if self._colours == "bgr" else images
        fed = (ordered - _MIDDLE) / _MIDDLE if self._scaled else ordered
        parts = [fed] if self._batches else torch.split(fed, 1)
        return torch.cat([self._run(part) for part in parts])

    def _run(self, fed: Tensor) -> Tensor:
        name = self._session.get_inputs()[0].name
        try:
            (found, *_) = self._session.run(None, {name: fed.contiguous().numpy()})
        except Exception as error:  # ONNX Runtime raises what its build names, all of it Exceptions
            raise ModelError(
                "an ONNX recogniser that does not run", value=first_line(error), place=self._path
            ) from error
        vectors = torch.from_numpy(found)
        if vectors.ndim != 2 or len(vectors) != len(fed) or not bool(vectors.isfinite().all()):
            raise _other_shape("vectors", f"{tuple(found.shape)}", f"({len(fed)}, d), finite", self._path)
        return vectors.float()

    def _size(self) -> int:
        """Numbers of a vector, from one photo."""
        size = int(self._run(torch.zeros(1, 3, SIDE, SIDE)).shape[1])
        if size not in _SIZES:
            raise _other_shape(
                "vectors", f"{size} numbers", f"{_SIZES.start} to {_SIZES.stop - 1}", self._path
            )
        return size


def _bytes_of(path: Path) -> bytes:
    try:
        return read_file(path, _LARGEST)
    except OSError as error:
        raise ModelError("an ONNX file that cannot be read", value=error.strerror, place=path) from error


def _session(data: bytes, path: Path) -> Any:  # noqa: ANN401 - ONNX Runtime has no types
    try:
        import onnxruntime  # here, since few need it
    except ImportError as error:
        raise not_installed("onnxruntime") from error
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.log_severity_level = torch.get_num_threads(), 4
    try:
        return onnxruntime.InferenceSession(data, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # ONNX Runtime raises what its build names, all of it Exceptions
        raise ModelError("an ONNX file that cannot be run", value=first_line(error), place=path) from error


def _require_input(session: Any, graph: Any, path: Path) -> bool:  # noqa: ANN401
    """Pass if the one input is of photos; returns whether several go in at once."""
    weights = {each.name for each in graph.initializer}
    inputs = [each for each in session.get_inputs() if each.name not in weights]
    shapes = [tuple(each.shape) for each in inputs]
    if len(inputs) != 1 or len(shapes[0]) != 4 or shapes[0][1:] != (3, SIDE, SIDE):
        raise _other_shape("photos", ", ".join(map(str, shapes)), f"one input (n, 3, {SIDE}, {SIDE})", path)
    if inputs[0].type != "tensor(float)":
        raise _other_shape("photos", inputs[0].type, "tensor(float)", path)
    return not isinstance(shapes[0][0], int)


def _scales_itself(graph: Any) -> bool:  # noqa: ANN401
    first = {node.op_type for node in list(graph.node)[:_NEAR_THE_INPUT]}
    return bool(first & {"Sub", "Add"}) and bool(first & {"Mul", "Div"})


def _other_shape(what: str, found: str, expected: str, path: Path) -> ModelError:
    return ModelError(
        f"an ONNX recogniser with {what} of another shape",
        value=f"{found}, expected {expected}",
        place=path,
        remedy="Export the network for aligned faces of 112 pixels, its vectors as the first output.",
    )
