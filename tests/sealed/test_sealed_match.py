"""Scores under encryption are the integer scores in the clear, bit for bit; and what is refused."""

import json
from pathlib import Path

import numpy as np
import pytest
import seal

from masquerade.errors import (
    DamagedCiphertext,
    EmptyGallery,
    ForeignCiphertext,
    OtherRecogniser,
    RefusedParameters,
    UsageError,
)
from masquerade.files.checked_json import checked
from masquerade.sealed.cards import PROBE, ProbeCard
from masquerade.sealed.envelope import opened, packed
from masquerade.sealed.layout import BlockLayout, padded, probe_slots
from masquerade.sealed.manifest import MANIFEST, SealedManifest
from masquerade.sealed.match import CloudGallery, match
from masquerade.sealed.parameters import STANDARD, Parameters, context
from masquerade.sealed.probe import Camera
from masquerade.sealed.ring import ring
from masquerade.sealed.vectors import MODULUS, quantised, scale_of
from masquerade.sealed.verify import verify
from sealed_examples import Bare, bare, unit_vectors

PEOPLE = 200


@pytest.fixture(scope="module")
def gallery(tmp_path_factory: pytest.TempPathFactory) -> Bare:
    """Two blocks of other layouts in one gallery."""
    folder = tmp_path_factory.mktemp("sealed") / "public"
    return bare(folder, unit_vectors(PEOPLE, 128, 0), [BlockLayout(128, 4), BlockLayout(128, 8)])


@pytest.mark.parametrize(
    ("size", "diagonals"), [(128, 1), (128, 4), (128, 64), (100, 8), (512, 16), (33, 2), (4096, 1)]
)
def test_scores_are_the_integers_in_the_clear(tmp_path: Path, size: int, diagonals: int) -> None:
    layout = BlockLayout(padded(size), diagonals)
    people = unit_vectors(layout.people, size, 1)
    made = bare(tmp_path, people, [layout])
    camera, cloud = Camera.load(tmp_path), CloudGallery(tmp_path)
    shown = np.concatenate([people[:1], -people[1:2], unit_vectors(1, size, 2)])
    for vector in shown:
        expected = quantised(people) @ quantised(vector[None])[0]
        assert (made.scores(match(cloud, camera.probe(vector))) == expected).all()


def test_two_hundred_probes_to_a_gallery_of_two_layouts_are_exact(gallery: Bare) -> None:
    camera, cloud = Camera.load(gallery.folder), CloudGallery(gallery.folder)
    people = quantised(unit_vectors(PEOPLE, 128, 0))
    for vector in unit_vectors(200, 128, 3):
        scores = gallery.scores(match(cloud, camera.probe(vector)))
        assert (scores[:PEOPLE] == people @ quantised(vector[None])[0]).all()
        assert not scores[PEOPLE:].any(), "empty places"


@pytest.mark.parametrize("seed", range(3))
def test_the_largest_scores_stay_below_half_of_the_modulus(seed: int) -> None:
    for size in (16, 128, 512, 4096):
        bound = (scale_of(size) + size**0.5 / 2) ** 2
        assert bound < MODULUS / 2
        lengths = np.linalg.norm(quantised(unit_vectors(50, size, seed)), axis=1)
        assert (lengths**2 <= bound).all()
    assert seal.PlainModulus.Batching(STANDARD.degree, STANDARD.plain_bits).value() == MODULUS


def test_blocks_read_from_disk_each_time_give_the_same_scores(gallery: Bare) -> None:
    probe = Camera.load(gallery.folder).probe(unit_vectors(1, 128, 4)[0])
    kept, streamed = CloudGallery(gallery.folder), CloudGallery(gallery.folder, memory=0)
    first, again = (match(kept, probe) for _ in range(2))
    assert first == again == match(streamed, probe)


def test_layouts_take_a_vector_apart_and_put_it_together() -> None:
    for diagonals in (1, 2, 8, 64):
        layout = BlockLayout(128, diagonals)
        vectors = np.random.default_rng(diagonals).integers(-127, 128, (layout.people, 128))
        assert (layout.vectors_of(layout.diagonals_of(vectors)) == vectors).all()
    assert [BlockLayout.fitting(128, n).diagonals for n in (1, 158, 1_000, 10_000, 100_000, 1_000_000)] == [
        4, 4, 8, 16, 64, 64
    ]  # fmt: skip


def test_packed_ciphertexts_are_seal_s_own(gallery: Bare) -> None:
    key = seal.KeyGenerator(ring().context).create_public_key()
    made = seal.Encryptor(ring().context, key).encrypt(ring().encode(probe_slots(np.arange(128))))
    data = ring().pack(made)
    assert len(data) == 73_736
    assert ring().unpack(data, 2, "").to_string() == made.to_string()


def test_no_two_probes_of_a_face_have_a_ciphertext_in_common(gallery: Bare) -> None:
    camera, vector = Camera.load(gallery.folder), unit_vectors(1, 128, 5)[0]
    first, second = (camera.probe(vector) for _ in range(2))
    numbers = [np.frombuffer(probe[-73_728:], np.uint8) for probe in (first, second)]
    assert abs(float((numbers[0] == numbers[1]).mean()) - 1 / 256) < 0.002


@pytest.mark.parametrize(
    "parameters",
    [
        Parameters(degree=4096, prime_bits=(36, 37, 37), plain_bits=18),
        Parameters(degree=2048, prime_bits=(18, 18, 19), plain_bits=17),
        Parameters(degree=3000, prime_bits=(30, 30, 30), plain_bits=18),
        Parameters(degree=4096, prime_bits=(50, 50), plain_bits=18),
    ],
)
def test_parameters_that_are_not_hard_enough_are_refused(parameters: Parameters) -> None:
    with pytest.raises(RefusedParameters):
        context(parameters)


def test_a_manifest_with_weak_parameters_is_refused_by_their_name(gallery: Bare, tmp_path: Path) -> None:
    fields = gallery.manifest.model_dump(mode="json")
    fields["parameters"]["prime_bits"] = [40, 40, 40]
    with pytest.raises(RefusedParameters, match="120 bits at degree 4096, at most 109"):
        SealedManifest.from_bytes(checked(fields), "the manifest")
    fields["parameters"]["prime_bits"] = [30, 30, 30]
    with pytest.raises(RefusedParameters, match="does not use"):
        SealedManifest.from_bytes(checked(fields), "the manifest")


def test_probes_for_other_galleries_and_keys_are_refused(gallery: Bare, tmp_path: Path) -> None:
    other = bare(tmp_path, unit_vectors(5, 128, 6), [BlockLayout(128, 4)])
    probe = Camera.load(tmp_path).probe(unit_vectors(1, 128, 7)[0])
    with pytest.raises(ForeignCiphertext, match="another gallery"):
        match(CloudGallery(gallery.folder), probe)
    _, parts = opened(probe, PROBE, ProbeCard, "")
    renamed = ProbeCard(gallery=gallery.manifest.gallery, keys=other.manifest.public_key)
    with pytest.raises(ForeignCiphertext, match="another key"):
        match(CloudGallery(gallery.folder), packed(PROBE, renamed, [bytes(parts[0])]))


def test_vectors_of_another_recogniser_are_refused(gallery: Bare) -> None:
    with pytest.raises(OtherRecogniser):
        Camera.load(gallery.folder).probe(unit_vectors(1, 256, 8)[0])
    with pytest.raises(UsageError, match="length 1"):
        Camera.load(gallery.folder).probe(2 * unit_vectors(1, 128, 8)[0])


def test_a_probe_that_is_cut_or_changed_anywhere_is_refused(gallery: Bare) -> None:
    cloud = CloudGallery(gallery.folder)
    probe = Camera.load(gallery.folder).probe(unit_vectors(1, 128, 9)[0])
    draw = np.random.default_rng(0)
    for length in (0, 7, 100, len(probe) // 2, len(probe) - 1):
        with pytest.raises(DamagedCiphertext):
            match(cloud, probe[:length])
    with pytest.raises(DamagedCiphertext):
        match(cloud, probe + b"\0")
    for at in (*range(0, 600, 7), *draw.integers(0, len(probe), 40)):
        changed = bytearray(probe)
        changed[at] ^= 1 << int(draw.integers(8))
        with pytest.raises((DamagedCiphertext, ForeignCiphertext)):
            match(cloud, bytes(changed))


def test_numbers_above_the_primes_and_ciphertexts_that_hide_nothing_are_refused(gallery: Bare) -> None:
    card = ProbeCard(gallery=gallery.manifest.gallery, keys=gallery.manifest.public_key)
    cloud = CloudGallery(gallery.folder)
    for body in (b"\x01" + bytes(7) + b"\xff" * 73_728, b"\x01" + bytes(73_735), bytes(73_736)):
        with pytest.raises(DamagedCiphertext):
            match(cloud, packed(PROBE, card, [body]))
    whole = Camera.load(gallery.folder).probe(unit_vectors(1, 128, 9)[0])
    _, parts = opened(whole, PROBE, ProbeCard, "")
    with pytest.raises(DamagedCiphertext, match="2 ciphertexts"):
        match(cloud, packed(PROBE, card, [bytes(parts[0])] * 2))


def test_a_gallery_with_nobody_in_it_says_so(gallery: Bare, tmp_path: Path) -> None:
    bare(tmp_path, unit_vectors(1, 128, 0), [])
    with pytest.raises(EmptyGallery):
        CloudGallery(tmp_path)
    with pytest.raises(UsageError, match="not the public part"):
        Camera.load(tmp_path / "nowhere")
    (tmp_path / MANIFEST).write_text(json.dumps({"format": "something else"}))
    with pytest.raises(UsageError, match="not the manifest"):
        CloudGallery(tmp_path)


def test_verify_names_what_is_wrong(tmp_path: Path) -> None:
    made = bare(tmp_path, unit_vectors(200, 128, 0), [BlockLayout(128, 4), BlockLayout(128, 4)])
    assert verify(tmp_path) == verify(tmp_path, read_data=False) == []
    first, second = (tmp_path / entry.name for entry in made.manifest.blocks)
    whole = first.read_bytes()
    first.write_bytes(second.read_bytes())
    assert [str(found.problem) for found in verify(tmp_path)] == ["swapped"]
    first.write_bytes(whole[:-1])
    assert [str(found.problem) for found in verify(tmp_path, read_data=False)] == ["truncated"]
    first.write_bytes(whole[:-1] + b"?")
    assert [str(found.problem) for found in verify(tmp_path)] == ["damaged"]
    other = bare(tmp_path / "other", unit_vectors(5, 128, 1), [BlockLayout(128, 4)])
    first.write_bytes((other.folder / other.manifest.blocks[0].name).read_bytes())
    assert "foreign" in [str(found.problem) for found in verify(tmp_path)]
    first.unlink()
    key = tmp_path / made.manifest.keys["rotation"].name
    key.write_bytes(key.read_bytes()[:-1])
    (tmp_path / "notes.txt").write_text("x")
    found = {each.file: str(each.problem) for each in verify(tmp_path)}
    assert found == {key.name: "damaged", first.name: "missing", "notes.txt": "extra", "other": "extra"}
    with pytest.raises(DamagedCiphertext, match=r"a public key is damaged"):
        CloudGallery(tmp_path)


def test_the_public_keys_take_what_is_promised(gallery: Bare) -> None:
    sizes = [(gallery.folder / entry.name).stat().st_size for entry in gallery.manifest.keys.values()]
    assert sum(sizes) <= 1_050_000
