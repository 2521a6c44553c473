"""A report with invented numbers, to test what pages look like; nothing in it was measured."""

import torch

from masquerade.audit.grading.answers import with_answers
from masquerade.audit.results import (
    Arm,
    Claim,
    ControlResult,
    Curve,
    CurvePoint,
    DataFacts,
    Leak,
    Measurement,
    PointMap,
    Report,
    Run,
)
from masquerade.report import PictureGrid


def measured(metric: str, value: float, chance: float, reach: float = 0.03) -> Measurement:
    low, high = value - reach, value + reach
    if metric not in {"psnr"}:
        low, high = max(low, 0.0), min(high, 1.0)
    runs = [Run(seed=seed, value=value, low=low, high=high) for seed in (1, 2, 3)]
    return Measurement(
        metric=metric, value=value, chance=chance, low=low, high=high, n=1200, identities=40, runs=runs
    )


def control(metric: str, value: float, at_least: float) -> ControlResult:
    return ControlResult(
        recipe="lfw-2x2", metric=metric, value=value, at_least=at_least, passed=value >= at_least
    )


def leaks(linked: float, named: float, classes: float, known: float) -> list[Leak]:
    return [
        Leak(
            attack="moments",
            title="ciphertext-only moments",
            shows=["recipe", "public"],
            status="ran",
            headline=measured("linkage", linked, 1 / 400),
            others=[measured("psnr", 9 + 18 * linked, 12.6, 0.7), measured("ssim", 0.1 + 0.8 * linked, 0.31)],
            control=control("linkage", 0.99, 0.95),
            ceiling=1.0,
            seconds=41.3,
        ),
        Leak(
            attack="known_pairs",
            title="known pairs",
            shows=["recipe", "pairs"],
            status="ran",
            headline=measured("linkage", known, 1 / 400),
            others=[measured("psnr", 10 + 16 * known, 12.6, 0.7)],
            control=control("linkage", 1.0, 0.95),
            ceiling=1.0,
            seconds=13.0,
        ),
        Leak(
            attack="examiner_clean",
            title="examiner trained on clean photos",
            shows=["gallery"],
            status="ran",
            headline=measured("identification", named, 1 / 40),
            control=control("identification", 0.94, 0.8),
            ceiling=0.94,
            seconds=88.0,
        ),
        Leak(
            attack="class_membership",
            title="class membership",
            shows=["model", "probes"],
            status="ran",
            headline=measured("class_membership", classes, 0.5, 0.06),
            control=control("class_membership", 0.98, 0.9),
            ceiling=0.98,
            seconds=3.4,
        ),
        Leak(
            attack="jigsaw",
            title="jigsaw",
            shows=["recipe"],
            status="not applicable",
            reason="Nothing is permuted.",
        ),
    ]


def arms() -> list[Arm]:
    hardened = leaks(0.0075, 0.031, 0.53, 0.041)
    hardened[2] = Leak(
        attack="examiner_fresh",
        title="examiner trained under fresh keys",
        shows=["gallery", "fresh"],
        status="incomplete",
        reason="the positive control failed: this attack is too weak here to conclude anything",
        headline=measured("identification", 0.05, 1 / 40),
        control=control("identification", 0.31, 0.6),
        ceiling=0.9,
        seconds=120.0,
    )
    return [
        arm("none", "no protection", 0.952, leaks(1.0, 0.94, 0.98, 1.0), "UNPROTECTED", "moments"),
        arm(
            "lfw-2x2",
            "Disguised-Nets, 2×2 rows, noise 50",
            0.914,
            leaks(0.972, 0.12, 0.51, 0.83),
            "BROKEN",
            "moments",
        ),
        arm(
            "rows-8x8",
            "8×8 rows, permuted, noise 25",
            0.897,
            leaks(0.006, 0.2, 0.52, 0.004),
            "WEAKENED",
            "examiner_clean",
        ),
        arm(
            "block-4",
            "vectorised 4×4 blocks, fresh noise",
            0.871,
            leaks(0.004, 0.027, 0.5, 0.0033)[:3],
            "NOT BROKEN BY THE ATTACKS RUN",
            "moments",
        ),
        arm(
            "hardened",
            "hardened <script>alert('a | b')</script>",
            0.883,
            hardened,
            "INCOMPLETE",
            "known_pairs",
        ),
    ]


def arm(name: str, title: str, utility: float, found: list[Leak], grade: str, strongest: str) -> Arm:
    return Arm(
        name=name,
        title=title,
        protected=name != "none",
        recipe={"kind": "Chain"},
        utility=measured("utility", utility, 0.08, 0.021),
        beside=[measured("rank1_untrained", utility / 2, 0.02), measured("rank1_pixels", 0.25, 0.02)],
        leaks=found,
        grade=grade,  # type: ignore[arg-type]
        strongest=strongest,
        seconds=311.0,
    )


def curves() -> list[Curve]:
    budgets = [1, 2, 4, 16, 64, 256]
    shown = {
        "2×2 rows, noise 50": [0.11, 0.38, 0.72, 0.91, 0.97, 0.99],
        "8×8 rows, permuted": [0.02, 0.05, 0.19, 0.55, 0.83, 0.94],
        "hardened": [0.003, 0.0025, 0.004, 0.006, 0.011, 0.041],
    }
    pairs = [
        Curve(
            figure="Known pairs: linkage against leaked pairs",
            series=series,
            x_label="leaked pairs",
            y_label="linkage",
            log_x=True,
            points=[
                CurvePoint(x=x, y=measured("linkage", y, 1 / 400))
                for x, y in zip(budgets, values, strict=True)
            ],
        )
        for series, values in shown.items()
    ]
    noise = [
        Curve(
            figure="Accuracy against noise (figure 7)",
            series=series,
            x_label="noise level",
            y_label="accuracy",
            points=[CurvePoint(x=25.0 * i, y=measured("utility", top - 0.012 * i, 0.1)) for i in range(5)],
        )
        for series, top in (("2×2", 0.93), ("4×4", 0.91))
    ]
    return pairs + noise


def example_report() -> Report:
    report = Report(
        masquerade="0.1.0",
        study="example",
        title="Test data: invented numbers in the shape of an audit",
        source="Invented for tests of the report; nothing here was measured.",
        profile="laptop",
        digest="c0ffee" * 10 + "c0ff",
        data=DataFacts(
            name="invented faces",
            digest="5eed" * 16,
            images=400,
            people=40,
            shape=(3, 32, 32),
            note="No data set: smooth random images, drawn for this test.",
        ),
        seeds=[1, 2, 3],
        arms=arms(),
        curves=curves(),
        maps=[
            PointMap(
                figure="Ten people's photos",
                title=title,
                points=[(0.1 * (n % 10) + 0.01 * n % 0.1, spread * (n % 7) / 7, n % 10) for n in range(80)],
            )
            for title, spread in (("No protection", 1.0), ("hardened", 0.6))
        ],
        claims=[
            Claim(
                what="accuracy on disguised photos",
                paper="Sharma et al., table 2",
                paper_value=0.906,
                ours=measured("utility", 0.914, 0.08),
                note="12 classes, 1,400 training photos",
            ),
            Claim(
                what="visual privacy",
                paper="Sharma et al., figure 8",
                paper_value=None,
                ours=measured("identification", 0.12, 0.08),
            ),
        ],
        findings=["Invented finding: pairs leak faster than the noise grows."],
        not_tested=[
            "Attackers who hold the key.",
            "Photos larger than 112 pixels.",
            "Attacks published later.",
        ],
        command="masquerade audit example --profile laptop -o REPORT",
        machine="a machine of the imagination, 2 cores",
        seconds=1623.0,
    )
    return with_answers(report)


def example_pictures() -> list[PictureGrid]:
    rng = torch.Generator().manual_seed(3)
    coarse = torch.rand((3, 3, 5, 5), generator=rng) * 255
    originals = torch.nn.functional.interpolate(coarse, (32, 32), mode="bicubic").clamp(0, 255)
    disguised = originals[:, :, torch.randperm(32, generator=rng)] * 2.2 - 190
    quality = torch.tensor([10.0, 35.0, 80.0])[:, None, None, None]
    recovered = originals + quality * torch.randn(originals.shape, generator=rng)
    images = {"original": originals, "disguised": disguised, "recovered": recovered.clamp(0, 255)}
    return [
        PictureGrid.of("Disguised-Nets, 2×2 rows, noise 50: moments", images),
        PictureGrid.of("8×8 rows, permuted, noise 25: known pairs", images),
    ]
