"""Maps by which people are told apart, learnt in closed form."""

import pytest
import torch

from masquerade.audit.scenes.scene import make_scene
from masquerade.audit.studies.study import DataSpec
from masquerade.errors import UsageError
from masquerade.metrics import recognition
from masquerade.training.closed_form.projection import COMPONENTS, DIRECTIONS, discriminants, whitening

FACES = DataSpec(source="orl", height=32, width=32, mode="L", classes=8, test_share=0.3, public=60)


@pytest.mark.parametrize("fit", [discriminants, whitening])
def test_people_are_told_apart_better_than_by_pixels(fit: object) -> None:
    # Pixels in place of features, so that the map and not the network is what is looked at.
    scene = make_scene(FACES, None)
    learnt = fit(scene.public.images.float(), scene.public.labels)  # type: ignore[operator]
    seen = scene.test.images
    plain = recognition(seen.float(), scene.test.labels).value
    assert recognition(learnt(seen), scene.test.labels).value > plain
    # Under wrong names it learns nothing of people.
    shuffled = scene.public.labels[torch.randperm(60, generator=torch.Generator().manual_seed(0))]
    wrong = fit(scene.public.images.float(), shuffled)  # type: ignore[operator]
    assert (
        recognition(wrong(seen), scene.test.labels).value < recognition(learnt(seen), scene.test.labels).value
    )


def test_directions_in_which_photos_of_a_person_differ_are_taken_back() -> None:
    draw = torch.Generator().manual_seed(0)
    people = torch.arange(30).repeat_interleave(4)
    who = torch.randn(30, 6, generator=draw)[people]
    nuisance = 8 * torch.randn(120, 1, generator=draw)
    features = torch.cat([who + 0.3 * torch.randn(120, 6, generator=draw), nuisance], 1)
    before = recognition(features, people).value
    for fit in (discriminants, whitening):
        assert recognition(fit(features, people)(features), people).value > before + 0.2


def test_sizes() -> None:
    features, people = torch.rand(300, 500), torch.arange(100).repeat_interleave(3)
    assert discriminants(features, people).matrix.shape == (500, DIRECTIONS)
    assert whitening(features, people).matrix.shape == (500, COMPONENTS)
    vectors = whitening(features, people)(features)
    assert torch.allclose(vectors.norm(dim=1), torch.ones(300).double())


@pytest.mark.parametrize(("fit", "fewest"), [(discriminants, 3), (whitening, 1)])
def test_people_with_two_photos_are_wanted(fit: object, fewest: int) -> None:
    people = torch.arange(9)
    people[: fewest - 1] = people[3 : 3 + fewest - 1]
    with pytest.raises(UsageError, match=f"{fewest - 1} such people, at least {fewest}"):
        fit(torch.rand(9, 4), people)  # type: ignore[operator]
