"""Files of sources and of users' MaskNets: what goes in comes out, and nothing else gets in."""

import copy
import json
import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from masknet_examples import SMALL, TINY, hypernet_source, masknet, numbers, photos
from masquerade.errors import ModelError, UsageError, WriteFailed
from masquerade.masknets import (
    SHIPPED,
    DropoutSource,
    EnsembleCard,
    EnsembleSource,
    HyperNetCard,
    MaskNetFile,
    StaticSource,
    ensemble_bytes,
    hypernet_bytes,
    open_source,
    read_ensemble,
    read_hypernet,
    read_masknet,
    write_masknet,
)
from masquerade.masknets.masknet_file import KIND as USER_KIND
from masquerade.masknets.source_file import KIND

CLASSIFIER = nn.Linear(SMALL.features, 3)
ENSEMBLE = EnsembleSource("tens", [masknet(seed) for seed in range(3)])


def hypernet_card(**facts: object) -> HyperNetCard:
    return HyperNetCard.model_validate({"name": "tiny", "options": TINY, "classes": 5, **facts})


def ensemble_card(**facts: object) -> EnsembleCard:
    shared = {
        "name": "tens",
        "source": "ensemble",
        "structure": SMALL.name,
        "size": SMALL.size,
        "masknets": 3,
    }
    return EnsembleCard.model_validate({**shared, **facts})


@pytest.fixture
def hyper(tmp_path: Path) -> Path:
    path = tmp_path / "hypernet.safetensors"
    path.write_bytes(hypernet_bytes(hypernet_source(), hypernet_card()))
    return path


@pytest.fixture
def several(tmp_path: Path) -> Path:
    path = tmp_path / "ensemble.safetensors"
    path.write_bytes(ensemble_bytes(ENSEMBLE, ensemble_card()))
    return path


@pytest.fixture
def user(tmp_path: Path) -> Path:
    path = tmp_path / "user.masknet"
    write_masknet(path, MaskNetFile.drawn(hypernet_source(), numbers(), "ab12cd", 0.25, 2))
    return path


def test_a_hypernetwork_comes_back_and_draws_the_same_bits(hyper: Path) -> None:
    before = torch.random.get_rng_state()
    source = open_source(hyper)
    assert torch.equal(torch.random.get_rng_state(), before)
    assert source == hypernet_source()
    assert source.name == "tiny"
    assert source.classifier is not None
    mine, theirs = hypernet_source().draw(numbers()), source.draw(numbers())
    assert all(torch.equal(mine.weights[name], theirs.weights[name]) for name in mine.weights)
    features = torch.randn(2, SMALL.features)
    assert torch.equal(source.classifier(features), hypernet_source().classifier(features))  # type: ignore[misc]


def test_half_the_bytes_give_nearly_the_same(tmp_path: Path, hyper: Path) -> None:
    half = tmp_path / "half"
    half.write_bytes(hypernet_bytes(hypernet_source(), hypernet_card(stored="float16")))
    assert half.stat().st_size < 0.6 * hyper.stat().st_size
    source = read_hypernet(half)
    near = source.draw(numbers())(photos()) - hypernet_source().draw(numbers())(photos())
    assert near.abs().max() < 0.02
    assert read_hypernet(half) == source


@pytest.mark.parametrize(
    ("source", "facts"),
    [
        (ENSEMBLE, {}),
        (EnsembleSource("tens", [masknet(), masknet(1)], CLASSIFIER), {"masknets": 2, "classes": 3}),
        (StaticSource("one", masknet()), {"source": "static", "masknets": 1, "name": "one"}),
        (DropoutSource("one", masknet(), CLASSIFIER), {"source": "dropout", "masknets": 1, "classes": 3}),
    ],
)
def test_masknets_trained_apart_come_back_as_they_are_used(
    tmp_path: Path, source: EnsembleSource | StaticSource | DropoutSource, facts: dict[str, object]
) -> None:
    path = tmp_path / "file"
    path.write_bytes(ensemble_bytes(source, ensemble_card(**facts)))
    read = open_source(path)
    assert read == source
    assert type(read) is type(source)
    assert torch.equal(read.draw(numbers()).fc, source.draw(numbers()).fc)


def test_foreign_cards_and_weights_that_are_no_numbers_are_not_written() -> None:
    with pytest.raises(ModelError, match="another source"):
        hypernet_bytes(hypernet_source(), hypernet_card(classes=4))
    with pytest.raises(ModelError, match="another source"):
        ensemble_bytes(ENSEMBLE, ensemble_card(masknets=2))
    with pytest.raises(ModelError, match="another source"):
        ensemble_bytes(StaticSource("s", masknet()), ensemble_card(source="dropout", masknets=1))
    source = hypernet_source()
    source.hypernet.mixer[0].weight[0, 0] = 1e6
    with pytest.raises(ModelError, match=r"mixer\.0\.weight as float16"):
        hypernet_bytes(source, hypernet_card(stored="float16"))


def text_of(path: Path, kind: str) -> dict[str, object]:
    with safe_open(path, framework="pt") as file:
        text: dict[str, object] = json.loads(file.metadata()[kind])
    return text


def rewrite(path: Path, kind: str, tensors: dict[str, Tensor], **changes: object) -> None:
    text = {**text_of(path, kind), **changes}
    save_file(tensors, path, metadata={kind: json.dumps(text)})


def _spoil(name: str) -> dict[str, Callable[[dict[str, Tensor]], object]]:
    return {
        "left over": lambda tensors: tensors.update(hidden=torch.zeros(9)),
        "missing": lambda tensors: tensors.pop(name),
        "not finite": lambda tensors: tensors[name].view(-1)[0].fill_(float("nan")),
        "has shape": lambda tensors: tensors.update({name: torch.zeros(9)}),
        "expected torch.float32": lambda tensors: tensors.update({name: tensors[name].half()}),
    }


@pytest.mark.parametrize("words", _spoil(""))
@pytest.mark.parametrize(
    ("file", "kind", "name"),
    [
        ("hyper", KIND, "network.mixer.0.weight"),
        ("hyper", KIND, "classifier.bias"),
        ("several", KIND, "conv2"),
        ("user", USER_KIND, "numbers"),
        ("user", USER_KIND, "fc"),
    ],
)
def test_files_unlike_their_card_are_refused(
    file: str, kind: str, name: str, words: str, request: pytest.FixtureRequest
) -> None:
    path: Path = request.getfixturevalue(file)
    tensors = load_file(path)
    _spoil(name)[words](tensors)
    rewrite(path, kind, tensors)
    with pytest.raises(ModelError, match=words):
        read_masknet(path) if file == "user" else open_source(path)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"version": 2}, "newer or unknown version"),
        ({"source": "prayer"}, "malformed"),
        ({"name": "two\nlines"}, "malformed"),
        ({"owner": "x"}, "malformed"),
        ({"classes": 4}, "has shape"),
        ({"classes": 0}, "left over"),
        ({"options": {**TINY.model_dump(), "structure": "masknet-9"}}, "no source that can be built"),
        ({"options": {**TINY.model_dump(), "size": 1024, "rank": 256}}, "no source that can be built"),
        ({"options": {**TINY.model_dump(), "rank": 10**9}}, "malformed"),
        ({"options": {**TINY.model_dump(), "rank": 3}}, "has shape"),
    ],
)
def test_cards_of_hypernetworks_that_make_no_sense_are_refused(
    hyper: Path, change: dict[str, object], words: str
) -> None:
    rewrite(hyper, KIND, load_file(hyper), **change)
    with pytest.raises(ModelError, match=words):
        open_source(hyper)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"version": 2}, "newer or unknown version"),
        ({"structure": "masknet-9"}, "no source that can be built"),
        ({"size": 10**9}, "malformed"),
        ({"size": 1024, "masknets": 1000}, "more numbers"),
        ({"masknets": 2}, "has shape"),
        ({"source": "static"}, "only an ensemble"),
        ({"source": "hypernet"}, "malformed"),
    ],
)
def test_cards_of_ensembles_that_make_no_sense_are_refused(
    several: Path, change: dict[str, object], words: str
) -> None:
    rewrite(several, KIND, load_file(several), **change)
    with pytest.raises(ModelError, match=words):
        open_source(several)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"version": 2}, "newer or unknown version"),
        ({"structure": "masknet-9"}, "no source that can be built"),
        ({"size": 48}, "has shape"),
        ({"source_digest": "short"}, "malformed"),
        ({"nearest": -1}, "malformed"),
        ({"key_fingerprint": "a person"}, "malformed"),
    ],
)
def test_cards_of_users_that_make_no_sense_are_refused(
    user: Path, change: dict[str, object], words: str
) -> None:
    rewrite(user, USER_KIND, load_file(user), **change)
    with pytest.raises(ModelError, match=words):
        read_masknet(user)


def test_other_files_are_refused(hyper: Path, several: Path, user: Path) -> None:
    with pytest.raises(ModelError, match="no hypernetwork"):
        read_hypernet(several)
    with pytest.raises(ModelError, match="no MaskNets"):
        read_ensemble(hyper)
    with pytest.raises(ModelError, match="is a MaskNet, not a source of MaskNets"):
        open_source(user)
    hyper.chmod(0o600)
    with pytest.raises(ModelError, match="is a source of MaskNets, not a MaskNet"):
        read_masknet(hyper)
    for content in (b"", b"no tensors here", hyper.read_bytes()[:500]):
        for path in (hyper, user):
            path.write_bytes(content)
        with pytest.raises(ModelError, match="damaged or foreign"):
            open_source(hyper)
        with pytest.raises(ModelError, match="damaged or foreign"):
            read_masknet(user)
    with pytest.raises(UsageError, match=SHIPPED[0]):
        open_source(hyper.parent / "none")
    with pytest.raises(ModelError, match="cannot be read"):
        read_masknet(hyper.parent / "none")


def test_a_users_masknet_comes_back_with_its_numbers_and_card(user: Path) -> None:
    file = read_masknet(user)
    source = hypernet_source()
    assert torch.equal(file.numbers, numbers())
    mine = source.draw(numbers())
    assert all(torch.equal(tensor, mine.weights[name]) for name, tensor in file.masknet.weights.items())
    assert torch.equal(file.masknet(photos()), mine(photos()))
    assert (file.card.source, file.card.source_digest) == (source.name, source.digest)
    assert (file.card.key_fingerprint, file.card.nearest, file.card.draw) == ("ab12cd", 0.25, 2)


def test_a_users_masknet_shows_no_number(user: Path) -> None:
    file = read_masknet(user)
    assert repr(file) == str(file) == f"{file}" == "MaskNetFile('tiny', key 'ab12cd')"
    shown = f"{file.card!r} {file.masknet!r}"
    for secret in (*file.numbers[:20].tolist(), *file.masknet.fc.flatten()[:20].tolist()):
        assert f"{secret:.4f}" not in shown


def test_a_users_masknet_is_its_owners_alone(user: Path) -> None:
    assert stat.S_IMODE(user.stat().st_mode) == 0o600
    mask = os.umask(0o277)
    try:
        write_masknet(user, read_masknet(user), overwrite=True)
    finally:
        os.umask(mask)
    assert stat.S_IMODE(user.stat().st_mode) == 0o600
    user.chmod(0o640)
    with pytest.raises(ModelError, match=r"others than its owner.*0640"):
        read_masknet(user)


def test_a_users_masknet_is_not_replaced_unasked(user: Path) -> None:
    before = user.read_bytes()
    other = MaskNetFile.drawn(hypernet_source(), numbers(1))
    with pytest.raises(UsageError, match="exists already"):
        write_masknet(user, other)
    assert user.read_bytes() == before
    write_masknet(user, other, overwrite=True)
    assert torch.equal(read_masknet(user).numbers, numbers(1))
    assert [file.name for file in user.parent.iterdir()] == [user.name]


def test_a_disk_that_refuses_leaves_nothing_behind(user: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before, file = user.read_bytes(), read_masknet(user)

    def refuse(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", refuse)
    with pytest.raises(WriteFailed, match="No space left"):
        write_masknet(user, file, overwrite=True)
    assert user.read_bytes() == before
    assert [file.name for file in user.parent.iterdir()] == [user.name]


def test_a_card_of_another_masknet_is_refused(user: Path) -> None:
    file = read_masknet(user)
    card = file.card.model_copy(update={"size": 48})
    with pytest.raises(UsageError, match="another MaskNet"):
        MaskNetFile(file.numbers, copy.deepcopy(file.masknet), card)
    with pytest.raises(UsageError, match="not the numbers"):
        MaskNetFile(file.numbers[:9], file.masknet, file.card)


def test_numbers_that_were_read_lie_where_products_round_as_they_did(hyper: Path, user: Path) -> None:
    source = read_hypernet(hyper)
    tensors = [*source.hypernet.parameters(), *read_masknet(user).masknet.weights.values()]
    assert all(tensor.data_ptr() % 64 == 0 for tensor in tensors)
