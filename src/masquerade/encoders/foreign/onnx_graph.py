"""ONNX files, checked before anything is made of them."""

from pathlib import Path
from typing import Any

from masquerade.errors import ModelError, StudyError
from masquerade.extras import how_to_install


def graph_of(data: bytes, path: Path | str) -> Any:  # noqa: ANN401 - onnx has no types
    """The graph of an ONNX file that keeps all its numbers in itself.

    Raises:
        ModelError: If it is no such file.
        StudyError: If the package that reads it is not installed.
    """
    try:
        import onnx  # here, since few need it
    except ImportError as error:
        raise not_installed("onnx") from error
    try:
        graph = onnx.load_model_from_string(data).graph
    except Exception as error:  # protobuf's own, which its versions name differently
        raise ModelError("no ONNX file", value=first_line(error), place=path) from error
    if not graph.node:
        raise ModelError("no ONNX file", value="no operation in it", place=path)
    outside = onnx.TensorProto.EXTERNAL
    if any(each.data_location == outside for each in graph.initializer):
        raise ModelError(
            "an ONNX file that keeps its numbers in other files",
            place=path,
            remedy="Save it as one file (onnx.save_model without save_as_external_data).",
        )
    return graph


def not_installed(package: str) -> StudyError:
    """What is missing to read or run an ONNX file."""
    return StudyError(
        "ONNX recognisers cannot be run", place=f"package {package}", remedy=how_to_install("examiners")
    )


def first_line(error: Exception) -> str:
    """What a library said, cut to one line."""
    return str(error).split("\n")[0][:200]
