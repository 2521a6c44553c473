"""Evaluation accuracy: of how many reconstructions an evaluator names the person (Crafter, section VI-A)."""

import torch
from torch import Tensor
from torch.nn import functional

from masquerade.guesses import Guess, Reconstruction
from masquerade.metrics.base import Score, Truth
from masquerade.metrics.by_person import share_by_person
from masquerade.metrics.expecting import expect, known
from masquerade.metrics.face_vectors import face_vectors
from masquerade.metrics.pairing import matched


def eval_acc(guess: Guess, truth: Truth) -> Score:
    """Share of reconstructions that SFace, which was trained elsewhere, gives to the right private person.

    A person is the mean vector of their photos in the gallery. Chance is 1/k for k people there.

    Raises:
        NotMeasurable: If the guess is no reconstruction, or there is no gallery.
    """
    images = matched(expect(guess, Reconstruction, "eval_acc"), truth)
    gallery = known(truth.gallery, "gallery", "eval_acc")
    people, labels = torch.unique(
        known(truth.gallery_identities, "gallery_identities", "eval_acc"), return_inverse=True
    )
    vectors = face_vectors(gallery)
    means = torch.zeros(len(people), vectors.shape[1]).index_add_(0, labels, vectors)
    named = people[(face_vectors(images) @ functional.normalize(means).T).argmax(1)]
    return share_named("eval_acc", named, truth, len(people))


def share_named(name: str, named: Tensor, truth: Truth, people: int) -> Score:
    """The share of rightly named reconstructions.

    Args:
        name: Of the metric.
        named: Person named for each, int64 ``(n,)``.
        truth: The right answers.
        people: How many there are to choose from.
    """
    hits = (named == truth.identities).double()
    return share_by_person(name, hits.numpy(), truth.clusters, 1 / people)
