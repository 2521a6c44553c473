"""What reports call things: metrics, grades and what an attacker is shown, in words for every reader."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from masquerade.audit.results import Measurement
from masquerade.promises import Question

Kind = Literal["share", "plain", "small", "decibels", "count"]


@dataclass(frozen=True)
class MetricWords:
    """How a metric is written.

    Args:
        title: What it is called in tables.
        kind: How its numbers are written.
        sentence: What a value means; ``{value}`` and ``{chance}`` are filled in.
    """

    title: str
    kind: Kind
    sentence: str


METRICS = {
    "linkage": MetricWords(
        "linkage",
        "share",
        "For {value} of the disguised photos the attack finds the right original; guessing finds {chance}.",
    ),
    "identification": MetricWords(
        "identification",
        "share",
        "The attack names {value} of the disguised photos rightly; always naming the most frequent name "
        "gets {chance}.",
    ),
    "membership_auc": MetricWords(
        "membership AUC",
        "plain",
        "Given one photo that is in the data and one that is not, the attack tells which is which with "
        "probability {value}; a coin has {chance}.",
    ),
    "class_membership": MetricWords(
        "class membership AUC",
        "plain",
        "Given one class that was trained on and one that was not, the attack tells which is which with "
        "probability {value}; a coin has {chance}.",
    ),
    "membership_tpr": MetricWords(
        "membership at 0.1 % false alarms",
        "share",
        "The attack finds {value} of the photos that are in the data while wrongly suspecting {chance} "
        "of those that are not.",
    ),
    "membership_tpr_1_percent": MetricWords(
        "membership at 1 % false alarms",
        "share",
        "The attack finds {value} of the photos that are in the data while wrongly suspecting {chance} "
        "of those that are not.",
    ),
    "psnr": MetricWords(
        "PSNR",
        "decibels",
        "The pictures come back at {value}; the average picture as a guess for each gets {chance}.",
    ),
    "ssim": MetricWords(
        "SSIM",
        "plain",
        "The pictures come back with a structural similarity of {value}; the average picture as a guess "
        "for each gets {chance}.",
    ),
    "utility": MetricWords(
        "accuracy",
        "share",
        "The trained model is right on {value} of new photos; always naming the most frequent class "
        "gets {chance}.",
    ),
    "rank1": MetricWords(
        "rank-1",
        "share",
        "For {value} of the disguised photos, the nearest other photo that the attack finds is of the same "
        "person; guessing finds {chance}.",
    ),
    "rank1_utility": MetricWords(
        "rank-1 of unseen people",
        "share",
        "For {value} of the photos of people never trained on, the nearest other photo is of the same person; "
        "guessing finds {chance}.",
    ),
    "rank1_untrained": MetricWords(
        "rank-1 of the same features, nothing trained",
        "share",
        "Without any training, for {value} of the photos the nearest other one is of the same person; guessing "
        "finds {chance}.",
    ),
    "rank1_clean_recogniser": MetricWords(
        "rank-1 by a recogniser of clean features",
        "share",
        "A recogniser that was taught clean features finds for {value} of the photos another one of the same "
        "person; guessing finds {chance}.",
    ),
    "noise_constant_share": MetricWords(
        "share of the noise that is the same for everybody",
        "share",
        "{value} of the noise's energy is one vector for every face, which a listener takes off with a mean; "
        "independent noises have {chance}.",
    ),
    "rank1_pixels": MetricWords(
        "rank-1 of pixels",
        "share",
        "By their pixels alone, for {value} of the photos the nearest other one is of the same person; guessing "
        "finds {chance}.",
    ),
    "cloak_ssim": MetricWords(
        "SSIM of cloaked photos",
        "plain",
        "To the eye, cloaked photos have a structural similarity of {value} to the photos; untouched ones have "
        "{chance}.",
    ),
    "cloak_ssim_worst": MetricWords(
        "SSIM that 95 % of cloaked photos reach",
        "plain",
        "95 % of the cloaked photos have a structural similarity of {value} or more; untouched ones have {chance}.",
    ),
    "cloak_change": MetricWords(
        "mean change in grey levels",
        "plain",
        "A pixel changes by {value} of 255 grey levels on average; in untouched photos by {chance}.",
    ),
    "tracked": MetricWords(
        "users recognised on clean photos",
        "share",
        "Trained on what users published, trackers recognise them on {value} of their clean photos; guessing "
        "gets {chance}. The protection rate is the rest.",
    ),
    "tracked_cloaked": MetricWords(
        "users recognised on cloaked photos",
        "share",
        "Trackers recognise users on {value} of their cloaked photos; guessing gets {chance}.",
    ),
    "tracked_others": MetricWords(
        "bystanders recognised",
        "share",
        "The same trackers name {value} of the other people's photos rightly; guessing gets {chance}.",
    ),
    "cloak_detection": MetricWords(
        "cloaks detected (AUC)",
        "plain",
        "Given one cloaked photo and one that is not, the attack tells which is which with probability "
        "{value}; a coin has {chance}.",
    ),
    "detection": MetricWords(
        "protected photos told from others (AUC)",
        "plain",
        "Given one protected photo and one that is not, the attack tells which is which with probability {value}; a "
        "coin has {chance}. That a photo is scrambled is no secret; for a cloak it matters.",
    ),
    "energy_removed": MetricWords(
        "share of the cloak removed",
        "share",
        "The attack takes away {value} of the cloak's energy; leaving the photos alone takes away {chance}.",
    ),
    "eval_acc": MetricWords(
        "people named on reconstructions, by SFace",
        "share",
        "On {value} of the reconstructions a recogniser that was trained elsewhere names the right person; "
        "guessing gets {chance}.",
    ),
    "eval_acc_trained": MetricWords(
        "people named on reconstructions, by a network trained on them",
        "share",
        "On {value} of the reconstructions a network trained on other photos of the same people names the right "
        "one; guessing gets {chance}.",
    ),
    "epsilon_pii": MetricWords(
        "epsilon of indistinguishability",
        "small",
        "The reconstructions are {value} away from the prior's faces, and these {chance} from each other.",
    ),
    "feature_cosine": MetricWords(
        "likeness to SFace",
        "plain",
        "To a face recogniser, reconstruction and photo have a cosine of {value}; the average picture as a guess "
        "for each gets {chance}.",
    ),
    "attribute_auc": MetricWords(
        "mean AUC of attributes",
        "plain",
        "Given one photo with an attribute and one without, the cloud tells which is which with probability "
        "{value}, on average over attributes; a coin has {chance}.",
    ),
    "attribute_agreement": MetricWords(
        "same answers as on unprotected features",
        "share",
        "The cloud's answers are those on unprotected features in {value} of all; the more frequent answer always "
        "gets {chance}.",
    ),
    "attributes_measured": MetricWords(
        "attributes that some of the photos have and some have not",
        "count",
        "The mean is over {value} attributes, which some of the photos have and some have not.",
    ),
    "naming_bound": MetricWords(
        "bound on every attacker",
        "share",
        "Nobody, whatever he knows, names more than {value} of answers rightly, one photo a person; a blind guess gets "
        "{chance}.",
    ),
    "naming_candidates": MetricWords(
        "best for these photos",
        "share",
        "Somebody who holds exactly these photos names {value} of the answers; this is no bound for other photos.",
    ),
    "tar_at_far_0.01": MetricWords(
        "true accepts at 1 % false accepts",
        "share",
        "Of two photos of one person {value} are taken for the same, where {chance} of those of two people are.",
    ),
    "tar_at_far_0.001": MetricWords(
        "true accepts at 0.1 % false accepts",
        "share",
        "Of two photos of one person {value} are taken for the same, where {chance} of those of two people are.",
    ),
}

QUESTIONS: dict[Question, str] = {
    "photo": "Is this photo in it?",
    "person": "Is this person in it?",
}
HOLDS: dict[Question, str] = {
    "photo": "The attacker holds the photo, or gets it back.",
    "person": "The attacker holds other photos of the person.",
}

SIGHTS = {
    "labels": "class numbers",
    "recipe": "public recipe",
    "public": "photos of other people",
    "gallery": "named photos of the same people",
    "candidates": "suspected originals",
    "pairs": "leaked pairs",
    "fresh": "the disguise under keys of its own",
    "model": "the model as a black box",
    "probes": "images of suspected classes",
    "query": "the owner's disguise for photos of its choice",
    "teacher": "a public recogniser",
    "split": "the public encoder and the cloud's network",
    "repeats": "the same photos released again and again",
    "pairing": "which photos are mixed in which",
    "bystanders": "named photos of other people",
    "sightings": "photos met later",
    "own": "a user's own cloak",
    "recognisers": "public recognisers",
    "alike": "named photos of the same people, protected alike",
    "others": "photos of other people before and after the protection",
    "files": "sizes and marks of the files",
}


def listed(sights: Iterable[str]) -> str:
    """What attackers are shown, in words, one after the other."""
    return ", ".join(SIGHTS.get(sight, sight) for sight in sights)


_UNKNOWN = "It scores {value}; guessing {chance}."


def metric_words(metric: str) -> MetricWords:
    """How ``metric`` is written; unknown ones by their name, as plain numbers."""
    return METRICS.get(metric) or MetricWords(metric.replace("_", " "), "plain", _UNKNOWN)


def amount(metric: str, value: float) -> str:
    """A value of a metric as text, with its unit."""
    match metric_words(metric).kind:
        case "share":
            return percent(value)
        case "decibels":
            return f"{value:.1f}\u00a0dB"
        case "small":
            return f"{value:.3g}"
        case "count":
            return f"{value:.0f}"
        case _:
            return f"{value:.3f}".replace("-0.000", "0.000")


def percent(share: float) -> str:
    """A share in percent: one decimal, two digits below 1 %, and never rounded up to all or down to none."""
    value = 100 * share
    if 0 < value < 0.01:
        return "<\u202f0.01\u00a0%"
    if 0 < value < 1:
        return f"{value:.2g}\u00a0%"
    if 99.95 <= value < 100:
        return ">\u202f99.9\u00a0%"
    return f"{value:.0f}\u00a0%" if value in {0, 100} else f"{value:.1f}\u00a0%"


def interval(measured: Measurement) -> str:
    """The 95 % interval as text, the unit said once."""
    low, high = amount(measured.metric, measured.low), amount(measured.metric, measured.high)
    for unit in ("\u00a0%", "\u00a0dB"):
        if low.endswith(unit) and high.endswith(unit):
            low = low.removesuffix(unit)
    return f"{low} to {high}"


def same_people(measured: Measurement) -> str:
    """The interval for these people with other keys and splits; empty where it was not measured."""
    if measured.same_low is None or measured.same_high is None:
        return ""
    ends = {"low": measured.same_low, "high": measured.same_high}
    return interval(measured.model_copy(update=ends))


def meaning(measured: Measurement) -> str:
    """What a measurement means, in a sentence."""
    sentence = metric_words(measured.metric).sentence
    value, chance = (amount(measured.metric, x) for x in (measured.value, measured.chance))
    return sentence.format(value=value, chance=chance)


def on_terminals(words: str) -> str:
    """The same without the spaces that hold a number to its unit, which terminals are not shown."""
    return words.replace("\u00a0", " ").replace("\u202f", " ")


def duration(seconds: float) -> str:
    """A time as text: 0.4 s, 12 s, 3 min 20 s, 2 h 5 min."""
    if seconds < 10:
        return f"{seconds:.1f}\u00a0s"
    whole = round(seconds)
    if whole < 120:
        return f"{whole}\u00a0s"
    if whole < 7200:
        return f"{whole // 60}\u00a0min {whole % 60}\u00a0s"
    return f"{whole // 3600}\u00a0h {whole % 3600 // 60}\u00a0min"
