"""What attacks made of a protection: the record that a release prints, and its manifest keeps."""

from typing import Final, Literal, final

from pydantic import BaseModel, ConfigDict

State = Literal["measured", "stale", "not measured"]
HELD: Final = "NOT BROKEN BY THE ATTACKS RUN"


@final
class Strongest(BaseModel):
    """The attack that decided a grade.

    Args:
        attack: Its name.
        metric: What its success is counted by.
        value: Its success, averaged over repetitions.
        chance: What a blind guess reaches.
        low: Lower end of the 95 % interval.
        high: Upper end.
        needs: What it must be shown beside the released data, in words.
        found: Success and chance in a sentence.
    """

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")

    attack: str
    metric: str
    value: float
    chance: float
    low: float
    high: float
    needs: tuple[str, ...]
    found: str

    def __str__(self) -> str:
        needs = ", ".join(self.needs) or "the released data alone"
        return f"{self.attack.replace('_', ' ')}. {self.found} It needs {needs}."


@final
class Verdict(BaseModel):
    """What a study found of a protection.

    Args:
        state: "measured" for exactly these parameters and this size of photos; "stale" if they were others;
            "not measured" if no study attacked the recipe.
        grade: In the words of reports; empty if not measured.
        study: Name of the study; empty if not measured.
        strongest: The attack that decided; None if none ran.
        older_code: Whether attacks, protection or study have changed since it was measured.
    """

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")

    state: State
    grade: str = ""
    study: str = ""
    strongest: Strongest | None = None
    older_code: bool = False

    @property
    def asks(self) -> bool:
        """Whether a release needs the owner's consent: unless today's code attacked exactly this, and it held."""
        return self.state != "measured" or self.grade != HELD or self.older_code

    @property
    def short(self) -> str:
        """The grade in a word or two, for lists."""
        by = ", by older code" if self.older_code else ""
        said = {"measured": f"{self.grade}{by}", "stale": f"stale: {self.grade}{by}"}
        return said.get(self.state, self.state)

    def __str__(self) -> str:
        if self.state == "not measured":
            return "not measured: no study of ours attacked this recipe."
        before = (
            "stale, measured with other parameters or photos of another size: "
            if self.state == "stale"
            else ""
        )
        by = "no attack ran." if self.strongest is None else f"strongest attack: {self.strongest}"
        code = " It was measured by older code." if self.older_code else ""
        return f"{before}{self.grade}; {by} Study {self.study}.{code}"
