"""Curves of a report: a paper's figure over arms, and how concentrated labels are class by class."""

from collections.abc import Iterable, Sequence
from typing import Any

from masquerade.audit.results import Arm, Claim, Curve, CurvePoint, Measurement
from masquerade.audit.studies.study import ClaimSpec, FigureSpec, PointSpec
from masquerade.metrics import welch_p_value

AXIS = {
    "pairs": "leaked pairs",
    "images": "released images",
    "shared": "released photos that are public as well",
    "clean": "clean photos among a user's published ones",
    "masknets": "MaskNets that the attacker holds",
    "gallery": "photos that the attacker has of each person",
    "queries": "answered queries",
    "epochs": "passes over the answers that the attacker learns from",
}
STATISTICS = {
    "soft_agreement": "label agreement of probabilities",
    "agreement": "label agreement",
    "fano": "Fano factor (variance over mean)",
    "entropy": "negative entropy in bits",
}
"""What classes are scored by, in words; agreements are 1 where all images of a class get one label."""
OPTIONS = ("masknets", "epochs", "queries")
"""What of these is an option of the attack, not part of its budget."""


def measurement_of(arm: Arm | None, y: str) -> Measurement | None:
    """An arm's utility, a number beside it, or the headline of one of its attacks."""
    if arm is None:
        return None
    if y == "utility":
        return arm.utility
    if found := next((beside for beside in arm.beside if beside.metric == y), None):
        return found
    ran = (leak for leak in arm.leaks if leak.status == "ran")  # a failed control leaves no number to draw
    return next((leak.headline for leak in ran if leak.attack == y), None)


def figures_of(figures: Sequence[FigureSpec], arms: Sequence[Arm]) -> list[Curve]:
    """The figures of a study, one curve a series; points whose arm or utility was left out are missing."""
    by_name = {arm.name: arm for arm in arms}
    curves = []
    for figure in figures:
        for series in dict.fromkeys(point.series for point in figure.points):
            points = [point for point in figure.points if point.series == series]
            drawn = [at for point in points if (at := _placed(point, by_name.get(point.arm), figure.y))]
            if drawn:
                curves.append(
                    Curve(
                        figure=figure.title,
                        series=series,
                        x_label=figure.x_label,
                        y_label=figure.y.replace("_", " "),
                        log_x=figure.log_x,
                        points=drawn,
                    )
                )
    return curves


def _placed(point: PointSpec, arm: Arm | None, y: str) -> CurvePoint | None:
    measured, utility = measurement_of(arm, y), measurement_of(arm, "utility")
    x = point.x if point.x is not None else utility and round(utility.value, 3)
    return None if measured is None or x is None else CurvePoint(x=x, y=measured)


def fano_curves(
    title: str, pieces: Sequence[dict[str, Any]], statistic: str = "soft_agreement"
) -> tuple[list[Curve], str]:
    """Class-wise scores of a class membership attack, in and out of training, and Welch's test on them.

    Args:
        title: The arm's title.
        pieces: The attack's attempts, one a repetition.
        statistic: What the attack scores classes by.

    Returns:
        Two curves (figures 10 and 11 of the Disguised-Nets paper) and a sentence; nothing if an attempt failed or
        probed other classes, or a group has fewer than two classes.
    """
    kept = [piece["classes"] for piece in pieces if "classes" in piece]
    if not kept or len(kept) < len(pieces):
        return [], ""
    members = kept[0]["members"]
    if any(each["members"] != members for each in kept):
        return [], ""
    if min(sum(members), len(members) - sum(members)) < 2:
        return [], ""
    mean = [sum(column) / len(kept) for column in zip(*(piece["scores"] for piece in kept), strict=True)]
    name = STATISTICS[statistic]
    figure = f"Classes by {name}: {title}"
    curves = [
        Curve(
            figure=figure,
            series="in training" if inside else "out of training",
            x_label="class, from the largest score",
            y_label=name,
            points=[_point(x, value) for x, value in enumerate(_ranked(mean, members, inside), start=1)],
        )
        for inside in (True, False)
    ]
    p = welch_p_value(_ranked(mean, members, True), _ranked(mean, members, False))
    inside, outside = (sum(v) / len(v) for v in (_ranked(mean, members, True), _ranked(mean, members, False)))
    means = f"mean {name} {inside:.3f} in training, {outside:.3f} out of training"
    return curves, f"{title}: {means}, Welch p = {p:.2g}."


def _ranked(scores: Sequence[float], members: Sequence[bool], inside: bool) -> list[float]:
    return sorted((s for s, m in zip(scores, members, strict=True) if m == inside), reverse=True)


def _point(x: int, value: float) -> CurvePoint:
    exact = Measurement(
        metric="fano", value=value, chance=0.0, low=value, high=value, n=1, identities=1, runs=[]
    )
    return CurvePoint(x=float(x), y=exact)


def claims_of(specs: Iterable[ClaimSpec], arms: Sequence[Arm]) -> list[Claim]:
    """Numbers of the paper beside ours, where these were measured."""
    by_name = {arm.name: arm for arm in arms}
    claims = []
    for spec in specs:
        ours = measurement_of(by_name.get(spec.arm), spec.y)
        if ours is not None:
            claims.append(
                Claim(what=spec.what, paper=spec.paper, paper_value=spec.value, ours=ours, note=spec.note)
            )
    return claims
