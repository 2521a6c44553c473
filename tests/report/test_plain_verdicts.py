"""The verdict in plain words: made of the report's numbers alone, over every committed report and over any numbers."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from example_report import example_report, measured
from masquerade.attacks.base import Sight
from masquerade.audit.grading.answers import with_answers
from masquerade.audit.results import Arm, FolderFacts, Leak, Missed, Report
from masquerade.promises import QUESTIONS
from masquerade.report.assessment.headings import sections
from masquerade.report.assessment.ladder import ladder
from masquerade.report.assessment.remedies import remedies
from masquerade.report.beside import lead, notes, rows
from masquerade.report.clauses import clause_of, filled, of_hundred
from masquerade.report.effort import LEVELS, effort_of
from masquerade.report.markdown import markdown
from masquerade.report.page import page
from masquerade.report.plain import verdicts
from masquerade.report.roles import attacked, controls, not_attacked, under_test
from masquerade.report.verdict import headline
from masquerade.report.words import METRICS, SIGHTS, interval
from places import ROOT

REPORTS = sorted((ROOT / "studies" / "results").glob("*.json"))
NOISE = {"kind": "MatchedNoise", "mean_change": 8.0, "fresh": True}


def read(path: Path) -> Report:
    return with_answers(Report.model_validate_json(path.read_text("utf-8")))


def with_arms(*arms: Arm) -> Report:
    return with_answers(example_report().model_copy(update={"arms": [example_report().arms[0], *arms]}))


def leak(metric: str, value: float, chance: float, **more: object) -> Leak:
    found = Leak(
        attack="a",
        title="the attack",
        shows=["gallery"],
        status="ran",
        headline=measured(metric, value, chance),
        ceiling=1.0,
    )
    return found.model_copy(update=more)


def arm_of(*leaks: Leak, name: str = "p", **more: object) -> Arm:
    made = Arm(
        name=name,
        title=f"protection {name}",
        protected=True,
        recipe={},
        leaks=list(leaks),
        grade="INCOMPLETE",
    )
    return made.model_copy(update=more)


def said(metric: str, value: float, text: str) -> bool:
    """Whether a text has a number, of a hundred or as the metric is written."""
    return any(filled(form, metric, value) in text for form in ("{n}", "{value}"))


@pytest.mark.parametrize("path", REPORTS, ids=lambda path: path.stem)
def test_every_committed_report_is_told_in_its_own_numbers(path: Path) -> None:
    """Each number of a verdict is the decisive leak's, its chance's or its interval's."""
    report = read(path)
    told = verdicts(report)
    assert [each.arm.name for each in told] == [arm.name for arm in attacked(report)]
    for each in told:
        assert each.sentence
        assert [answer.question for answer in each.answers] == list(QUESTIONS)
        for answer, found in zip(each.answers, each.arm.answers, strict=True):
            if found.leak is None:
                assert answer.says.startswith("Not known: ")
                assert answer.effort is None
                continue
            m = found.leak
            assert said(m.metric, m.value, answer.says)
            assert said(m.metric, m.chance, answer.chance)
            ends = (said(m.metric, end, answer.sure) for end in (m.low, m.high))
            assert interval(m) in answer.sure or all(ends)
            assert answer.effort is not None
            assert answer.effort.pictures is not None


@pytest.mark.parametrize("path", REPORTS, ids=lambda path: path.stem)
def test_every_committed_report_has_a_page_that_opens_with_the_verdict(path: Path) -> None:
    report = read(path)
    text = page(report, ())
    first, _, rest = text.partition("What to change")
    for each in verdicts(report):
        assert each.arm.grade in first
    assert headline(report) in first
    for heading in ("What the grades mean", "For an impact assessment", "Residual risk", "Evidence"):
        assert heading in rest
    assert markdown(report)


def test_a_share_of_a_hundred_never_rounds_to_all_or_to_none() -> None:
    assert [of_hundred(x) for x in (0, 1, 0.9951, 0.5, 0.0949, 0.0025, 0.00001)] == [
        "0",
        "100",
        "more than 99",
        "50",
        "9.5",
        "0.25",
        "fewer than 0.01",
    ]


@given(st.floats(0, 1))
def test_any_share_is_a_number_between_its_neighbours(share: float) -> None:
    number = float(re.findall(r"[\d.]+", of_hundred(share))[0])
    assert abs(number - 100 * share) <= (0.5 if share < 0.99 else 1)
    assert (number == 100) == (100 * share == 100)
    assert (number == 0) == (share == 0)


@pytest.mark.parametrize("metric", [*METRICS, "something_new"])
@pytest.mark.parametrize("whom", ["people", "classes"])
def test_every_metric_has_a_clause_with_its_number(metric: str, whom: str) -> None:
    clause = clause_of(metric, whom)  # type: ignore[arg-type]
    for text in (clause.could, clause.chance):
        one, other = (filled(text, metric, value) for value in (0.25, 0.75))
        assert one != other
        assert "{" not in one
    assert clause.then


@pytest.mark.parametrize("sight", sorted(Sight))
def test_everything_that_an_attacker_may_see_is_an_effort(sight: str) -> None:
    one, many = (effort_of(leak("linkage", 0.5, 0.01, shows=[sight], had=had)) for had in ({}, {sight: 4321}))
    assert one.level != "released"
    assert sight in SIGHTS
    assert one.who == LEVELS[one.level]
    counted = one.holds != many.holds
    assert one.uncounted == counted
    assert not many.uncounted
    if counted:
        assert "4,321" in many.holds[0]


def test_the_rarest_thing_decides_who_could_do_it() -> None:
    levels = list(LEVELS)
    assert effort_of(leak("linkage", 0.5, 0.01, shows=[])).level == levels[0]
    order = [
        effort_of(leak("linkage", 0.5, 0.01, shows=shows)).level
        for shows in (["public"], ["public", "gallery"], ["gallery", "query"], ["query", "pairs"])
    ]
    assert order == sorted(order, key=levels.index)
    assert len(set(order)) == 4


def test_how_much_the_attacker_had_stands_where_it_decides() -> None:
    arm = arm_of(leak("linkage", 0.9, 0.01, shows=["pairs", "public"], had={"pairs": 1, "public": 300}))
    report = with_arms(arm)
    for text in (page(report, ()).partition("What to change")[0], markdown(report)):
        assert "1 leaked pair of a photo" in text
        assert "300 photos of other people" in text
        assert "does not say" not in text
    older = with_arms(arm_of(leak("linkage", 0.9, 0.01, shows=["pairs"])))
    assert "how many, this report does not say" in page(older, ())


@pytest.mark.parametrize(
    ("metric", "value", "chance", "then", "never"),
    [
        ("cloak_detection", 0.99, 0.5, "which photos are cloaked", "named"),
        ("identification", 0.9, 0.02, "the people on these pictures as named", "cloaked"),
        ("linkage", 0.9, 0.002, "tied to the photo", "named"),
        ("ssim", 0.95, 0.2, "the photos as restored", "named"),
        ("never_heard_of", 0.9, 0.1, "as if nothing protected it", "named"),
    ],
)
def test_what_a_break_comes_to_follows_from_what_was_broken(
    metric: str, value: float, chance: float, then: str, never: str
) -> None:
    arm = arm_of(leak(metric, value, chance), promises=["photo", "person"])
    (told,) = verdicts(with_arms(arm))
    assert told.arm.grade == "BROKEN"
    assert then in told.sentence
    assert never not in told.sentence
    assert "undoes" not in page(with_arms(arm), ())


def test_a_fact_that_is_not_promised_is_no_alarm() -> None:
    """A cloak that can be seen breaks no promise: the question has no colour of a grade."""
    arm = arm_of(
        leak("cloak_detection", 0.99, 0.5),
        leak("tracked", 0.02, 0.02, attack="b"),
        recipe=NOISE,
        promises=["person"],
    )
    text = page(with_arms(arm), ()).partition("What to change")[0]
    assert "a fact, which counts in no grade" in text
    assert 'class="question broken"' not in text


def test_noise_to_compare_with_is_no_protection() -> None:
    noise = arm_of(leak("identification", 0.9, 0.02), name="noise", recipe=NOISE)
    held = arm_of(leak("identification", 0.9, 0.02), name="cloak")
    both, alone = with_arms(noise, held), with_arms(noise)
    assert [arm.name for arm in controls(both)] == ["noise"]
    assert [arm.name for arm in under_test(both)] == ["cloak"]
    assert headline(both) == "The one protection under test is broken."
    assert [each.arm.name for each in verdicts(both)] == ["cloak"]
    assert "count as no protection: protection noise" in page(both, ())
    assert "count as no protection: protection noise" in markdown(both)
    assert controls(alone) == []
    assert [each.arm.name for each in verdicts(alone)] == ["noise"]


def test_an_arm_that_nobody_attacked_has_no_verdict() -> None:
    idle = arm_of(leak("linkage", 0.9, 0.01, status="not applicable", headline=None), name="idle")
    report = with_arms(arm_of(leak("linkage", 0.9, 0.01)), idle, arm_of(name="empty"))
    assert [arm.name for arm in not_attacked(report)] == ["idle", "empty"]
    assert [each.arm.name for each in verdicts(report)] == ["p"]
    assert "without a verdict: protection idle; protection empty" in page(report, ())


def test_what_stands_beside_a_utility_is_explained_by_what_it_is() -> None:
    def report(*metrics: str) -> Report:
        beside = [measured(metric, 40.0 if "measured" in metric else 0.5, 0.1) for metric in metrics]
        return with_arms(
            arm_of(leak("linkage", 0.9, 0.01), utility=measured("utility", 0.9, 0.1), beside=beside)
        )

    def bare(found: Report) -> Report:
        return found.model_copy(update={"arms": found.arms[1:]})

    trained = "beats what needs no training"
    assert trained in lead(bare(report("rank1_pixels")))
    assert trained not in lead(bare(report("cloak_ssim_worst", "cloak_change")))
    counted = bare(report("attributes_measured"))
    assert rows(counted.arms[0]) == []
    assert len(notes(counted)) == 1
    assert page(counted, ()).count("40 attributes") == 1


def test_what_the_tool_missed_comes_first() -> None:
    missed = Missed(
        kind="unchanged", what="pictures are the photo, as it was", count=3, of=20, paths=["a/1.png"]
    )
    facts = FolderFacts(pairs=20, by="path", read=20, people=4, named=True, missed=[missed])
    report = with_arms(arm_of(leak("identification", 0.9, 0.1))).model_copy(update={"folders": facts})
    text = page(report, ())
    assert text.index("3 of 20 pictures are the photo, as it was: a/1.png") < text.index("protection p")
    assert remedies(report)[0].why.startswith("3 of 20 pictures")
    assert "3 of 20 pictures" in markdown(report).partition("protection p")[0]


@pytest.mark.parametrize("sight", sorted(Sight))
def test_every_break_has_a_remedy_that_fits_what_the_attacker_had(sight: str) -> None:
    (found, *_) = remedies(with_arms(arm_of(leak("linkage", 0.9, 0.01, shows=[sight]))))
    assert found.arm == "protection p"
    assert ": BROKEN by the attack, 90 of 100." in found.why
    assert found.do


def test_remedies_follow_the_grade() -> None:
    report = example_report()
    found = remedies(report)
    assert {each.arm for each in found} >= {arm.title for arm in under_test(report)}
    broken = [each for each in found if "better grade" in each.why]
    assert [each.arm for each in broken] == [arm.title for arm in under_test(report) if arm.grade == "BROKEN"]
    for each in found:
        assert each.do.endswith(".")


def test_the_ladder_has_every_protection_on_its_rung() -> None:
    report = example_report()
    assert {title: rung.grade for rung in ladder(report) for title in rung.here} == {
        arm.title: arm.grade for arm in under_test(report)
    }


@pytest.mark.parametrize("path", REPORTS, ids=lambda path: path.stem)
def test_an_assessment_has_its_headings_and_claims_nothing(path: Path) -> None:
    report = read(path)
    found = sections(report)
    assert [each.heading.split()[0] for each in found] == ["What", "The", "Measures", "Residual"]
    assert all(each.lines for each in found if under_test(report))
    text = " ".join(line for each in found for line in each.lines)
    assert not re.search(r"\bcompl(?:y|ies|iant|iance)\b", text)
    for item in report.not_tested:
        assert item[1:].rstrip(".") in text


def test_mnist_has_no_people() -> None:
    (told, *_) = verdicts(read(ROOT / "studies" / "results" / "dn_table2_mnist.json"))
    assert "people" not in " ".join(
        answer.says.partition(" could ")[2] + answer.sure for answer in told.answers
    )


@pytest.mark.parametrize(
    ("arms", "shape"), [(3, 'class="card '), (4, 'class="line '), (12, 'class="stack rows"')]
)
def test_each_protection_has_its_place_in_the_verdict_however_many_there_are(arms: int, shape: str) -> None:
    made = [arm_of(leak("linkage", 0.5 + n / 100, 0.01), name=f"p{n}") for n in range(arms)]
    text = page(with_arms(*made), ())
    first = text.partition("What to change")[0]
    assert shape in first
    for n in range(arms):
        assert f"protection p{n}" in first
        assert f"could find the right photo for {50 + n} of 100" in first
    assert first.count("What was not tested") == 1
