"""Figures of studies: where their points stand, and what is left out."""

from masquerade.audit.grading.figures import figures_of
from masquerade.audit.results import Arm, Leak, Measurement
from masquerade.audit.studies.study import FigureSpec


def measured(value: float, metric: str = "eval_acc") -> Measurement:
    return Measurement(metric=metric, value=value, chance=0, low=0, high=1, n=9, identities=3, runs=[])


def arm(name: str, utility: float | None, leak: float) -> Arm:
    found = Leak(attack="search", title="A search", shows=[], status="ran", headline=measured(leak))
    told = None if utility is None else measured(utility, "attribute_auc")
    return Arm(name=name, title=name, protected=True, recipe={}, utility=told, leaks=[found], grade="BROKEN")


ARMS = [arm("weak", 0.8, 0.4), arm("strong", 0.7, 0.1), arm("unmeasured", None, 0.2)]


def figure(y: str, *points: tuple[str, str, float | None]) -> FigureSpec:
    said = [{"series": series, "arm": name, "x": x} for series, name, x in points]
    return FigureSpec.model_validate({"title": "A figure", "x_label": "x", "y": y, "points": said})


def test_a_point_stands_where_it_is_put_or_else_at_its_arms_utility() -> None:
    spec = figure("search", ("one", "weak", None), ("one", "strong", None), ("two", "strong", 5.0))
    one, two = figures_of([spec], ARMS)
    assert (one.series, [(point.x, point.y.value) for point in one.points]) == (
        "one",
        [(0.8, 0.4), (0.7, 0.1)],
    )
    assert (two.series, [(point.x, point.y.value) for point in two.points]) == ("two", [(5.0, 0.1)])


def test_points_without_a_place_or_a_number_are_left_out() -> None:
    places = (("one", "unmeasured", None), ("one", "left out", 1.0), ("two", "unmeasured", 1.0))
    (curve,) = figures_of([figure("search", *places)], ARMS)
    assert (curve.series, [point.x for point in curve.points]) == ("two", [1.0])
    assert figures_of([figure("no such attack", ("one", "weak", None))], ARMS) == []


def test_an_attack_whose_control_failed_leaves_no_point() -> None:
    weak = arm("weak", 0.8, 0.4)
    failed = weak.model_copy(update={"leaks": [weak.leaks[0].model_copy(update={"status": "incomplete"})]})
    assert figures_of([figure("search", ("one", "weak", None))], [failed]) == []
