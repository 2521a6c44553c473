"""What every disguise must keep to, whatever it does: a test a promise, over instances of every kind."""

import pickle
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from attack_examples import faces
from cloak_examples import SMALL, TINY_FINDERS, TinyRecogniser, tiny_generator
from crafter_disguise_examples import (
    SETTINGS,
    SETTINGS_Z,
    tiny_answers,
    tiny_bank,
    tiny_crafter,
    tiny_faces,
    tiny_split,
)
from encoder_examples import tiny_encoder
from masquerade.disguises import (
    EVERY_DISGUISE,
    AmortisedCrafter,
    BlockMatrix,
    BlockNormalise,
    BlockPermutation,
    Chain,
    Crafter,
    CrafterZ,
    Dauntless,
    Disguise,
    Encode,
    Fawkes,
    FeltCloak,
    GaussianNoise,
    InstaHide,
    KSame,
    LowKey,
    ManyKeys,
    MaskNetCloak,
    MatchedNoise,
    NeuraCrypt,
    Noise,
    OnePassCloak,
    SeveralCloaks,
    SplitEncode,
    TaskAnswers,
    TaskAugment,
    TokenMatrix,
    TokenNetwork,
    TransferableCloak,
    from_description,
    untrained,
)
from masquerade.errors import MasqueradeError, SecretLeakRefused, UsageError
from masquerade.keys import Key
from masquerade.recipes import RECIPES, Recipe
from masquerade.recipes import recipe as recipe_named
from masquerade.testing import PROTECTION_CHECKS, ProtectionCase, measured_traits
from masquerade.testing.example_photos import photos_with_a_flat_part
from masquerade.traits import Traits

SHAPE = (3, 16, 16)
KEY = Key.from_secret(bytes(range(32)))
OTHER_KEY = Key.from_secret(bytes(range(1, 33)))

NAMED: tuple[Disguise, ...] = (
    BlockPermutation(4),
    BlockPermutation((2, 8)),
    BlockMatrix(2),
    BlockMatrix((8, 4), per_channel=False),
    BlockMatrix(4, variant="block"),
    BlockMatrix(4, variant="block", per_channel=True),
    BlockMatrix(4, matrix="rotation"),
    BlockMatrix(4, matrix="gaussian"),
    BlockMatrix(4, matrix="uniform01"),
    Noise(50),
    Noise(0),
    BlockNormalise(4),
    BlockNormalise(4, per_channel=True),
    Encode(tiny_encoder()),
    TokenMatrix(),
    TokenMatrix("orthogonal"),
    TokenNetwork(),
    TokenNetwork(depth=1, width=7, act="cosine", gain=3),
    TokenNetwork(depth=2, act="tanh", gain=2.0),
    TokenNetwork(act="leaky"),
    ManyKeys(BlockMatrix(4), keys=3),
    ManyKeys(Noise(5), keys=2),
    ManyKeys(TokenMatrix(), keys=4, told="slots"),
    InstaHide(),
    InstaHide(k=3, ceiling=0.5),
    NeuraCrypt(depth=1, width=8, patch=4),
    Dauntless(width=8),
    TaskAugment(classes=3, width=8, patch=4),
    TaskAugment(depth=1, width=8, patch=8, form="factored"),
    MaskNetCloak(SMALL, steps=3),
    MaskNetCloak(SMALL, steps=2, bound=4.5, dssim=0.01),
    SeveralCloaks((SMALL, untrained("masknet-2", 16)), steps=2),
    OnePassCloak(tiny_generator(), SMALL),
    OnePassCloak(tiny_generator(1), SMALL, bound=4.5, similarity=0.9),
    FeltCloak(SMALL, (TinyRecogniser(), TinyRecogniser(1)), steps=3),
    FeltCloak(SMALL, (TinyRecogniser(),), steps=2, decoy=0.0, masknet=0.0, similarity=0.5),
    TransferableCloak((TinyRecogniser(), TinyRecogniser(1)), steps=3),
    TransferableCloak((TinyRecogniser(),), similarity=0.9, colour=100.0, steps=2),
    Fawkes("low", (TinyRecogniser(),)),
    LowKey((TinyRecogniser(), TinyRecogniser(1)), steps=3),
    GaussianNoise(2),
    MatchedNoise(8),
    MatchedNoise(2.5, fresh=True),
    SplitEncode(tiny_split()),
    Crafter(tiny_split(), tiny_faces(), SETTINGS, batch=40),
    CrafterZ(tiny_split(), tiny_faces(), SETTINGS_Z, batch=4),
    AmortisedCrafter(tiny_split(), tiny_faces(), tiny_crafter(), pool=8, choices=2),
    AmortisedCrafter(
        tiny_split(), tiny_faces(), tiny_crafter(), pool=8, choices=2, refine=1, settings=SETTINGS, batch=40
    ),
    TaskAnswers(tiny_split(), tiny_answers()),
    TaskAnswers(tiny_split(), tiny_answers(), numbers=2, bits=0, thin=True),
    TaskAnswers(tiny_split(), tiny_answers(), numbers=2, bits=6, deviation=0.3, attributes=(1, 4)),
    KSame(tiny_split(), tiny_bank(), k=5),
    Chain(),
    Chain((MatchedNoise(4), MaskNetCloak(SMALL, steps=2))),
    Chain((BlockPermutation(1), TokenMatrix())),
    Chain((Encode(tiny_encoder()), BlockPermutation(1), TokenMatrix())),
    Chain((NeuraCrypt(depth=0, width=8, patch=4), Noise(1), ManyKeys(TokenMatrix()), BlockPermutation(1))),
    Chain((InstaHide(), TaskAugment(classes=2, width=8, patch=4))),
    Chain((BlockMatrix(4), BlockPermutation(4))),
    Chain((BlockPermutation(8), BlockMatrix(4), BlockMatrix(4, variant="block"), BlockPermutation(2))),
    Chain((Noise(25), BlockMatrix(2), BlockPermutation(2))),
    Chain((BlockNormalise(8), Chain((BlockMatrix(8, variant="block", matrix="gaussian"), Noise(5))))),
)

INSTANCES = (
    *NAMED,
    *(
        example
        for kind in EVERY_DISGUISE
        if kind not in {type(each) for each in NAMED}
        for example in kind.examples()
    ),
)
"""With the examples of kinds that are not named above: a new one needs no row here."""

every = pytest.mark.parametrize("disguise", INSTANCES, ids=repr)


def photos(n: int = 5, shape: tuple[int, int, int] = SHAPE) -> Tensor:
    return photos_with_a_flat_part(n, shape)


def small_faces(n: int) -> Tensor:
    """Faces of three people each, one for each channel, whole grey levels, ``(n, 3, 16, 16)``."""
    small = functional.adaptive_avg_pool2d(faces().float(), 16)[:, 0]
    return torch.stack([small[k::16] for k in (0, 5, 11)], 1).round()[:n]


def case(disguise: Disguise) -> ProtectionCase:
    draws = 64 if isinstance(disguise, TaskAugment) else 16
    number, draws = (8, 2) if disguise.takes_long else (24, draws)
    return ProtectionCase(disguise, SHAPE, TINY_FINDERS, draws, small_faces(number))


def test_every_kind_is_among_the_instances() -> None:
    assert {type(disguise) for disguise in INSTANCES} == set(EVERY_DISGUISE)


@every
@pytest.mark.parametrize("check", PROTECTION_CHECKS, ids=lambda check: check.__name__)
def test_the_contract(disguise: Disguise, check: Callable[[ProtectionCase], None]) -> None:
    check(case(disguise))


@every
def test_targets_are_others_exactly_if_photos_are_mixed(disguise: Disguise) -> None:
    targets = disguise.with_key(KEY, SHAPE).targets(photos(), torch.eye(5))
    mixing = any(word in repr(disguise) for word in ("InstaHide", "TaskAugment"))
    assert torch.equal(targets, torch.eye(5)) != mixing


@every
def test_secrets_cannot_be_pickled(disguise: Disguise) -> None:
    keyed = disguise.with_key(KEY, SHAPE)
    for holder in (keyed, nn.Sequential(keyed)):
        with pytest.raises(SecretLeakRefused):
            pickle.dumps(holder)


LEFT_TO_MEASUREMENT = [disguise for disguise in INSTANCES if disguise.traits is None]


@pytest.mark.parametrize("disguise", LEFT_TO_MEASUREMENT, ids=repr)
def test_what_leaves_its_traits_to_measurement_is_a_small_change_to_each_photo(disguise: Disguise) -> None:
    seen = case(disguise)
    assert seen.faces is not None
    found = measured_traits(seen.keyed, seen.faces, seen.draws).traits
    assert (found.deterministic, found.same_map, found.keeps_inner_products) == (True, True, True)


@pytest.mark.parametrize("level", [5, 50, 150])
def test_noise_on_top_hides_no_trait(level: float) -> None:
    noisy = Chain((Noise(level), BlockMatrix(8, variant="block"), BlockPermutation(8)))
    assert measured_traits(noisy.with_key(KEY, SHAPE), small_faces(24)).traits == Traits(
        True, True, True, True
    )


QUICK = [recipe for recipe in RECIPES if recipe.cloak is None]
OF_FILES = ("crafter-adversarial", "crafter-disco", "crafter-tiprdc", "crafter-public-only")
"""Recipes of networks that the studies train, and that do not come with the package."""
OF_NETWORKS = [recipe for recipe in RECIPES if recipe.cloak is not None and recipe.name not in OF_FILES]


@pytest.mark.parametrize("recipe", QUICK, ids=lambda recipe: recipe.name)
def test_recipes_fit_their_shape(recipe: Recipe) -> None:
    shape = recipe.shape if recipe.encoder is None else (192, 7, 7)  # the maps of encoders that recipes name
    results = [recipe.disguise.with_key(key, shape)(photos(2, shape)) for key in (KEY, OTHER_KEY)]
    # one key's order of a few blocks may happen to be the order they had
    left_alone = all(torch.equal(result, photos(2, shape).float()) for result in results)
    assert left_alone == (recipe.disguise == Chain())


@pytest.mark.parametrize("recipe", OF_NETWORKS, ids=lambda recipe: recipe.name)
def test_recipes_of_networks_fit_their_shape(recipe: Recipe) -> None:
    whole = recipe.whole()
    mine, theirs = (whole.with_key(key, recipe.shape) for key in (KEY, OTHER_KEY))
    assert mine.shape == recipe.shape
    assert (mine.digest() != theirs.digest()) == whole.keyed_by_secret
    if not whole.takes_long:
        assert mine(photos(2, recipe.shape)).shape[1:] == mine.out_shape


@pytest.mark.parametrize("name", OF_FILES)
def test_recipes_name_the_files_that_they_lack(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError, match=r"\.safetensors"):
        recipe_named(name).whole()


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: BlockPermutation(0),
        lambda: BlockPermutation(True),
        lambda: BlockPermutation((2, 2, 2)),
        lambda: BlockPermutation("4"),
        lambda: BlockMatrix(4, variant="columns"),
        lambda: BlockMatrix(4, matrix="identity"),
        lambda: BlockMatrix(4, per_channel="yes"),
        lambda: Noise(-1),
        lambda: Noise(float("nan")),
        lambda: Noise("5"),
        lambda: BlockNormalise(4, epsilon=0),
        lambda: BlockNormalise(4, epsilon="1"),
        lambda: TokenMatrix("uniform01"),
        lambda: TokenMatrix(largest_condition=0.5),
        lambda: TokenMatrix(largest_condition=float("inf")),
        lambda: TokenMatrix(largest_condition="10"),
        lambda: TokenNetwork(depth=0),
        lambda: TokenNetwork(width=0),
        lambda: TokenNetwork(act="relu"),
        lambda: TokenNetwork(gain=0),
        lambda: ManyKeys(4),
        lambda: ManyKeys(InstaHide()),
        lambda: ManyKeys(Noise(1), keys=1),
        lambda: ManyKeys(Noise(1), told="never"),
        lambda: InstaHide(k=1),
        lambda: InstaHide(k=2, ceiling=0.5),
        lambda: InstaHide(k=2, mode="cross"),
        lambda: InstaHide(mode="outside"),
        lambda: InstaHide(k=3, mode="cross").with_key(KEY, SHAPE)(photos()),
        lambda: InstaHide(k=3, mode="cross").with_key(KEY, SHAPE).with_public(photos()[:0]),
        lambda: InstaHide(k=3, mode="cross").with_key(KEY, SHAPE).with_public(photos(2, (1, 16, 16))),
        lambda: NeuraCrypt(depth=-1),
        lambda: NeuraCrypt(width=0),
        lambda: NeuraCrypt(patch=5, width=8).with_key(KEY, SHAPE),
        lambda: Dauntless(width=True),
        lambda: Dauntless(depth=0),
        lambda: TaskAugment(classes=1),
        lambda: TaskAugment(form="sum"),
        lambda: TaskAugment(patch=5).with_key(KEY, SHAPE),
        lambda: TaskAugment(width=8, patch=4).with_key(KEY, SHAPE).with_task(photos(2), torch.tensor([0])),
        lambda: TaskAugment(width=8, patch=4).with_key(KEY, SHAPE).with_task(photos(1), torch.tensor([-1])),
        lambda: SeveralCloaks((SMALL,)),
        lambda: SeveralCloaks((SMALL, SMALL)),
        lambda: SeveralCloaks((SMALL, "hypernet-1")),
        lambda: MaskNetCloak("hypernet-1"),
        lambda: MaskNetCloak(SMALL, steps=0),
        lambda: MaskNetCloak(SMALL, bound=0.5),
        lambda: MaskNetCloak(SMALL, dssim=0.6),
        lambda: MaskNetCloak(SMALL, features="all"),
        lambda: MaskNetCloak(SMALL, features="logits"),
        lambda: MaskNetCloak(SMALL).with_key(KEY, (1, 16, 16)),
        lambda: MaskNetCloak(SMALL).with_key(KEY, (3, 10, 16)),
        lambda: Fawkes("most", (TinyRecogniser(),)),
        lambda: Fawkes("low", ()),
        lambda: Fawkes("low", TinyRecogniser()),
        lambda: Fawkes("low", ("sface",)),
        lambda: Fawkes("low", (TinyRecogniser(differentiable=False),)),
        lambda: Fawkes("low", (TinyRecogniser(),), targeted=1),
        lambda: Fawkes("low", (TinyRecogniser(),), targeted=True).with_key(KEY, SHAPE)(photos()),
        lambda: Fawkes("low", (TinyRecogniser(),)).with_key(KEY, SHAPE).with_public(photos()),
        lambda: LowKey(()),
        lambda: LowKey((TinyRecogniser(),), steps=0),
        lambda: LowKey((TinyRecogniser(),), rate=0),
        lambda: LowKey((TinyRecogniser(),), perceptual=-1),
        lambda: TaskAnswers(tiny_split(), tiny_split()),
        lambda: TaskAnswers(tiny_split(), tiny_answers(), numbers=0),
        lambda: TaskAnswers(tiny_split(), tiny_answers(), numbers=6),
        lambda: TaskAnswers(tiny_split(), tiny_answers(), numbers=2, attributes=(1, 1, 2)),
        lambda: TaskAnswers(tiny_split(), tiny_answers(), numbers=1, attributes=(5,)),
        lambda: TaskAnswers(tiny_split(), tiny_answers(), bits=17),
        lambda: TaskAnswers(tiny_split(), tiny_answers(), deviation=-1),
        lambda: TaskAnswers(tiny_split(), tiny_answers()).with_key(KEY, (1, 16, 16)),
        lambda: KSame(tiny_split(), tiny_answers()),
        lambda: KSame(tiny_split(), tiny_bank(), k=41),
        lambda: MatchedNoise(0),
        lambda: MatchedNoise(fresh="yes"),
        lambda: from_description({"kind": "MaskNetCloak", "source": {"name": "mine", "digest": "0"}}),
        lambda: from_description({"kind": "LowKey", "recognisers": [{"name": "mine", "digest": "0"}]}),
        lambda: from_description({"kind": "MaskNetCloak", "source": 4}),
        lambda: from_description({"kind": "OnePassCloak", "generator": {"name": "mine", "digest": "0"}}),
        lambda: from_description({"kind": "OnePassCloak", "generator": 4, "source": 4}),
        lambda: from_description({"kind": "ManyKeys", "inner": {"kind": "Blur"}}),
        lambda: from_description({"kind": "ManyKeys", "inner": 4}),
        lambda: Chain((4,)),
        lambda: BlockPermutation(5).with_key(KEY, SHAPE),
        lambda: BlockMatrix(32).with_key(KEY, SHAPE),
        lambda: BlockNormalise(3).with_key(KEY, SHAPE),
        lambda: Chain((BlockPermutation(5),)).with_key(KEY, SHAPE),
        lambda: from_description({"kind": "Blur"}),
        lambda: from_description({"block": 4}),
        lambda: from_description({"kind": ["Chain"]}),
        lambda: from_description("Chain"),
        lambda: from_description({"kind": "BlockPermutation"}),
        lambda: from_description({"kind": "BlockPermutation", "block": 4, "blocks": 4}),
        lambda: from_description({"kind": "Chain", "parts": {"kind": "Noise"}}),
        lambda: from_description({"kind": "Chain", "parts": [4]}),
        lambda: from_description({"kind": "Chain", "parts": 4}),
    ],
)
def test_wrong_parameters_are_named(wrong: Callable[[], object]) -> None:
    with pytest.raises(MasqueradeError, match=r"\.") as caught:
        wrong()
    assert isinstance(caught.value, UsageError)
