"""Public networks that recognise at home: by name, by file, and out of the copy beside a model."""

from pathlib import Path
from typing import Final

from masquerade.encoders import SHIPPED, open_encoder
from masquerade.encoders.recogniser import Recogniser, open_recogniser
from masquerade.errors import UsageError
from masquerade.files.kinds import Kind, kind_behind
from masquerade.training.closed_form.features import FeatureKind, PublicFeatures

OWN_VECTOR: Final = ("sface", "resnet-public")
"""Networks by name that have vectors of their own; dlib's is for audits alone."""
FILE: Final = "file"
"""What a model calls a network that lies beside it."""


def network_beside(model: Path) -> Path:
    """Where a copy of a model's network lies, if it is none that comes with the package."""
    return model.with_name(f"{model.name}.network")


def network_file(network: str) -> Path | None:
    """The file that a network was given by, if it was."""
    named = network in (*OWN_VECTOR, *SHIPPED) or not Path(network).is_file()
    return None if named else Path(network)


def kind_of_features(network: str) -> FeatureKind:
    """What a network gives best: its own vector, if it has one."""
    path = network_file(network)
    own = network in OWN_VECTOR if path is None else kind_behind(path) is Kind.RECOGNISER
    return "vector" if own else "maps"


def features_of_network(network: str, kind: FeatureKind, model: Path | None = None) -> PublicFeatures:
    """What a network gives of photos.

    Args:
        network: Its name or file, or "file" for the one beside a model.
        kind: What is wanted of it.
        model: The model that it lies beside.

    Raises:
        UsageError: If there is no such network, or it has no such features.
        ModelError: If its file is damaged.
        StudyError: If packages that it comes in are not installed.
    """
    if kind == "vector":
        return PublicFeatures.vector(recogniser_of_network(network, model))
    return PublicFeatures.maps(open_encoder(_where(network, model)))


def recogniser_of_network(network: str, model: Path | None = None) -> Recogniser:
    """The recogniser that a network is.

    Raises:
        UsageError: If it has no vector of its own.
        ModelError: If its file is damaged.
        StudyError: If packages that it comes in are not installed.
    """
    where = _where(network, model)
    if isinstance(where, str) and kind_of_features(where) != "vector":
        raise UsageError(
            "the network has no vector of its own that tells people apart",
            value=network,
            place="--network",
            remedy=f"Name {' or '.join(OWN_VECTOR)}, or a recogniser's file; or learn a map: --features maps.",
        )
    return open_recogniser(where)


def _where(network: str, model: Path | None) -> str | Path:
    return network_beside(model) if model is not None and network == FILE else network
