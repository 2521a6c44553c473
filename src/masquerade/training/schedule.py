"""Learning rates as a function of how far training has come."""

from math import cos, pi

from masquerade.training.settings import Settings

_PEAK = 0.3
"""Share of a one-cycle training in which the rate climbs (Smith and Topin 2018)."""


def learning_rate(settings: Settings, step: int, total: int) -> float:
    """The rate of step ``step`` of ``total``, counted from 0."""
    done = step / total
    if done < settings.warm_up:
        return settings.learning_rate * (step + 1) / (settings.warm_up * total + 1)
    if settings.warm_up:
        done = (done - settings.warm_up) / (1 - settings.warm_up)
    return settings.learning_rate * _factor(settings.schedule, done)


def _factor(schedule: str, done: float) -> float:
    match schedule:
        case "steps":
            return 0.1 ** ((done >= 3 / 7) + (done >= 5 / 7))
        case "cosine":
            return (1 + cos(pi * done)) / 2
        case "one_cycle" if done < _PEAK:
            return 0.04 + 0.96 * (1 - cos(pi * done / _PEAK)) / 2
        case "one_cycle":
            return (1 + cos(pi * (done - _PEAK) / (1 - _PEAK))) / 2
        case _:
            return 1.0
