"""Writes what `masquerade advise` says, and the table of docs/guide/which-one.md, from measured results alone.

Run it as a script after studies/verdicts.py, studies/score_at_home.py, studies/score_sealed.py or `make bench`.
"""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import score_class_matching
from committed import report
from marked import filled

from masquerade.audit.grading.grade import LINKED
from masquerade.audit.results import Arm
from masquerade.cli.advice import FILE, Advice, short_table, table
from masquerade.recipes.measured import VERDICTS
from masquerade.released.verdict import Verdict

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "guide" / "which-one.md"
HOME_PAGE = ROOT / "docs" / "guide" / "at-home.md"
README = ROOT / "README.md"
CLOUD_PAGE = ROOT / "docs" / "guide" / "cloud-not-trusted.md"


def main() -> None:
    """Write the files."""
    FILE.write_text(as_text(compiled()), encoding="utf-8")
    PAGE.write_text(page(PAGE.read_text("utf-8")), encoding="utf-8")
    HOME_PAGE.write_text(home_page(HOME_PAGE.read_text("utf-8")), encoding="utf-8")
    README.write_text(front_page(README.read_text("utf-8")), encoding="utf-8")
    CLOUD_PAGE.write_text(cloud_page(CLOUD_PAGE.read_text("utf-8")), encoding="utf-8")


def as_text(known: list[Advice]) -> str:
    """The contents of the file."""
    return json.dumps(known, indent=1, ensure_ascii=False) + "\n"


def page(before: str) -> str:
    """The guide with the table as the results have it."""
    return filled(before, "advice", table(compiled()))


def front_page(before: str) -> str:
    """The README with the short table."""
    return filled(before, "advice", short_table(compiled()))


def compiled() -> list[Advice]:
    """Everything, the ways that hold first."""
    return [
        _home(),
        _sealed(),
        *_not_here(),
        *_answers(),
        *_disguised(),
        *_features(),
        *_without_key(),
        *_cloaks(),
        _audit(),
    ]


def _home() -> Advice:
    row = _closed("LFW", "sface", "vector", "as-is")
    found = _read("studies/at_home.json")["open"]
    return Advice(
        have=["train", "serve"],
        leaves="nothing",
        enemy=["cloud", "thief"],
        way="Keep it at home",
        command="masquerade recogniser fit --public -o MODEL",
        grade="NOTHING LEAVES",
        works=f"right person first for {_share(found['rank1'])} of {found['probes']} photos of {found['people']} "
        "people of LFW",
        costs=f"{row['ms_a_photo']:.0f} ms of one core a photo, nothing to train",
        left="nothing, if your own machine holds",
        photo="",
        person="",
        rests="your own machine",
        measured_by="studies/at_home.json",
        guide="at-home.md",
    )


def _sealed() -> Advice:
    rows = _bench()
    rank1 = _read("studies/sealed.json")["rank1"]
    return Advice(
        have=["train", "serve", "send"],
        leaves="sealed",
        enemy=["cloud", "thief"],
        way="A sealed gallery that a cloud matches",
        command="masquerade sealed new owner.key -o GALLERY",
        grade="WHILE RING-LWE HOLDS",
        works=f"right person first for {_share(rank1)}",
        costs=f"{rows['sealed.match.1000']:.0f} ms of one core for 1,000 people, "
        f"{rows['sealed.match.100000']:.0f} ms for 100,000; {rows['sealed.probe.bytes'] / 1e3:.0f} KB up",
        photo="",
        person="",
        rests="ring-LWE at 128 bits",
        left="how many people are in it, and when somebody is asked for",
        measured_by="bench/results.json, studies/sealed.json",
        guide="sealed.md",
    )


def _not_here() -> list[Advice]:
    shared = {
        "have": ["train", "send"],
        "leaves": "photos",
        "enemy": ["cloud", "thief"],
        "command": "",
        "grade": "NOT OURS, NOT ATTACKED HERE",
        "works": "as without it",
        "photo": "",
        "person": "",
        "measured_by": "",
        "guide": "cloud-not-trusted.md",
    }
    rent = {
        "way": "Rent a confidential GPU",
        "costs": "a special machine; not measured here",
        "left": "what the maker of the processor, and side channels, can see",
        "rests": "the processor's and the GPU's maker, and no side channel",
    }
    shares = _read("studies/secret_shares.json")
    split = {
        "way": "Several clouds that do not collude (secret shares)",
        "costs": f"two or three operators; {shares['seconds']:.0f} s for a linear head on {shares['photos']} photos, "
        f"{1e3 * shares['seconds_in_the_clear']:.1f} ms in the clear",
        "measured_by": "studies/secret_shares.json",
        "left": "nothing to one of them, everything to all together",
        "rests": "operators that never put their shares together",
    }
    return [Advice(**(shared | each)) for each in (rent, split)]  # type: ignore[typeddict-item]


def _disguised() -> list[Advice]:
    ways = {
        "blocks-noise": ("Disguised photos, ours", "disguised-nets.md"),
        "dn-lfw": ("Disguised-Nets, as in the paper", "disguised-nets.md"),
        "xnn": ("XNN, as in the paper", "xnn.md"),
    }
    utility = {
        "blocks-noise": ("dn_table2_lfw", "blocks-noise"),
        "dn-lfw": ("dn_table2_lfw", "paper"),
        "xnn": ("xnn_table2", "xnn"),
    }
    bench = _bench()
    disguise = bench["disguised_nets.folder.32x32x3"] / 1e3
    cost = {
        "blocks-noise": disguise,
        "dn-lfw": disguise,
        "xnn": (bench["xnn.extraction_bf16"] + bench["xnn.obfuscation"]) / 1e3,
    }
    found = []
    for recipe, (way, guide) in ways.items():
        verdict = _verdict(recipe)
        found.append(
            Advice(
                have=["train"],
                leaves="disguised",
                enemy=["cloud", "thief"],
                way=way,
                command=f"masquerade disguise PHOTOS -o OUT --key owner.key --recipe {recipe} --accept-broken",
                grade=verdict.short,
                works=_utility(*utility[recipe]),
                costs=f"{cost[recipe]:.1f} ms of one core a photo, and the cloud's training",
                left=_left(verdict),
                photo=_asked(*utility[recipe], "photo"),
                person=_asked(*utility[recipe], "person"),
                rests=_on_nothing(verdict.short),
                measured_by=f"studies/results/{verdict.study}.json",
                guide=guide,
            )
        )
    return found


def _answers() -> list[Advice]:
    arms = _read("studies/task_only.json")["celeba"]["arms"]
    found = []
    for name, more in (("task-4", ""), ("task-3", " --numbers 3")):
        arm = arms[name]
        value, low, high = arm["attacks"][max(arm["attacks"], key=lambda attack: arm["attacks"][attack][0])]
        found.append(
            Advice(
                have=["send"],
                leaves="disguised",
                enemy=["cloud", "thief"],
                way=f"Send the answers: {arm['title']}",
                command=f"masquerade craft PHOTOS -o OUT --key owner.key --recipe task-only{more} --accept-broken",
                grade=_grade("task-only"),
                works=f"AUC of the task {arm['use']['utility'][0]:.3f}",
                costs=f"{int(name[-1]) * 4 / 8:g} bytes a photo",
                photo="",
                person=f"{value:.1f} % [{low:.1f}, {high:.1f}]",
                rests=_on_nothing(_grade("task-only")),
                left=f"the strongest of {len(arm['attacks'])} attackers names {value:.1f} % "
                f"[{low:.1f}, {high:.1f}] of the photos; chance {arm['chance']:.1f} %. Without noise there is no bound",
                measured_by="studies/task_only.json",
                guide="task-only.md",
            )
        )
    return found


def _grade(recipe: str) -> str:
    known = [each["verdict"] for each in _read(str(VERDICTS.relative_to(ROOT))) if each["recipe"] == recipe]
    return Verdict.model_validate_json(json.dumps(known[0])).short if known else "NOT GRADED YET"


def _on_nothing(grade: str) -> str:
    return f"nothing: {grade}"


def _features() -> list[Advice]:
    bench = _bench()
    ways = {
        "crafter": (
            "Crafter, as in the paper",
            "crafter",
            "masquerade craft PHOTOS -o OUT --key owner.key --accept-broken",
            f"{bench['crafter.fast']:.1f} s of one core a photo",
        ),
        "crafter-amortised": (
            "Crafter in one pass, ours",
            "amortised",
            "masquerade craft PHOTOS -o OUT --key owner.key --accept-broken --amortised",
            f"{bench['crafter.amortised']:.0f} ms of one core a photo",
        ),
        "crafter-disco": ("Disco, to compare with", "disco", "", "an encoder of its own"),
        "crafter-tiprdc": ("TIPRDC, to compare with", "tiprdc", "", "an encoder of its own"),
        "crafter-noise": ("Gaussian noise", "noise", "", "nothing"),
    }
    return [
        Advice(
            have=["send"],
            leaves="disguised",
            enemy=["cloud", "thief"],
            way=way,
            command=command,
            grade=_verdict(recipe).short,
            works=_utility("crafter_baselines", arm),
            costs=costs,
            left=_left(_verdict(recipe)),
            photo=_asked("crafter_baselines", arm, "photo"),
            person=_asked("crafter_baselines", arm, "person"),
            rests=_on_nothing(_verdict(recipe).short),
            measured_by=f"studies/results/{_verdict(recipe).study}.json",
            guide="crafter.md",
        )
        for recipe, (way, arm, command, costs) in ways.items()
    ]


def _transferable(look: str, way: str, arm: str) -> Advice:
    """The cloak without a key: what recognisers that it was not made against still name."""
    found = _read("studies/cloaks.json")
    row = found["arms"][arm]
    best = max((row["judges"][name] for name in row["outside"]), key=lambda score: score["rank1"])
    named, low, high = (100 * best[key] for key in ("rank1", "low", "high"))
    linked = best["rank1"] >= LINKED * found["chance"]
    grade = "BROKEN" if linked else "WEAKENED"
    return Advice(
        have=["post"],
        leaves="photos",
        enemy=["collector"],
        way=way,
        command=f"masquerade cloak PHOTOS -o OUT{look}",
        grade=grade,
        works=f"the photo's likeness to itself, SSIM {row['ssim']:.2f} of 1",
        costs=f"{row['seconds']:.1f} s of one core a face, no key",
        left=f"The best recogniser that it was not made against names {named:.0f} % of {found['people']} people on "
        f"cloaked photos; guessing gets {100 * found['chance']:.1f} %. (95 % interval {low:.0f} to {high:.0f} %.)",
        photo="",
        person=f"{named:.0f} % [{low:.0f}, {high:.0f}]",
        rests=_on_nothing(grade),
        measured_by="studies/cloaks.json",
        guide="cloak.md",
    )


def _without_key() -> list[Advice]:
    return [
        _transferable("", "A cloak that few will notice", "shipped"),
        _transferable(" --look visible", "The same, stronger: it shows", "shipped, visible"),
    ]


def _cloaks() -> list[Advice]:
    ways = {
        "recogniser-cloak": (
            "A cloak against recognisers, ours",
            "felt-80",
            "--method recogniser ",
            "a MaskNet",
        ),
        "lowkey": ("LowKey, to compare with", "lowkey", None, ""),
        "hyperobf": ("HyperObf, as in the thesis", "hyperobf", "--method optimised ", "a MaskNet"),
    }
    return [
        Advice(
            have=["post"],
            leaves="photos",
            enemy=["collector"],
            way=way,
            command="" if option is None else f"masquerade cloak PHOTOS -o OUT {option}--masknet MASKNET",
            grade=_verdict(recipe).short,
            works=_utility(_verdict(recipe).study, arm),
            costs=costs,
            left=_left(_verdict(recipe)),
            photo="",
            person=_asked(_verdict(recipe).study, arm, "person"),
            rests=_on_nothing(_verdict(recipe).short),
            measured_by=f"studies/results/{_verdict(recipe).study}.json",
            guide="hyperobf.md",
        )
        for recipe, (way, arm, option, costs) in ways.items()
    ]


def _audit() -> Advice:
    graded = [each["verdict"] for each in _read(str(VERDICTS.relative_to(ROOT))) if each["verdict"]["grade"]]
    broken = sum(each["grade"] == "BROKEN" for each in graded)
    return Advice(
        have=["check"],
        leaves="nothing",
        enemy=["cloud", "thief", "collector"],
        way="Attack it on your own machine",
        command="masquerade audit PHOTOS",
        grade="MEASURES",
        works="names the strongest attack, with chance and interval",
        costs="minutes to hours of one core; `--dry-run` says how long",
        photo="",
        person="",
        rests="the attacks that were run",
        left=f"nothing; of {len(graded)} protections and settings that our studies graded, {broken} are BROKEN",
        measured_by="src/masquerade/recipes/verdicts.json",
        guide="grades.md",
    )


def home_page(before: str) -> str:
    """The guide on recognition at home with its numbers as they were measured last."""
    found = _read("studies/at_home.json")
    text = filled(before, "closed", _closed_table(filter(_is_told, found["closed"])))
    return filled(text, "open", _open_table(found["open"]))


def cloud_page(before: str) -> str:
    """The guide on clouds that are not trusted, with who was named behind labels."""
    head = (
        "| protection | labels / people | released / known photos | s | attacker | people named, by key |\n"
    )
    rows = [row for row in score_class_matching.rows() if "| means |" in row]
    fell = filled(before, "fell", head + "|---|---|---|---|---|---|\n" + "\n".join(rows))
    return filled(fell, "shares", _shares())


def _shares() -> str:
    found = _read("studies/secret_shares.json")
    return (
        f"{found['photos']} of the built-in photos, {found['people']} people, {found['steps']} steps: "
        f"{found['seconds']:.0f} s and {found['bytes'] / 1e6:.0f} MB from the owner, on one machine; in the clear "
        f"{1e3 * found['seconds_in_the_clear']:.1f} ms. The weights are the same within "
        f"{found['largest_difference']:.0e}, and name {100 * found['right']:.0f} % of the other half of the photos."
    )


def _is_told(row: dict[str, Any]) -> bool:
    """Whether the guide has a row: every network as it is and by its best map, and SFace's vector by few people."""
    best = row["method"] == "whitening"
    if row["source"].startswith("own"):
        return best and row["network"] == "sface" and row["features"] == "vector"
    return row["method"] == "as-is" or (best and row["source"] == "public photos")


def _closed_table(rows: Iterable[dict[str, Any]]) -> str:
    lines = [
        "| people | network | taken | method | learnt from | rank-1 | seconds of one core to fit |",
        "|---|---|---|---|---|---|---|",
    ]
    for row in rows:
        low, high = row["rank1"]["low"], row["rank1"]["high"]
        photos = f", {row['photos']} photos" if "photos" in row else ""
        lines.append(
            f"| {row['population']} | {row['network']} | {row['features']} | {row['method']} | "
            f"{row['source']}{photos} | {_percent(row['rank1']['value'])} [{low * 100:.1f}, {high * 100:.1f}] | "
            f"{row.get('seconds', '')} |"
        )
    return "\n".join(lines)


def _open_table(found: dict[str, Any]) -> str:
    lines = [
        "| strangers that set the threshold | known photos not named rightly (FNIR) | strangers named (FPIR) |"
    ]
    lines.append("|---|---|---|")
    for source, row in found["by"].items():
        lines.append(
            f"| {source} | {_share(row['fnir'])} | {_share(row['fpir'])} of {row['strangers_shown']} |"
        )
    return "\n".join(lines)


def _closed(population: str, network: str, features: str, method: str) -> dict[str, Any]:
    wanted = {"population": population, "network": network, "features": features, "method": method}
    rows: list[dict[str, Any]] = _read("studies/at_home.json")["closed"]
    return next(row for row in rows if wanted.items() <= row.items())


def _verdict(recipe: str) -> Verdict:
    found = next(each for each in _read(str(VERDICTS.relative_to(ROOT))) if each["recipe"] == recipe)
    return Verdict.model_validate_json(json.dumps(found["verdict"]))


def _left(verdict: Verdict) -> str:
    return "no attack ran" if verdict.strongest is None else verdict.strongest.found


def _utility(study: str, name: str) -> str:
    arm: Arm = next(arm for arm in report(study).arms if arm.name == name)
    if arm.utility is None:
        return ""
    words = {
        "attribute_auc": "AUC of the task {:.3f}",
        "rank1_utility": "recognises {:.1%}",
        "utility": "names {:.1%}",
        "cloak_ssim": "the photo's likeness to itself, SSIM {:.2f} of 1",
    }
    value = words.get(arm.utility.metric, arm.utility.metric + " {:.3f}").format(arm.utility.value)
    return f"{value} ({study})".replace("%", " %")


def _asked(study: str, name: str, question: str) -> str:
    """What the strongest attack on a question got right, with its interval; empty if none ran."""
    arm: Arm = next(arm for arm in report(study).arms if arm.name == name)
    leaks = [answer.leak for answer in arm.answers if answer.question == question and answer.leak]
    if not leaks:
        return ""
    (leak,) = leaks
    return f"{_percent(leak.value)} [{leak.low * 100:.0f}, {leak.high * 100:.0f}]"


def _bench() -> dict[str, float]:
    return {row["name"]: row["value"] for row in _read("bench/results.json")}


def _read(name: str) -> Any:  # noqa: ANN401 - any JSON
    return json.loads((ROOT / name).read_text("utf-8"))


def _share(found: dict[str, float]) -> str:
    return f"{_percent(found['value'])} [{found['low'] * 100:.1f}, {found['high'] * 100:.1f}]"


def _percent(value: float) -> str:
    return f"{value * 100:.1f} %"


if __name__ == "__main__":
    main()
