"""Learn from CelebA's public people what task-only needs: answers-1's statistics, and a bank of features for k-same.

    python studies/fit_task_only.py DATA [OUT]

The people are those whom the studies on CelebA do not hold back, their photos the 1,200 of `crafter_baselines`, of 90
people. Writes OUT/answers-1.safetensors and OUT/bank-1.safetensors. The first comes with the package; the second, 20 MB
of features by which public people could be told, does not.
"""

import argparse
from pathlib import Path

import torch

from masquerade.audit.scenes.scene import make_scene
from masquerade.audit.studies.study_file import load_study
from masquerade.cli.studies import shipped_studies
from masquerade.crafting.shipped import open_split
from masquerade.crafting.task.answers_file import AnswersCard, answers_bytes
from masquerade.crafting.task.bank_file import BankCard, bank_bytes
from masquerade.crafting.task.closed_form import collect_features, learn_answers
from masquerade.files.durable import write_durably

LICENCE = "Numbers and photos: CelebA, non-commercial research."


def main() -> None:
    """Learn and write both."""
    told = argparse.ArgumentParser(description=__doc__)
    told.add_argument("data", type=Path)
    told.add_argument("out", type=Path, nargs="?", default=Path("studies/models"))
    said = told.parse_args()
    said.out.mkdir(parents=True, exist_ok=True)
    study = load_study(shipped_studies()["crafter_baselines"]).at("laptop")
    public = make_scene(study.data, said.data).public
    photos, people = public.images.to(torch.uint8), len(torch.unique(public.labels))
    split = open_split()
    facts = {"method": "closed form", "data": "celeba, public people of crafter_baselines"}
    about = {"training": facts, "photos": len(photos), "people": people, "licence": LICENCE}
    answers = learn_answers(split.network, photos)
    card = AnswersCard(
        name="answers-1",
        answers=len(answers.mean),
        entries=answers.thin.in_features,
        encoder_digest=split.digest,
        cloud_digest=split.cloud_digest,
        **about,
    )
    write_durably(said.out / "answers-1.safetensors", [answers_bytes(answers, card)])
    bank = collect_features(split.network, photos)
    entries = bank.features.shape[1]
    kept = BankCard(name="bank-1", entries=entries, encoder_digest=split.digest, **about)
    write_durably(said.out / "bank-1.safetensors", [bank_bytes(bank, kept)])
    print(f"{len(photos)} photos of {people} people: {said.out}")


if __name__ == "__main__":
    torch.set_num_threads(1)
    main()
