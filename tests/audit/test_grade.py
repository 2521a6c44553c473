"""Grades: the worst attack decides, and what could not have shown a break is no pass."""

import itertools

import pytest

from masquerade.audit.grading.answers import WORST_FIRST, answered, with_answers
from masquerade.audit.results import Answer, Arm, ControlResult, Leak, Measurement, NegativeControl

HELD = "NOT BROKEN BY THE ATTACKS RUN"
PASSED = ControlResult(recipe="control", metric="linkage", value=1.0, at_least=0.9, passed=True)
FAILED = PASSED.model_copy(update={"value": 0.4, "passed": False})


def number(
    metric: str, value: float, low: float, high: float, *, chance: float = 0.01, people: int = 200
) -> Measurement:
    return Measurement(
        metric=metric, value=value, chance=chance, low=low, high=high, n=2000, identities=people, runs=[]
    )


def leak(headline: Measurement | None, name: str = "attack", **said: object) -> Leak:
    told: dict[str, object] = {"shows": [], "status": "ran", "control": PASSED, **said}
    return Leak(attack=name, title=name, headline=headline, **told)  # type: ignore[arg-type]


def arm(*leaks: Leak, **said: object) -> Arm:
    told: dict[str, object] = {"protected": True, "recipe": {"kind": "Unheard"}, **said}
    return Arm(name="arm", title="arm", leaks=list(leaks), grade="INCOMPLETE", **told)  # type: ignore[arg-type]


def photo(*leaks: Leak, **said: object) -> Answer:
    """The answer of an arm under these attacks on the photo."""
    (found,) = answered([arm(*leaks, **said)])
    return found.answers[0]


BREAK = number("linkage", 0.8, 0.7, 0.9)
SOME = number("membership_tpr", 0.2, 0.15, 0.25)
NONE = number("membership_tpr", 0.01, 0.0, 0.04)
NOBODY = number("identification", 0.01, 0.0, 0.04)


def test_the_grades() -> None:
    assert photo(leak(BREAK)).grade == "BROKEN"
    assert photo(leak(SOME)).grade == "WEAKENED"
    assert photo(leak(NONE)).grade == HELD
    assert photo(leak(BREAK), protected=False).grade == "UNPROTECTED"
    assert photo().grade == "INCOMPLETE"


def test_an_attack_that_is_all_there_is_without_protection_is_not_the_strongest_for_it() -> None:
    """Dauntless: what links 96.7 % stood behind what names 5.4 %, as this reaches no more without protection."""
    compared, known = number("rank1", 0.054, 0.03, 0.09), number("linkage", 0.967, 0.93, 0.99, chance=0.001)
    free = arm(
        leak(compared, "answers_compared"), leak(number("linkage", 1, 0.98, 1), "pairs"), protected=False
    )
    dauntless = arm(leak(compared, "answers_compared"), leak(known, "network_known_pairs"))
    found = answered([free, dauntless])[1]
    assert found.strongest == "network_known_pairs"
    assert found.grade == "BROKEN"
    assert found.answers[1].grade != "BROKEN"  # 5.4 % of what is 5.4 % without protection is no break
    assert found.leaks[0].ceiling == 0.054


def test_a_break_may_be_half_of_what_is_reached_without_protection() -> None:
    named = number("identification", 0.3, 0.25, 0.35)
    free = arm(leak(number("identification", 0.4, 0.35, 0.45)), protected=False)
    assert answered([free, arm(leak(named))])[1].answers[1].grade == "BROKEN"
    assert answered([arm(leak(named))])[0].answers[1].grade == "WEAKENED"


@pytest.mark.parametrize(
    ("value", "low", "high", "people", "chance"),
    [(1.0, 0.046, 1.0, 2, 1 / 11), (0.2, 0.0, 0.943, 3, 0.01), (0.0, 0.0, 0.386, 12, 0.001)],
    ids=["two people all linked", "0 to 94 %", "0 to 39 %"],
)
def test_an_interval_that_could_hide_a_break_is_no_pass(
    value: float, low: float, high: float, people: int, chance: float
) -> None:
    found = photo(leak(number("linkage", value, low, high, people=people, chance=chance)))
    assert found.grade == "INCOMPLETE"
    assert "cannot tell at this number of people" in found.reason


def test_a_leak_that_may_be_a_break_is_not_called_weakened() -> None:
    found = photo(leak(number("membership_tpr", 0.5, 0.4, 0.6)))
    assert (found.grade, found.reason[:12]) == ("INCOMPLETE", "cannot tell ")


def test_what_did_not_run_passes_nothing() -> None:
    aside = leak(None, "jigsaw", status="not applicable", control=None)
    assert photo(aside).grade == "INCOMPLETE"
    missing = photo(leak(NONE), leak(None, "moments", status="incomplete", reason="no memory"))
    assert (missing.grade, missing.reason) == ("INCOMPLETE", "moments: no memory")
    assert photo(leak(NONE), aside).grade == HELD
    assert "no attack of this study asks it" in photo(leak(NOBODY)).reason


def test_an_attack_without_a_control_supports_no_pass() -> None:
    assert photo(leak(NONE, control=None)).grade == "INCOMPLETE"
    assert photo(leak(BREAK, control=None)).grade == "BROKEN"
    assert photo(leak(NONE, control=None), leak(NONE, "other")).grade == HELD


def test_a_failed_control_voids_a_failure_and_no_success() -> None:
    said = {"status": "incomplete", "reason": "the control failed", "control": FAILED}
    assert photo(leak(NONE, **said)).grade == "INCOMPLETE"
    assert photo(leak(BREAK, **said)).grade == "BROKEN"


def test_a_failed_negative_control_voids_a_success() -> None:
    shuffled = NegativeControl(metric="linkage", value=0.7, chance=0.01, low=0.6, high=0.8, passed=False)
    found = photo(leak(BREAK, negatives=[shuffled]))
    assert found.grade == "INCOMPLETE"
    assert "negative control" in found.reason
    assert found.leak is None


def test_a_structure_that_no_attack_reads_is_incomplete_however_well_it_did() -> None:
    kinds = ["PixelSigns", "PixelPermutation"]
    found = photo(leak(NONE, reads=["PixelSigns"]), kinds=kinds)
    assert found.grade == "INCOMPLETE"
    assert found.reason == "no attack here that asks it reads this protection: PixelPermutation"
    assert photo(leak(NONE, reads=kinds), kinds=kinds).grade == HELD
    assert photo(leak(BREAK), kinds=kinds).grade == "BROKEN"
    aside = leak(None, "b", reads=kinds, status="not applicable")
    assert photo(leak(NONE), aside, kinds=kinds).grade == "INCOMPLETE"


def test_who_reads_a_structure_to_link_photos_acquits_nobody_of_naming_people() -> None:
    """An examiner of clean faces passed the paper's recipe, of which class means name everybody."""
    photos, people = leak(NONE, "moments", reads=["BlockMatrix"]), leak(NOBODY, "examiner")
    (found,) = answered([arm(photos, people, kinds=["BlockMatrix"])])
    assert [answer.grade for answer in found.answers] == [HELD, "INCOMPLETE"]
    assert found.answers[1].reason == "no attack here that asks it reads this protection: BlockMatrix"
    (found,) = answered([arm(photos, leak(NOBODY, reads=["BlockMatrix"]), kinds=["BlockMatrix"])])
    assert found.answers[1].grade == HELD


def test_an_area_below_one_half_is_a_leak_with_its_sign_turned() -> None:
    found = photo(leak(number("membership_auc", 0.35, 0.31, 0.39, chance=0.5)))
    assert found.grade == "WEAKENED"
    assert found.leak is not None
    assert (found.leak.value, found.leak.low, found.leak.high) == pytest.approx((0.65, 0.61, 0.69))
    assert photo(leak(number("membership_auc", 0.05, 0.02, 0.09, chance=0.5))).grade == "BROKEN"
    assert photo(leak(number("membership_auc", 0.47, 0.2, 0.74, chance=0.5))).grade == "INCOMPLETE"


def test_decibels_have_a_scale_of_their_own() -> None:
    back = photo(leak(number("psnr", 25, 24, 26, chance=12)))
    some = photo(leak(number("psnr", 15, 14.5, 15.5, chance=12)))
    assert (back.grade, some.grade) == ("BROKEN", "WEAKENED")
    both = photo(leak(number("psnr", 15, 14.5, 15.5, chance=12), "pictures"), leak(BREAK, "linked"))
    assert both.strongest == "linked"


def test_one_lucky_attack_among_many_is_no_leak() -> None:
    """Above chance by its 95 % interval, as one of forty blind attacks is."""
    lucky = leak(number("membership_tpr", 0.05, 0.0101, 0.11, people=60), "lucky")
    blind = [leak(NONE, f"blind{i}") for i in range(39)]
    assert photo(lucky, *blind).grade == HELD


@pytest.mark.parametrize("base", [NONE, SOME, BREAK])
@pytest.mark.parametrize("more", [NONE, SOME, BREAK, number("linkage", 0, 0, 0.9), None])
def test_one_more_attack_never_makes_a_grade_better(base: Measurement, more: Measurement | None) -> None:
    another = leak(more, "more", status="ran" if more else "incomplete")
    before, after = photo(leak(base)), photo(leak(base), another)
    assert WORST_FIRST.index(after.grade) <= WORST_FIRST.index(before.grade)


CLOAK = {"kind": "OnePassCloak"}
APP = {"kind": "Chain", "parts": [{"kind": "SplitEncode"}, {"kind": "GaussianNoise", "deviation": 1}]}
KEYED = {
    "kind": "Chain",
    "parts": [{"kind": "Encode"}, {"kind": "BlockMatrix"}, {"kind": "Noise", "level": 9}],
}


@pytest.mark.parametrize(
    ("recipe", "promised"),
    [
        (CLOAK, {"person"}),
        (APP, {"person"}),
        ({"kind": "AdversarialNoise"}, {"person"}),
        ({"kind": "Chain", "parts": [CLOAK, {"kind": "BlockMatrix"}]}, {"photo", "person"}),
        (KEYED, {"photo", "person"}),
        ({"kind": "Noise", "level": 9}, {"photo", "person"}),
        ({"kind": "Unheard"}, {"photo", "person"}),
    ],
)
def test_what_is_promised_follows_from_what_is_released(
    recipe: dict[str, object], promised: set[str]
) -> None:
    (found,) = answered([arm(leak(BREAK, "photo"), leak(NOBODY, "person"), recipe=recipe)])
    assert {answer.question for answer in found.answers if answer.promised} == promised
    assert [answer.grade for answer in found.answers] == ["BROKEN", HELD]
    assert found.grade == ("BROKEN" if "photo" in promised else HELD)
    assert found.strongest == ("photo" if "photo" in promised else "person")


def test_the_worst_promised_answer_is_the_grade() -> None:
    parts = {"BROKEN": BREAK, "WEAKENED": SOME, HELD: NONE}
    other = {"WEAKENED": number("identification", 0.2, 0.15, 0.25), HELD: NOBODY}
    for (first, one), (second, two) in itertools.product(parts.items(), other.items()):
        (found,) = answered([arm(leak(one, "a"), leak(two, "b"))])
        assert found.grade == min((first, second), key=WORST_FIRST.index)


def test_an_attack_answers_the_other_question_by_its_other_metric() -> None:
    both = leak(BREAK, others=[number("psnr", 12, 11, 13, chance=12), NOBODY])
    (found,) = answered([arm(both)])
    assert [answer.leak.metric for answer in found.answers if answer.leak] == ["linkage", "identification"]


def test_an_attack_that_never_ran_counts_for_the_question_that_it_asks_elsewhere() -> None:
    lost = leak(None, "examiner", status="incomplete", reason="no memory")
    ran, without = answered([arm(leak(NONE), leak(NOBODY, "examiner")), arm(leak(NONE), lost)])
    assert ran.grade == HELD
    assert [answer.grade for answer in without.answers] == [HELD, "INCOMPLETE"]


def test_a_report_that_has_answers_is_left_as_it_is() -> None:
    from example_report import example_report

    report = example_report()
    assert with_answers(report) is report
    older = [arm.model_copy(update={"answers": []}) for arm in report.arms]
    assert with_answers(report.model_copy(update={"arms": older})) == report
