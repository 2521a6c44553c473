"""Files of tiny networks, and a job of crafting that takes a fraction of a second."""

from functools import cache
from pathlib import Path

from crafter_disguise_examples import ADVERSARY, tiny_faces, tiny_split
from masquerade.crafting.generator_file import FaceGeneratorCard, face_generator_bytes
from masquerade.crafting.split_file import SplitCard, split_bytes
from masquerade.owner.craft_folder import crafting_recipe
from masquerade.owner.disguise_folder import DisguiseSummary, disguise_folder
from masquerade.owner.records import Records
from owner_examples import KEY

CHANGE = {
    "iterations": 1,
    "batch": 4,
    "adversary": ADVERSARY,
    "fast": {"warm_steps": 1, "products": 2, "renewals": 0},
}


@cache
def _files() -> dict[str, bytes]:
    split, faces = tiny_split().network, tiny_faces().network
    card = FaceGeneratorCard(name="tiny-faces", generator=faces.generator.options)
    return {
        "encoder": split_bytes(split, SplitCard(name="tiny-split", network=split.options)),
        "generator": face_generator_bytes(faces, card),
    }


def network_files(folder: Path) -> dict[str, Path]:
    """Files of the tiny encoder and generator."""
    files = {name: folder / f"{name}.safetensors" for name in _files()}
    for name, path in files.items():
        path.write_bytes(_files()[name])
    return files


def craft_photos(root: Path, photos: str = "photos", out: str = "out", **options: object) -> DisguiseSummary:
    """Craft ``root/photos`` into ``root/out`` with the records of ``root/owner.key``; shards of 8."""
    change = CHANGE | dict(options.pop("change", {}))  # type: ignore[call-overload]
    files = network_files(root)
    recipe = crafting_recipe(encoder=files["encoder"], generator=files["generator"], change=change)
    records = Records(root / str(options.pop("records", "owner.records")))
    settings = {"shard_images": 8, "accept_broken": True, "recipe": recipe} | options
    return disguise_folder(root / photos, root / out, KEY, records=records, **settings)  # type: ignore[arg-type]
