"""Who is recognised at home, with nothing released: public networks as they are, and closed forms behind them.

python studies/score_at_home.py DATA

Rank-1, leave-one-out, of the 58 people of LFW that the studies of XNN train on nobody of, and of 50 people of CelebA
seen at 16 pixels. Maps are learnt from the built-in faces, from 1,000 public photos of the same source, and from the
owner's photos of 5, 10, 20 and 40 people (mean of five draws). Then the 158 people of LFW with ten photos or more, two
held-out photos each, among 500 strangers: rank-1, FNIR and FPIR at a threshold for 1 % of strangers.
"""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from time import process_time
from typing import Any, NamedTuple

import numpy as np
import torch
from score_sealed import PROBES, lfw, share
from torch import Tensor
from torch.nn import functional

from masquerade.audit.scenes.scene import Scene, make_scene
from masquerade.audit.studies.study_file import load_study
from masquerade.cli.studies import shipped_studies
from masquerade.data import builtin
from masquerade.metrics import recognition
from masquerade.owner.at_home.networks import features_of_network
from masquerade.training.closed_form.features import FeatureKind, PublicFeatures, in_channels
from masquerade.training.closed_form.projection import discriminants, whitening
from masquerade.training.open_set import FPIR, leaving_out, open_set

RESULTS = Path(__file__).with_name("at_home.json")
POPULATIONS = {"LFW": "xnn_table2", "CelebA at 16 pixels": "xnn_afar"}
NETWORKS: tuple[tuple[str, FeatureKind], ...] = (
    ("sface", "vector"),
    ("sface", "maps"),
    ("resnet-public", "vector"),
    ("vit-small", "maps"),
)
FITS = {"whitening": whitening, "discriminants": discriminants}
PUBLIC = 1000
FEW = (5, 10, 20, 40)
DRAWS = 5


class Features(NamedTuple):
    """What a network gives of photos, whose they are, and how long it took of a photo."""

    rows: Tensor
    people: Tensor
    ms: float


def main(root: Path) -> None:
    """Measure, print, and write what was measured."""
    found = {"closed": [*closed_set(root)], "open": open_people(root)}
    print(json.dumps(found, indent=1))
    RESULTS.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


def closed_set(root: Path) -> Iterator[dict[str, Any]]:
    """A row for each population, network, method and what was learnt from."""
    faces = builtin.orl(112, 112)
    for population, study in POPULATIONS.items():
        scene = make_scene(load_study(shipped_studies()[study]).at("laptop").data, root)
        for name, kind in NETWORKS:
            network = features_of_network(name, kind)
            test = of(network, scene.test.images, scene.test.labels)
            about = {
                "population": population,
                "network": name,
                "features": kind,
                "ms_a_photo": round(test.ms, 1),
            }
            yield {**about, "method": "as-is", "source": "nothing", **rank1(test.rows, test.people)}
            known = {
                "built-in faces": of(network, faces.images, faces.labels),
                "public photos": of(network, *first(scene, PUBLIC)),
            }
            for source, learnt in known.items():
                for method in FITS:
                    row = {"method": method, "source": source}
                    yield {**about, **row, **fitted(method, learnt, test)}
            yield from own_people(about, scene, network, test)
            print(about, file=sys.stderr, flush=True)


def own_people(
    about: dict[str, Any], scene: Scene, network: PublicFeatures, test: Features
) -> Iterator[dict[str, Any]]:
    """Maps learnt from photos of a few people of the owner's."""
    everybody = torch.unique(scene.train.labels)[: max(FEW)]
    rows = torch.isin(scene.train.labels, everybody)
    learnt = of(network, scene.train.images[rows], scene.train.labels[rows])
    for people in FEW:
        draws = [chosen(everybody, people, draw) for draw in range(DRAWS if people < max(FEW) else 1)]
        for method, fit in FITS.items():
            values, photos = [], []
            for some in draws:
                mine = torch.isin(learnt.people, some)
                projection = fit(learnt.rows[mine], learnt.people[mine])
                values.append(recognition(projection(test.rows), test.people).value)
                photos.append(int(mine.sum()))
            yield {
                **about,
                "method": method,
                "source": f"own photos of {people} people",
                "photos": round(float(np.mean(photos))),
                "rank1": {"value": round(float(np.mean(values)), 4), "low": min(values), "high": max(values)},
                "draws": len(draws),
            }


def open_people(root: Path) -> dict[str, Any]:
    """The 158 people among strangers, by the vector as it is."""
    people, others = lfw(root)
    gallery = unit(np.concatenate([vectors[PROBES:] for vectors in people]))
    names = [str(n) for n, vectors in enumerate(people) for _ in vectors[PROBES:]]
    probes = unit(np.concatenate([vectors[:PROBES] for vectors in people]))
    whose = np.arange(len(people)).repeat(PROBES)
    network = features_of_network("sface", "vector")
    faces = of(network, builtin.orl(112, 112).images, torch.zeros(400))
    half = len(others) // 2
    strangers = {"built-in faces": unit(faces.rows.numpy()), "other people of LFW": unit(others[half:])}
    shown = {"built-in faces": unit(others), "other people of LFW": unit(others[:half])}
    best = (probes @ gallery.T).max(1)
    right = np.array([int(names[row]) for row in best.indices.tolist()]) == whose
    found: dict[str, Any] = {
        "people": len(people),
        "photos": len(gallery),
        "probes": len(probes),
        "rank1": share(right, whose),
        "fpir_asked": FPIR,
        "by": {},
    }
    left_out, mates = leaving_out(gallery, names)
    for source, vectors in strangers.items():
        threshold = open_set([left_out, (vectors @ gallery.T).amax(1)], len(vectors), mates, FPIR).threshold
        named = (best.values > threshold).numpy() & right
        wrong = ((shown[source] @ gallery.T).amax(1) > threshold).numpy()
        found["by"][source] = {
            "threshold": round(threshold, 4),
            "fnir": share(~named, whose),
            "fpir": share(wrong, np.arange(len(wrong) // PROBES).repeat(PROBES)),
            "strangers_shown": len(wrong),
        }
    return found


def of(network: PublicFeatures, images: Tensor, people: Tensor) -> Features:
    """What a network gives of photos, without gradients."""
    started = process_time()
    with torch.no_grad():
        rows = torch.cat([network.of(in_channels(part, 3)) for part in torch.split(images, 64)])
    return Features(rows, people, (process_time() - started) / len(images) * 1e3)


def fitted(method: str, learnt: Features, test: Features) -> dict[str, Any]:
    """Rank-1 behind a map, and what learning it took of one core, the photos' features among it."""
    started = process_time()
    projection = FITS[method](learnt.rows, learnt.people)
    seconds = process_time() - started + learnt.ms * len(learnt.rows) / 1e3
    return {
        "photos": len(learnt.rows),
        "seconds": round(seconds, 1),
        **rank1(projection(test.rows), test.people),
    }


def rank1(vectors: Tensor, people: Tensor) -> dict[str, Any]:
    """Rank-1, its interval by person, chance, and on how many."""
    score = recognition(vectors, people)
    return {
        "rank1": {name: round(getattr(score, name), 4) for name in ("value", "low", "high")},
        "chance": round(score.chance, 4),
        "probes": score.n,
        "people": score.identities,
    }


def first(scene: Scene, count: int) -> tuple[Tensor, Tensor]:
    """So many public photos."""
    return scene.public.images[:count], scene.public.labels[:count]


def chosen(people: Tensor, count: int, draw: int) -> Tensor:
    """Some of the people."""
    return people[torch.randperm(len(people), generator=torch.Generator().manual_seed(draw))[:count]]


def unit(vectors: np.ndarray[Any, Any]) -> Tensor:
    """Of length 1."""
    return functional.normalize(torch.from_numpy(vectors).float())


if __name__ == "__main__":
    torch.set_num_threads(1)
    main(Path(sys.argv[1]))
