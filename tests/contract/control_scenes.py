"""Small scenes of real faces on which every attack must break what it is made to break, by family."""

from collections.abc import Callable
from pathlib import Path
from typing import Final

from scenes_of_cloaks import followed
from scenes_of_features import fresh_of, generated, of_features, of_tokens, recognised
from scenes_of_files import with_traces
from scenes_of_people import named_by_means, people_inside
from scenes_of_photos import codes, examined, membership, mixtures, networked, photo_membership, pixels, sizes

import token_examples as tokens
from class_matching_examples import QUICK
from feature_attack_examples import mixed
from feature_examples import TINY
from masquerade.attacks.base import Attack
from masquerade.attacks.baselines.instahide_correlation import InstaHideCorrelation
from masquerade.attacks.baselines.instahide_reconstruction import InstaHideReconstruction
from masquerade.attacks.baselines.neuracrypt_patches import NeuraCryptPatches
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
from masquerade.attacks.generic.few_pairs_ridge import FewPairsRidge
from masquerade.attacks.generic.model_membership import ModelMembership
from masquerade.attacks.people.class_sizes import ClassSizes
from masquerade.attacks.people.person_membership import PersonMembership
from masquerade.attacks.pictures.file_traces import TracesOfFiles
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
from masquerade.disguises import (
    BlockMatrix,
    BlockPermutation,
    Chain,
    MatchedNoise,
)
from masquerade.testing import AttackCase
from masquerade.testing.attack import control_case

Scene = tuple[Attack, Callable[[], AttackCase]]
DOTTED: Final = MatchedNoise(20, fresh=True)

EXAMINER: Final = {"options": {"width": 8, "hidden": 64}, "steps": 120, "batch_size": 32}
XNN: Final = {"options": TINY, "steps": 60, "batch_size": 48}
DECODER: Final = {"epochs": 15, "width": 8}


def scenes(generator: Path) -> dict[str, Scene]:
    """Every attack of which a scene is known, small enough to run here, by name.

    Args:
        generator: The file of a generator of faces of 32 x 32.
    """
    search = {"generator": str(generator), "restarts": 2, "steps": 30, "learning_rate": 0.1}
    every: tuple[Scene, ...] = (
        (TracesOfFiles(), with_traces),
        (BruteForceAngle(), pixels(BlockMatrix(2), count=40)),
        (Jigsaw(), pixels(BlockPermutation(4), count=40)),
        (Moments(), pixels(BlockMatrix(4))),
        (KnownPairs(), pixels(BlockMatrix(4), count=60, pairs=2)),
        (NormFingerprint(), pixels(BlockMatrix(4))),
        (FewPairsRidge(), lambda: control_case(FewPairsRidge(), pairs=16)),
        (GramFingerprint(), pixels(BlockMatrix(4, variant="block"), count=120)),
        (ExaminerClean(**EXAMINER), examined(Chain(), 0.5)),
        (ExaminerFresh(**EXAMINER), examined(BlockPermutation(16), 0.4)),
        (ExaminerRecovered(**EXAMINER), examined(BlockMatrix(4), 0.4)),
        (ClassMembership(), membership),
        (ClassSizes(), sizes),
        (ModelMembership(**EXAMINER), photo_membership),
        (QUICK, named_by_means),
        (PersonMembership(restarts=8, proposals=1_000_000), people_inside),
        (TokenMoments(), of_tokens(tokens.ORTHOGONAL, 0.4)),
        (TokenKnownPairs(), of_tokens(tokens.GAUSSIAN, pairs=1)),
        (TokenEscalation(guesses=12), of_tokens(tokens.GAUSSIAN)),
        (FeatureFingerprint(), of_tokens(tokens.ORTHOGONAL)),
        (
            ChosenFeatures(),
            of_tokens(tokens.GAUSSIAN, query=lambda maps: tokens.disguised(maps, tokens.GAUSSIAN)),
        ),
        (
            ExpectationInvariant(options=TINY, steps=20, worlds=2),
            of_tokens(tokens.ORTHOGONAL, fresh=fresh_of(tokens.ORTHOGONAL)),
        ),
        (Expectation(**XNN), recognised(0.2)),
        (BlackBox(**XNN), recognised(0.35, tokens.GAUSSIAN)),
        (Distillation(**XNN), recognised(0.3, tokens.GAUSSIAN)),
        (Eavesdropper(**XNN), recognised(0.2)),
        (CentringEavesdropper(**XNN | {"steps": 250}), recognised(0.1)),
        (CosineListener(), recognised(0.3)),
        (DiscriminantListener(size=60), recognised(0.3)),
        (InstaHideCorrelation(), mixtures("membership_auc", 0.9)),
        (InstaHideReconstruction(), mixtures("linkage", 0.9)),
        (NeuraCryptPatches(), codes),
        (NetworkKnownPairs(), networked),
        (Tracker(body="pixels"), followed("tracked", 0.7)),
        (AdaptiveTracker("whitened", body="pixels", masknets=2, pairs=60), followed("tracked", 0.6)),
        (
            HypernetLeak("nearest", "pixels", masknets=8, pairs=72, steps=60, width=8),
            followed("tracked", 0.6),
        ),
        (
            InversionNetwork(pairs=100, steps=120, width=8),
            followed("energy_removed", 0.15, MatchedNoise(20, fresh=True)),
        ),
        (
            CloakDetection(masknets=2, pairs=100, steps=80),
            followed("cloak_detection", 0.9, MatchedNoise(20, fresh=True)),
        ),
        (FeatureDecoding(**DECODER), of_features("linkage", 0.3)),
        (LatentSearch(**search | {"restarts": 4, "steps": 60}), generated(generator)),
        (HybridInversion(**DECODER, steps=10, learning_rate=0.01), of_features("linkage", 0.3)),
        (AdaptiveDecoding(queries=200, epochs=15, first=15, width=8), of_features("linkage", 0.3, mixed)),
        (AdaptiveSearch(**search, queries=24, epochs=5), generated(generator)),
        (
            FeatureDenoising(FeatureDecoding(**DECODER), queries=200, steps=150, width=16),
            of_features("linkage", 0.3, mixed),
        ),
        (AveragedRepeats(FeatureDecoding(**DECODER)), of_features("linkage", 0.3)),
        (FeatureIdentity(size=60), of_features("identification", 0.4)),
        (FeatureLDA(), of_features("identification", 0.4)),
        (FeatureRecogniser(recogniser="resnet-public"), of_features("identification", 0.4)),
    )
    return {attack.name: (attack, build) for attack, build in every}
