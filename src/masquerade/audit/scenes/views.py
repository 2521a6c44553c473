"""Builds what one attacker sees, and the truth that its guess is scored against."""

from dataclasses import dataclass
from functools import partial

import numpy as np
import torch
from torch import Tensor

from masquerade.attacks.base import Labelled, Others, Pairing, Pairs, Sight, View
from masquerade.audit.scenes.crossed import named_alike, traces_of
from masquerade.audit.scenes.evaluator import Evaluator
from masquerade.audit.scenes.features import prior_faces, require_split_of
from masquerade.audit.scenes.galleries import gallery_sight
from masquerade.audit.scenes.gallery import gallery_of, labelled
from masquerade.audit.scenes.tracking_view import (
    OpenedWhenAsked,
    scrambled_among_plain,
    tracked_sight,
    with_clean,
)
from masquerade.audit.studies.study import AttackSpec
from masquerade.audit.trial import Trial, disguise_held
from masquerade.data.image_set import ImageSet
from masquerade.encoders.recogniser import RECOGNISERS
from masquerade.errors import NotApplicable
from masquerade.metrics.base import Truth
from masquerade.training import embeddings

PROBES_A_CLASS = 200
"""Images of one probed class: enough for a histogram, and bounded where classes have thousands."""


@dataclass(frozen=True)
class Budget:
    """What limits one attack.

    Args:
        images: Released images that it gets; None for all.
        pairs: Leaked pairs.
        shared: Released images that are public as well.
        clean: Published photos of each tracked user that are not cloaked.
        gallery: Photos of each person that the attacker has; None for all.
    """

    images: int | None
    pairs: int | None
    shared: int | None = None
    clean: int | None = None
    gallery: int | None = None


def build_view(
    trial: Trial, attack: AttackSpec, sights: frozenset[Sight], budget: Budget, rng: np.random.Generator
) -> tuple[View, Truth]:
    """A view with exactly ``sights``, and its truth.

    Where an image is released in several encodings, the truth is that of the first ones.

    Args:
        trial: The repetition under attack.
        attack: The attack's section of the study.
        sights: What the attacker may see beside the released images.
        budget: How many released images and pairs.
        rng: Chooses rows, and the attacker's fresh keys.
    """
    public = trial.scene.auxiliary[attack.auxiliary] if attack.auxiliary else trial.scene.public
    private = trial.scene.train if attack.target == "train" else trial.scene.test
    others = Sight.GALLERY in sights and attack.gallery == "other" and not attack.decoys
    known = gallery_of(trial, attack.target, budget.gallery) if others else None
    rows, spare = _rows(known.released if known else torch.arange(len(private)), budget, rng)
    victims = private.take(rows)
    released, of = trial.release_of(private, rows)
    if budget.clean:
        released = with_clean(released, victims, budget.clean)
    shown: dict[str, object] = {}
    truth: dict[str, Tensor] = {}
    for sight in sights:
        match sight:
            case Sight.LABELS:
                shown["labels"] = victims.labels[of]
            case Sight.RECIPE:
                shown["recipe"] = trial.disguise.describe()
            case Sight.PUBLIC:
                shown["public"] = labelled(public, _photos_of(trial, attack))
            case Sight.GALLERY:
                if known is None:
                    left = private.without(rows, spare)
                    shown["gallery"], found = gallery_sight(trial.scene, attack, victims, left)
                else:
                    shown["gallery"], found = known.shown, known.truth
                truth |= found
            case Sight.FRESH:
                held = None if attack.fresh is None else disguise_held(attack.fresh)
                shown["fresh"] = partial(trial.fresh, rng, held)
            case Sight.PAIRS:
                leaked = private.images[spare]
                shown["pairs"] = Pairs(leaked.float(), trial.leaked(private, spare))
            case Sight.MODEL:
                shown["model"] = trial.probabilities
            case Sight.CANDIDATES:
                chosen = _CANDIDATES[attack.candidates]
                back = trial.scene.test if attack.target == "train" else trial.scene.train
                suspects = _Known(victims, private.without(rows, spare), public, back, budget.shared)
                shown["candidates"], found = chosen(suspects)
                truth |= found
            case Sight.PAIRING:
                shown["pairing"] = _pairing(trial.shares(victims.images), of)
            case Sight.QUERY:
                if attack.generic and not _answers_anybody(trial):
                    raise NotApplicable("nobody but the owner gets answers of this protection")
                shown["query"] = trial.disguised
            case Sight.RECOGNISERS:
                shown["recognisers"] = OpenedWhenAsked(RECOGNISERS)
            case Sight.SIGHTINGS if trial.cloaks is None:
                shown["sightings"], found = scrambled_among_plain(trial)
                truth |= found
            case Sight.TEACHER:
                shown["teacher"] = lambda images: embeddings(trial.teacher, images)
            case Sight.BYSTANDERS | Sight.SIGHTINGS | Sight.OWN:
                shown[sight], found = tracked_sight(trial, sight)
                truth |= found
            case Sight.SPLIT:
                shown["split"] = require_split_of(trial.disguise).network
            case Sight.REPEATS:
                shown["repeats"] = partial(trial.repeated, private, rows)
            case Sight.ALIKE:
                shown["alike"] = named_alike(trial, attack.target)
            case Sight.OTHERS if trial.given is None:
                shown["others"] = Others(labelled(public, public), trial.disguised(public.images))
            case Sight.FILES:
                shown["files"] = traces_of(trial, attack, rows)
                truth |= {"candidate_rows": torch.arange(len(rows))}
            case Sight.PROBES:
                shown["probes"], truth = _probes(trial, truth)
    measured = trial.traits
    traits = trial.disguise.traits if measured is None else measured.traits
    view = View(released=released, traits=traits, **shown)  # type: ignore[arg-type]
    if attack.target == "test" and trial.known is not None:
        truth |= {"gallery": trial.known.images, "gallery_identities": trial.known.labels}
    evaluator = Evaluator(trial.known) if "gallery" in truth and trial.known is not None else None
    if trial.disguise.features_of is not None:
        truth |= prior_faces(victims.shape)
    originals = victims.images.float()
    same = released if released.shape == originals.shape else None
    units = trial.scene.units(victims)
    return view, Truth(
        originals=originals,
        identities=victims.labels,
        units=units,
        released=same,
        evaluator=evaluator,
        **truth,
    )


def _rows(released: Tensor, budget: Budget, rng: np.random.Generator) -> tuple[Tensor, Tensor]:
    """Rows attacked, and rows leaked as pairs; disjoint."""
    order = released[torch.from_numpy(rng.permutation(len(released)))]
    pairs = budget.pairs or 0
    limit = len(order) if budget.images is None else budget.images
    return order[pairs : pairs + limit], order[:pairs]


@dataclass(frozen=True)
class _Known:
    """Who might be suspected: the victims, other photos of their people, public people, and photos held back."""

    victims: ImageSet
    others: ImageSet
    public: ImageSet
    held: ImageSet
    shared: int | None


def _among_public(known: _Known) -> tuple[Tensor, dict[str, Tensor]]:
    """The victims' own photos among photos of other people."""
    victims = known.victims
    parts = (victims.images, known.public.images)
    people = torch.cat([victims.labels, known.public.labels + int(victims.labels.max()) + 1])
    return _suspects(parts, people, torch.arange(len(victims)), len(victims))


def _owners_alone(known: _Known) -> tuple[Tensor, dict[str, Tensor]]:
    """The victims' own photos and nobody else's."""
    victims = known.victims
    return _suspects((victims.images,), victims.labels, torch.arange(len(victims)), len(victims))


def _some_shared(known: _Known) -> tuple[Tensor, dict[str, Tensor]]:
    """A few of the victims' own photos, other photos of the same people, and photos of other people."""
    victims, count = known.victims, known.shared or 0
    rows = torch.where(torch.arange(len(victims)) < count, torch.arange(len(victims)), -1)
    apart = int(max(victims.labels.max(), known.others.labels.max())) + 1
    people = torch.cat([victims.labels[:count], known.others.labels, known.public.labels + apart])
    parts = (victims.images[:count], known.others.images, known.public.images)
    return _suspects(parts, people, rows, count)


def _among_held(known: _Known) -> tuple[Tensor, dict[str, Tensor]]:
    """The victims' own photos among photos of the same people that were held back."""
    victims, held = known.victims, known.held
    own = torch.arange(len(victims))
    return _suspects(
        (victims.images, held.images), torch.cat([victims.labels, held.labels]), own, len(victims)
    )


_CANDIDATES = {
    "public": _among_public,
    "owner": _owners_alone,
    "shared": _some_shared,
    "held": _among_held,
}


def _suspects(
    parts: tuple[Tensor, ...], people: Tensor, rows: Tensor, members: int
) -> tuple[Tensor, dict[str, Tensor]]:
    images = torch.cat(parts).float()
    inside = torch.arange(len(images)) < members
    return images, {"members": inside, "candidate_rows": rows, "candidate_identities": people}


def _pairing(shares: Tensor, own: Tensor) -> Pairing:
    """The originals of each released image, its own first."""
    k = int((shares > 0).sum(1).max())
    ranked = shares.clone()
    ranked[torch.arange(len(shares)), own] = torch.inf
    originals = ranked.topk(k, dim=1).indices
    return Pairing(originals, shares.gather(1, originals))


def _probes(trial: Trial, truth: dict[str, Tensor]) -> tuple[Labelled, dict[str, Tensor]]:
    """Original-form images of trained classes and of classes never trained on."""
    inside, outside = trial.scene.test, trial.scene.outsiders
    outside = outside or trial.scene.public
    if set(inside.names) & set(outside.names):
        raise NotApplicable(
            "there are no classes that were not trained on",
            place="data.outsiders",
            remedy="Ask for outsiders in the study's data, or leave the attack out.",
        )
    shift = len(inside.names)
    images, labels = [], []
    for source, offset in ((inside, 0), (outside, shift)):
        for label in torch.unique(source.labels).tolist():
            of_class = source.images[source.labels == label][:PROBES_A_CLASS]
            images.append(of_class)
            labels.append(torch.full((len(of_class),), label + offset))
    numbers, dense = torch.unique(torch.cat(labels), return_inverse=True)
    members = numbers < shift
    return Labelled(torch.cat(images).float(), dense), {
        **truth,
        "members": members,
        "candidate_identities": torch.arange(len(numbers)),
    }


def _answers_anybody(trial: Trial) -> bool:
    """Whether anybody gets answers for photos of his own: the protection has no key, or an app sends them."""
    return trial.distilled is not None or not trial.disguise.keyed_by_secret


def _photos_of(trial: Trial, attack: AttackSpec) -> ImageSet:
    """The public people's photos, row by row, before any public encoder."""
    return trial.photos.auxiliary[attack.auxiliary] if attack.auxiliary else trial.photos.public
