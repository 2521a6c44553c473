"""What a tracker sees: photos met later, and public recognisers."""

from collections.abc import Callable, Iterator, Mapping
from typing import Final, final

import torch
from torch import Tensor

from masquerade.attacks.base import Labelled, Sight
from masquerade.audit.scenes.cloaked import Cloaks
from masquerade.audit.scenes.scene import Scene
from masquerade.audit.trial import Trial
from masquerade.data.image_set import ImageSet
from masquerade.encoders.recogniser import open_recogniser
from masquerade.errors import NotApplicable

_BATCH: Final = 64
_MET: Final = 200


def tracked_sight(trial: Trial, sight: Sight) -> tuple[object, dict[str, Tensor]]:
    """What a tracker is shown under one name, and the fields of ``Truth`` that go with it.

    Raises:
        NotApplicable: If the study tracks nobody.
    """
    if trial.cloaks is None or trial.scene.bystanders is None:
        raise NotApplicable(
            "nobody is tracked in this study", place="data.tracked", remedy="Say how many users are tracked."
        )
    known = trial.scene.bystanders.known
    match sight:
        case Sight.BYSTANDERS:
            return Labelled(known.images.float(), known.labels), {}
        case Sight.OWN:
            return trial.cloaks.of, {}
        case _:
            return _sightings(trial.scene, trial.scene.bystanders.later, trial.cloaks)


def scrambled_among_plain(trial: Trial) -> tuple[Tensor, dict[str, Tensor]]:
    """Photos met later where nobody is tracked: some as they are, others under the owner's key; and which are which.

    Raises:
        NotApplicable: If protected ones have another shape, which anybody sees.
    """
    test = trial.scene.test.take(torch.arange(min(len(trial.scene.test), 2 * _MET)))
    half = len(test) // 2
    protected = trial.disguised(test.images[:half])
    if protected.shape[1:] != test.images.shape[1:]:
        raise NotApplicable("what is released has another shape than photos, which anybody sees")
    met = torch.cat([protected, test.images[half:].float()])
    return met, {"sighting_identities": test.labels, "sighting_cloaked": torch.arange(len(met)) < half}


def with_clean(released: Tensor, users: ImageSet, clean: int) -> Tensor:
    """What tracked users publish if the first ``clean`` photos of each stay without a cloak."""
    seen: dict[int, int] = {}
    bare = []
    for row, user in enumerate(users.labels.tolist()):
        seen[user] = seen.get(user, 0) + 1
        if seen[user] <= clean:
            bare.append(row)
    mixed = released.clone()
    mixed[bare] = users.images[bare].float()
    return mixed


def _sightings(scene: Scene, met: ImageSet, cloaks: Cloaks) -> tuple[Tensor, dict[str, Tensor]]:
    """Photos met later and who is on them: users' clean ones, the same under cloaks, bystanders'."""
    later = scene.test
    photos = torch.cat([later.images.float(), cloaks.cloaked(later), met.images.float()])
    people = torch.cat([later.labels, later.labels, met.labels + len(scene.train.names)])
    cloaked = torch.zeros(len(photos), dtype=torch.bool)
    cloaked[len(later) : 2 * len(later)] = True
    return photos, {"sighting_identities": people, "sighting_cloaked": cloaked}


@final
class OpenedWhenAsked(Mapping[str, Callable[[Tensor], Tensor]]):
    """Public recognisers by name, each opened when it is first used: some come in optional packages.

    Args:
        names: Their names, as ``open_recogniser`` takes them.
    """

    def __init__(self, names: tuple[str, ...]) -> None:
        self._names = names

    def __getitem__(self, name: str) -> Callable[[Tensor], Tensor]:
        if name not in self._names:
            raise KeyError(name)
        recogniser = open_recogniser(name)

        def embed(images: Tensor) -> Tensor:
            with torch.no_grad():
                return torch.cat([recogniser.embed(some) for some in torch.split(images.float(), _BATCH)])

        return embed

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)
