"""Attacks, one file each; every one names a target that it is known to break."""

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from masquerade.attacks.base import Attack
from masquerade.attacks.baselines.instahide_correlation import InstaHideCorrelation
from masquerade.attacks.baselines.instahide_reconstruction import InstaHideReconstruction
from masquerade.attacks.baselines.neuracrypt_patches import NeuraCryptPatches
from masquerade.attacks.baselines.protected_gallery import ProtectedGallery
from masquerade.attacks.blocks.brute_force_angle import BruteForceAngle
from masquerade.attacks.blocks.class_membership import ClassMembership
from masquerade.attacks.blocks.examiner_clean import ExaminerClean
from masquerade.attacks.blocks.examiner_fresh import ExaminerFresh
from masquerade.attacks.blocks.examiner_recovered import ExaminerRecovered
from masquerade.attacks.blocks.gram_fingerprint import GramFingerprint
from masquerade.attacks.blocks.jigsaw import Jigsaw
from masquerade.attacks.blocks.known_pairs import KnownPairs
from masquerade.attacks.blocks.moments import Moments
from masquerade.attacks.blocks.norm_fingerprint import NormFingerprint
from masquerade.attacks.cloaks.adaptive_tracker import AdaptiveTracker
from masquerade.attacks.cloaks.cloak_detection import CloakDetection
from masquerade.attacks.cloaks.hypernet_leak import HypernetLeak
from masquerade.attacks.cloaks.inversion import InversionNetwork
from masquerade.attacks.cloaks.tracker import Tracker
from masquerade.attacks.features.adaptive_decoding import AdaptiveDecoding
from masquerade.attacks.features.adaptive_search import AdaptiveSearch
from masquerade.attacks.features.averaged_repeats import AveragedRepeats
from masquerade.attacks.features.decoder import FeatureDecoding
from masquerade.attacks.features.denoiser import FeatureDenoising
from masquerade.attacks.features.hybrid_inversion import HybridInversion
from masquerade.attacks.features.identity import FeatureIdentity
from masquerade.attacks.features.latent_search import LatentSearch
from masquerade.attacks.features.lda import FeatureLDA
from masquerade.attacks.features.recogniser import FeatureRecogniser
from masquerade.attacks.generic.detection import Detection
from masquerade.attacks.generic.few_pairs_ridge import FewPairsRidge
from masquerade.attacks.generic.invariant_linkage import InvariantLinkage
from masquerade.attacks.generic.learned_inverter import LearnedInverter
from masquerade.attacks.generic.learned_linkage import LearnedLinkage
from masquerade.attacks.generic.model_membership import ModelMembership
from masquerade.attacks.generic.public_recogniser import PublicRecogniser
from masquerade.attacks.generic.vector_identity import VectorIdentity
from masquerade.attacks.people.class_matching import ClassMatching
from masquerade.attacks.people.class_sizes import ClassSizes
from masquerade.attacks.people.person_membership import PersonMembership
from masquerade.attacks.pictures.colours import Colours
from masquerade.attacks.pictures.file_traces import TracesOfFiles
from masquerade.attacks.pictures.learned_restoration import LearnedRestoration
from masquerade.attacks.pictures.parrot import Parrot
from masquerade.attacks.pictures.recogniser_alike import RecogniserAlike
from masquerade.attacks.pictures.recogniser_on_clean import RecogniserOnClean
from masquerade.attacks.pictures.recogniser_same_photo import RecogniserSamePhoto
from masquerade.attacks.pictures.surroundings import Surroundings
from masquerade.attacks.tokens.black_box import BlackBox
from masquerade.attacks.tokens.centring_eavesdropper import CentringEavesdropper
from masquerade.attacks.tokens.chosen_plaintext import ChosenFeatures
from masquerade.attacks.tokens.cosine_listener import CosineListener
from masquerade.attacks.tokens.discriminant_listener import DiscriminantListener
from masquerade.attacks.tokens.distillation import Distillation
from masquerade.attacks.tokens.eavesdropper import Eavesdropper
from masquerade.attacks.tokens.escalation import TokenEscalation
from masquerade.attacks.tokens.expectation import Expectation
from masquerade.attacks.tokens.expectation_invariant import ExpectationInvariant
from masquerade.attacks.tokens.fingerprint import FeatureFingerprint
from masquerade.attacks.tokens.known_pairs import TokenKnownPairs
from masquerade.attacks.tokens.moments import TokenMoments
from masquerade.attacks.tokens.random_network_known_pairs import NetworkKnownPairs
from masquerade.errors import StudyError, UnknownInStudy, did_you_mean
from masquerade.installed import ATTACKS, find_installed, names_installed

__all__ = ["EVERY_ATTACK", "attack_named", "every_attack"]

EVERY_ATTACK: tuple[type[Attack], ...] = (
    InvariantLinkage,
    LearnedLinkage,
    FewPairsRidge,
    VectorIdentity,
    PublicRecogniser,
    LearnedInverter,
    Detection,
    RecogniserOnClean,
    RecogniserAlike,
    RecogniserSamePhoto,
    Parrot,
    LearnedRestoration,
    Colours,
    Surroundings,
    TracesOfFiles,
    ProtectedGallery,
    BruteForceAngle,
    Jigsaw,
    Moments,
    KnownPairs,
    NormFingerprint,
    GramFingerprint,
    ExaminerClean,
    ExaminerFresh,
    ExaminerRecovered,
    ClassMembership,
    ModelMembership,
    TokenMoments,
    TokenKnownPairs,
    TokenEscalation,
    FeatureFingerprint,
    ChosenFeatures,
    ClassSizes,
    ClassMatching,
    PersonMembership,
    Expectation,
    ExpectationInvariant,
    BlackBox,
    Distillation,
    Eavesdropper,
    CentringEavesdropper,
    CosineListener,
    DiscriminantListener,
    InstaHideCorrelation,
    InstaHideReconstruction,
    NeuraCryptPatches,
    NetworkKnownPairs,
    Tracker,
    AdaptiveTracker,
    HypernetLeak,
    InversionNetwork,
    CloakDetection,
    FeatureDecoding,
    LatentSearch,
    HybridInversion,
    AdaptiveDecoding,
    AdaptiveSearch,
    FeatureDenoising,
    AveragedRepeats,
    FeatureIdentity,
    FeatureLDA,
    FeatureRecogniser,
)
"""Every attack: those of any protection, then by what it needs: nothing, pairs, candidates, a gallery, the model."""


def attack_named(name: str, options: Mapping[str, Any]) -> Attack:
    """An attack by its name, as study files say it.

    Args:
        name: Its ``name``.
        options: Its dataclass fields; where a field is an attack itself, that attack's name, or a table of the name
            and its options.

    Raises:
        StudyError: If there is no such attack or option.
    """
    by_name = {attack.name: attack for attack in EVERY_ATTACK}
    found = by_name.get(name) or find_installed(ATTACKS, name, Attack)  # type: ignore[type-abstract]
    if found is None:
        there = (*by_name, *names_installed(ATTACKS))
        remedy = f"{did_you_mean(name, there)}There are: {', '.join(there)}. Others must be installed."
        raise UnknownInStudy("no such attack", value=name, remedy=remedy)
    known = {field.name: field.type for field in fields(found)}  # type: ignore[arg-type]
    if unknown := sorted(set(options) - set(known)):
        raise StudyError(
            f"attack {name} has no such option",
            value=", ".join(unknown),
            remedy=f"Its options are: {', '.join(known) or 'none'}.",
        )
    first = {key: _within(value) for key, value in options.items() if known[key] is Attack}
    return found(**{**options, **first})


def every_attack() -> tuple[type[Attack], ...]:
    """Every attack of masquerade, and those that installed distributions bring.

    Raises:
        UsageError: If one of them cannot be loaded.
    """
    brought = (find_installed(ATTACKS, name, Attack) for name in names_installed(ATTACKS))  # type: ignore[type-abstract]
    return (*EVERY_ATTACK, *(attack for attack in brought if attack is not None))


def _within(said: object) -> Attack:
    """The attack that a study names inside another: a name, or a table with ``name``."""
    table = dict(said) if isinstance(said, Mapping) else {"name": said}
    return attack_named(str(table.pop("name", "")), table)
