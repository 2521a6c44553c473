"""A small scene for every attack: built-in faces under a target that it breaks, and options that take about a second.

One row an attack. Whoever adds an attack adds a row; ``test_revisions.py`` says so where it is missing.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Final, final

import numpy as np
from scenes_of_files import with_traces

from masquerade.attacks.base import Guess, Sight, View
from masquerade.audit.run_attack import make_attack
from masquerade.audit.scenes.encoded import EncodedScenes
from masquerade.audit.scenes.scene import make_scene
from masquerade.audit.scenes.views import Budget, build_view
from masquerade.audit.studies.study import ArmSpec, AttackSpec, DataSpec, TrainingSpec
from masquerade.audit.trial import Trial
from masquerade.metrics.base import Truth

DATA: Final[Mapping[str, dict[str, Any]]] = {
    "photos": {"height": 32, "width": 32, "mode": "RGB", "classes": 16, "test_share": 0.3, "public": 160},
    "grey": {"height": 32, "width": 32, "mode": "L", "classes": 20, "test_share": 0.3, "public": 160},
    "large": {"height": 112, "width": 112, "mode": "RGB", "classes": 6, "test_share": 0.3, "public": 60},
    "faces112": {"height": 112, "width": 112, "mode": "RGB", "classes": 6, "test_share": 0.4, "public": 40},
    "tokens": {"height": 112, "width": 112, "mode": "RGB", "classes": 16, "test_share": 0.4, "public": 200},
    "private": {"height": 64, "width": 64, "mode": "RGB", "private": 12, "test_share": 0.5, "public": 120},
    "tracked": {
        "height": 64,
        "width": 64,
        "mode": "RGB",
        "min_images": 10,
        "tracked": 4,
        "published": 6,
        "bystanders": 10,
        "bystander_min_images": 10,
        "public_min_images": 10,
        "public_most_images": 10,
    },
}
"""How built-in faces are divided."""

TRAINING: Final = TrainingSpec(preset="laptop-mlp", change={"epochs": 3, "precision": "float32"})
"""Where an attack needs a model or a teacher."""


@final
@dataclass(frozen=True)
class AttackScene:
    """What an attack is run on.

    Args:
        data: Name of a division in ``DATA``.
        arm: The target, as a study's arm; by itself the recipe of the attack's control.
        options: Of the attack.
        spec: More of the attack's section of a study: ``metric`` (by itself the control's), ``images``, ``shows`` ...
    """

    data: str
    arm: Mapping[str, Any] = field(default_factory=dict)
    options: Mapping[str, Any] = field(default_factory=dict)
    spec: Mapping[str, Any] = field(default_factory=dict)


TOKENS: Final = {"recipe": "control-tokens-orthogonal", "encoder": "vit-small"}
BARE_TOKENS: Final = {"recipe": "xnn-none", "encoder": "vit-small"}
TEST: Final = {"target": "test"}
LEARNT: Final = {"network": "mlp", "options": {}, "steps": 60}

SCENES: Final[Mapping[str, AttackScene]] = {
    "recogniser_on_clean": AttackScene("faces112", spec={"images": 12}),
    "recogniser_alike": AttackScene("faces112", spec={"images": 12}),
    "recogniser_same_photo": AttackScene("faces112", spec={"images": 12}),
    "parrot": AttackScene("faces112", spec={"images": 12}),
    "learned_restoration": AttackScene("faces112", options={"steps": 2, "pairs": 40}, spec={"images": 12}),
    "colours": AttackScene("photos"),
    "surroundings": AttackScene("photos"),
    "file_traces": AttackScene("photos"),
    "invariant_linkage": AttackScene("photos", spec={"images": 60}),
    "learned_linkage": AttackScene(
        "photos", options={"keys": 3, "photos": 120, "steps": 10}, spec={"images": 60}
    ),
    "few_pairs_ridge": AttackScene("photos", spec={"images": 90, "pairs": 16}),
    "vector_identity": AttackScene("photos", options={"photos": 100}),
    "public_recogniser": AttackScene(
        "photos", options={"photos": 30, "keys": 1, "steps": 5, "gallery": 2}, spec={"images": 20}
    ),
    "learned_inverter": AttackScene("photos", options={"steps": 10}, spec={"images": 40}),
    "detection": AttackScene("photos", options={"photos": 60}),
    "protected_gallery": AttackScene("photos", options={"photos": 60, "gallery": 2}, spec={"images": 20}),
    "brute_force_angle": AttackScene("grey", options={"angles": 40}, spec={"images": 40}),
    "jigsaw": AttackScene("grey", spec={"images": 40}),
    "moments": AttackScene("grey", spec={"images": 60}),
    "known_pairs": AttackScene("photos", spec={"images": 60, "pairs": 8, "shows": ["public"]}),
    "norm_fingerprint": AttackScene("grey", spec={"images": 60}),
    "gram_fingerprint": AttackScene("grey", spec={"images": 100}),
    "examiner_clean": AttackScene("grey", options={"steps": 60}, spec=TEST),
    "examiner_fresh": AttackScene("grey", options={"steps": 60}, spec=TEST),
    "examiner_recovered": AttackScene("grey", options={"steps": 60}, spec={**TEST, "shows": ["public"]}),
    "class_membership": AttackScene("photos"),
    "model_membership": AttackScene(
        "photos", options={"references": 1, "steps": 30}, spec={"candidates": "held"}
    ),
    "token_moments": AttackScene("tokens", TOKENS, {"modes": 2, "orders": 1}, spec={"shows": ["public"]}),
    "token_known_pairs": AttackScene("tokens", TOKENS, spec={"shows": ["public"], "pairs": 16}),
    "token_escalation": AttackScene("tokens", TOKENS, options={"guesses": 5, "rounds": 1}),
    "feature_fingerprint": AttackScene("tokens", TOKENS, spec=TEST),
    "chosen_features": AttackScene("tokens", TOKENS, spec=TEST),
    "class_sizes": AttackScene("photos"),
    "class_matching": AttackScene("photos", options={"restarts": 2, "proposals": 200_000}),
    "person_membership": AttackScene(
        "photos", options={"restarts": 2, "proposals": 200_000}, spec={"decoys": 12}
    ),
    "expectation": AttackScene("tokens", BARE_TOKENS, LEARNT, TEST),
    "expectation_invariant": AttackScene("tokens", TOKENS, LEARNT, TEST),
    "black_box": AttackScene("tokens", BARE_TOKENS, LEARNT, TEST),
    "distillation": AttackScene("tokens", BARE_TOKENS, LEARNT, TEST),
    "eavesdropper": AttackScene("tokens", BARE_TOKENS, LEARNT, TEST),
    "centring_eavesdropper": AttackScene("tokens", BARE_TOKENS, LEARNT, TEST),
    "cosine_listener": AttackScene("tokens", BARE_TOKENS, spec=TEST),
    "discriminant_listener": AttackScene("tokens", BARE_TOKENS, {"size": 60}, TEST),
    "instahide_correlation": AttackScene("photos", {"recipe": "instahide-k2"}, spec={"images": 60}),
    "instahide_reconstruction": AttackScene(
        "grey",
        {"recipe": "instahide-k2", "encodings": 3},
        {"rounds": 2, "first_steps": 30, "steps": 20},
        {"images": 20, "shows": ["public"]},
    ),
    "neuracrypt_patches": AttackScene("large", spec={"images": 40}),
    "network_known_pairs": AttackScene("large", spec={"images": 20, "pairs": 16}),
    "tracker": AttackScene("tracked"),
    "adaptive_tracker": AttackScene("tracked", options={"pairs": 32, "masknets": 2, "epochs": 1}),
    "hypernet_leak": AttackScene("tracked", options={"pairs": 32, "masknets": 2, "steps": 10}),
    "inversion_network": AttackScene("tracked", options={"pairs": 32, "steps": 20}),
    "cloak_detection": AttackScene("tracked", options={"pairs": 32, "steps": 20}),
    "feature_decoding": AttackScene("private", options={"photos": 60, "epochs": 2}, spec=TEST),
    "latent_search": AttackScene("private", options={"restarts": 1, "steps": 5}, spec={**TEST, "images": 8}),
    "hybrid_inversion": AttackScene(
        "private", options={"photos": 60, "epochs": 2, "steps": 5}, spec={**TEST, "images": 8}
    ),
    "adaptive_decoding": AttackScene(
        "private", options={"queries": 40, "epochs": 2, "photos": 60, "first": 1}, spec={**TEST, "images": 16}
    ),
    "adaptive_search": AttackScene(
        "private", options={"queries": 20, "epochs": 1, "steps": 5}, spec={**TEST, "images": 8}
    ),
    "feature_denoising": AttackScene(
        "private",
        options={
            "queries": 40,
            "steps": 10,
            "then": {"name": "feature_decoding", "photos": 60, "epochs": 1},
        },
        spec={**TEST, "images": 16},
    ),
    "averaged_repeats": AttackScene(
        "private",
        options={"queries": 2, "then": {"name": "feature_decoding", "photos": 60, "epochs": 1}},
        spec={**TEST, "images": 16},
    ),
    "feature_identity": AttackScene("private", options={"size": 20}, spec=TEST),
    "feature_lda": AttackScene("private", spec=TEST),
    "feature_recogniser": AttackScene("private", spec=TEST),
}


@cache
def trial_of(name: str) -> Trial:
    """One repetition of the target that an attack is run on."""
    scene = SCENES[name]
    control = make_attack(AttackSpec(name=name, metric="linkage")).control
    said = {"name": "target", "recipe": control.recipe, "encodings": control.encodings, **scene.arm}
    return _trial(scene.data, ArmSpec.model_validate(said).model_dump_json())


@cache
def _trial(data: str, arm: str) -> Trial:
    return Trial(_scenes(data), ArmSpec.model_validate_json(arm), TRAINING, 0)


@cache
def _scenes(data: str) -> EncodedScenes:
    return EncodedScenes(make_scene(DataSpec.model_validate({"source": "orl", **DATA[data]}), None), None)


def spec_of(name: str) -> AttackSpec:
    """The attack's section of a study."""
    scene = SCENES[name]
    metric = make_attack(AttackSpec(name=name, metric="linkage")).control.metric
    return AttackSpec.model_validate(
        {"name": name, "metric": metric, "options": dict(scene.options), **scene.spec}
    )


def answer(name: str, seed: int = 0) -> tuple[Guess, Truth, View]:
    """The attack's guess on its scene, the truth that only an audit holds, and what the attack saw."""
    if name == "file_traces":
        case = with_traces()
        return make_attack(spec_of(name))(case.view, np.random.default_rng(seed)), case.truth, case.view
    trial, spec = trial_of(name), spec_of(name)
    attack = make_attack(spec)
    sights = attack.needs | attack.wants | {Sight(sight) for sight in spec.shows}
    rng = np.random.default_rng([seed, 2])
    view, truth = build_view(
        trial, spec, sights, Budget(spec.images, spec.pairs, spec.shared, spec.clean), rng
    )
    return attack(view, rng), truth, view
