"""Reports with any numbers in the place of the example's own, often the same ones."""

from hypothesis import strategies as st

from example_report import example_report
from masquerade.audit.results import Curve, CurvePoint, Leak, Measurement, Report

EXAMPLE = example_report()
anything = st.floats(allow_nan=True, allow_infinity=True)


def measured(value: float, low: float, high: float, chance: float, metric: str = "linkage") -> Measurement:
    return Measurement(
        metric=metric, value=value, chance=chance, low=low, high=high, n=1, identities=1, runs=[]
    )


@st.composite
def reports(draw: st.DrawFn) -> Report:
    """Some of the example with any numbers in the place of its own, often the same ones."""
    numbers = draw(st.lists(anything | st.sampled_from([0.0, 1.0]), min_size=1, max_size=4))
    pick = draw(st.randoms())
    metrics = ["linkage", "psnr", "epsilon_pii", "cloak_ssim", "unheard_of"]

    def number() -> float:
        return pick.choice(numbers)

    def score() -> Measurement:
        return measured(number(), number(), number(), number(), pick.choice(metrics))

    def attacked(leak: Leak) -> Leak:
        headline = leak.headline and score()
        return leak.model_copy(update={"headline": headline, "ceiling": pick.choice([None, number()])})

    arms = [
        arm.model_copy(
            update={"leaks": list(map(attacked, arm.leaks[:2])), "utility": pick.choice([None, score()])}
        )
        for arm in EXAMPLE.arms[:3]
    ]
    curves = [
        Curve(
            figure="F",
            series="s",
            x_label="x",
            y_label="linkage",
            log_x=pick.choice([True, False]),
            points=[CurvePoint(x=number(), y=score()) for _ in range(pick.randrange(3))],
        )
        for _ in range(pick.randrange(3))
    ]
    return EXAMPLE.model_copy(update={"arms": arms, "curves": curves, "claims": []})
