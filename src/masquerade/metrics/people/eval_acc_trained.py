"""Evaluation accuracy by an evaluator that was trained on other photos of the same people."""

from masquerade.errors import NotMeasurable
from masquerade.guesses import Guess, Reconstruction
from masquerade.metrics.base import Score, Truth
from masquerade.metrics.expecting import expect
from masquerade.metrics.pairing import matched
from masquerade.metrics.people.eval_acc import share_named


def eval_acc_trained(guess: Guess, truth: Truth) -> Score:
    """Share of reconstructions that the truth's evaluator, a classifier of the private people, names rightly.

    The paper's evaluators are of this kind. Chance is 1/k for k people.

    Raises:
        NotMeasurable: If the guess is no reconstruction, or there is no evaluator.
    """
    images = matched(expect(guess, Reconstruction, "eval_acc_trained"), truth)
    if truth.evaluator is None:
        raise NotMeasurable(
            "eval_acc_trained needs an evaluator",
            value="none",
            place="the truth",
            remedy="Divide the study's people by `data.private`.",
        )
    probabilities = truth.evaluator(images)
    return share_named("eval_acc_trained", probabilities.argmax(1), truth, probabilities.shape[1])
