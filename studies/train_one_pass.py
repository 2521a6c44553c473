"""Train the generator of the one-pass cloak that comes with masquerade: studies/train_one_pass.py DATA OUT.

Trained on the provider's people alone: those of LFW with 5 to 9 photos, and with one. ``--felt`` trains against
recognisers too. ``--source`` names the source of MaskNets: by itself untrained ones, all different, so that the
generator fits any source.
"""

import argparse
from pathlib import Path
from time import monotonic

import torch

from masquerade.data.packs import lfw
from masquerade.disguises import open_named_source
from masquerade.encoders.recogniser import open_recogniser
from masquerade.files.durable import write_durably
from masquerade.masknets.generator import TrainedGenerator
from masquerade.masknets.generator_file import CloakGeneratorCard, generator_bytes, read_generator
from masquerade.networks.cloaks.cloak_generator import CloakGeneratorOptions
from masquerade.training.hyperobf.one_pass import train_one_pass
from masquerade.training.hyperobf.one_pass_measures import measure
from masquerade.training.hyperobf.one_pass_settings import OnePassSettings

SEED = 20
FELT = OnePassSettings(
    generator=CloakGeneratorOptions(rounds=3, width=32),
    steps=300,
    batch_size=6,
    learning_rate=3e-3,
    masknet_weight=0.3,
    recogniser_weight=10.0,
)


def photos_of(root: Path, counts: range, at_most: int | None = None) -> torch.Tensor:
    """LFW photos of people who have so many, in order."""
    everybody = lfw(root, 112, 112, "RGB", counts[0])
    number = torch.bincount(everybody.labels)
    people = torch.isin(number, torch.tensor(counts)).nonzero().flatten()
    return everybody.of(people).images[:at_most]


def main() -> None:
    """Train, measure, write."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("data", type=Path)
    asked.add_argument("out", type=Path)
    asked.add_argument("--source", default="untrained-masknet-1-112")
    asked.add_argument("--felt", nargs="*", metavar="RECOGNISER")
    asked.add_argument("--start", type=Path, help="a generator to begin with")
    asked.add_argument("--steps", type=int)
    args = asked.parse_args()
    torch.set_num_threads(1)
    settings = OnePassSettings() if args.felt is None else FELT
    if args.steps:
        settings = settings.model_copy(update={"steps": args.steps})
    source = open_named_source(args.source)
    recognisers = [open_recogniser(name) for name in args.felt or ()]
    photos = torch.cat([photos_of(args.data, range(5, 10)), photos_of(args.data, range(1, 2))])
    start = read_generator(args.start).network if args.start else None
    began = monotonic()

    def told(step: int, total: int, far: float, similar: float) -> None:
        if not step % 10:
            seconds = monotonic() - began
            print(f"{step}/{total} distance {far:.2f} similarity {similar:.3f} {seconds:.0f} s", flush=True)

    checkpoint = args.out.with_name(f"{args.out.name}.checkpoint")
    network = train_one_pass(
        photos,
        source,
        settings,
        SEED if start is None else SEED + 1,
        recognisers=recognisers,
        start=start,
        told=told,
        checkpoint=checkpoint,
    )
    card = CloakGeneratorCard(
        name=args.out.stem,
        options=settings.generator,
        source=source.name,
        source_digest=source.digest,
        objective="recognisers" if recognisers else "masknet",
        recognisers={each.name: each.digest for each in recognisers},
        bound=settings.bound,
        training={**settings.model_dump(mode="json", exclude={"generator"}), "seed": SEED},
        photos=len(photos),
    )
    write_durably(args.out, [generator_bytes(network, card)])
    unseen = photos_of(args.data, range(10, 20), 48)
    print(measure(TrainedGenerator(card.name, network), source, unseen, settings.bound))


if __name__ == "__main__":
    main()
