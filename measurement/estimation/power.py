"""How many people, or how small an effect: the power of a trial before it begins.

The effect is the time ratio, on the scale of log(minutes). The headline's minutes per working day
have no power of their own: they depend besides on how many tasks a day people do.
"""

import math
from dataclasses import asdict, dataclass
from typing import Any, Final

from scipy import optimize, special, stats

from measurement.estimation.estimate import NotEstimable
from measurement.estimation.power_clusters import Precision
from measurement.estimation.power_designs import precision
from measurement.estimation.power_effect import effect_of
from measurement.estimation.power_inputs import (
    DESIGNS_BY_TEAM,
    PARTICIPANTS,
    SAVING,
    TIME_RATIO,
    Allowed,
    InputErrors,
    InputFault,
    PowerInputs,
    faults_of,
)

SMALLEST_LOG_RATIO: Final = 1e-6
# Standard errors beyond which an estimate has the wrong sign less than once in 10^15.
FAR: Final = 8.0


@dataclass(frozen=True, kw_only=True)
class PowerAnswer:
    """What a trial of this size would find.

    asked: which of power, participants and time_ratio was worked out. time_ratio: with AI over
    without, where AI is used; time_ratio_seen: what the trial would report, nearer to 1 where AI
    is assigned and not always used. teams: in trials by team. clusters: expected number with task
    logs, None where standard errors are not clustered. std_error: of log(time_ratio_seen).
    """

    asked: str
    inputs: PowerInputs
    participants: int
    teams: int | None
    clusters: float | None
    time_ratio: float
    time_ratio_seen: float
    std_error: float
    degrees_of_freedom: float
    power: float

    def as_json(self) -> dict[str, Any]:
        """Return plain values; `inputs` has the assumptions that count in the design."""
        inputs = {"design": self.inputs.design, **self.inputs.counting()}
        saving = {"saving": 1 - self.time_ratio, "saving_seen": 1 - self.time_ratio_seen}
        return asdict(self) | saving | {"inputs": inputs}


def answer(
    inputs: PowerInputs,
    *,
    participants: int | None = None,
    time_ratio: float | None = None,
    saving: float | None = None,
) -> PowerAnswer:
    """Work out what is not given: the power, the participants needed or the smallest effect.

    The effect is given as a time ratio or as a saving. Raises InputErrors where a number is not
    allowed, neither size nor effect is given, or there is no answer.
    """
    if saving is not None:
        if time_ratio is not None:
            raise InputErrors(InputFault("saving", saving, "a saving or a time ratio, not both"))
        _require(saving, "saving", SAVING)
        time_ratio = 1 - saving
    size_given = participants is not None
    field, given = ("participants", participants) if size_given else ("time_ratio", time_ratio)
    try:
        return _answer(inputs, participants, time_ratio)
    except NotEstimable as error:
        raise InputErrors(InputFault(field, given, f"no answer: {error.reason}")) from error


def _answer(inputs: PowerInputs, participants: int | None, time_ratio: float | None) -> PowerAnswer:
    if participants is not None and time_ratio is not None:
        return _described("power", inputs, participants, time_ratio)
    if participants is not None:
        found = smallest_effect(inputs, participants=participants)
        return _described("time_ratio", inputs, participants, found)
    if time_ratio is not None:
        needed = participants_needed(inputs, time_ratio=time_ratio)
        return _described("participants", inputs, needed, time_ratio)
    nothing = "participants, an effect or both are needed"
    raise InputErrors(InputFault("participants", "nothing", nothing))


def power_of(inputs: PowerInputs, *, participants: int, time_ratio: float) -> float:
    """Return the chance that a trial of `participants` (all arms) finds the effect.

    That is, that the interval of `time_ratio` leaves out 1. With several arms with AI: the chance
    for each of them. Raises InputErrors, and NotEstimable for a trial too small to be analysed.
    """
    _require(participants, "participants", PARTICIPANTS)
    return _power(inputs, participants, _log_ratio(time_ratio))


def participants_needed(inputs: PowerInputs, *, time_ratio: float) -> int:
    """Return the smallest number of participants (all arms) with at least the planned power.

    Arms, orders and steps keep their proportions and teams are whole: a multiple of
    `inputs.block`. Raises InputErrors, and NotEstimable where no allowed number is enough.
    """
    log_ratio = _log_ratio(time_ratio)

    def enough(blocks: int) -> bool:
        try:
            return _power(inputs, blocks * inputs.block, log_ratio) >= inputs.power
        except NotEstimable:
            return False

    most = int(PARTICIPANTS.highest) // inputs.block
    high = 1
    while not enough(high):
        if high == most:
            raise NotEstimable(
                f"{most * inputs.block:,} participants are not enough to find a time ratio of "
                f"{time_ratio:g} with power {inputs.power:g}"
            )
        high = min(2 * high, most)
    low = high // 2
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if enough(middle) else (middle, high)
    return high * inputs.block


def smallest_effect(inputs: PowerInputs, *, participants: int) -> float:
    """Return the time ratio below 1, nearest to 1, that is found with the planned power.

    Raises InputErrors, and NotEstimable where no allowed effect is found so often.
    """
    _require(participants, "participants", PARTICIPANTS)

    def excess(log_ratio: float) -> float:
        return _power(inputs, participants, log_ratio) - inputs.power

    least, most = -SMALLEST_LOG_RATIO, math.log(TIME_RATIO.lowest)
    if excess(least) >= 0:
        raise NotEstimable(
            "people differ so much in the effect that the trial would find one where there is none"
        )
    if excess(most) < 0:
        raise NotEstimable(
            f"{participants:,} participants find no effect, however large, with power "
            f"{inputs.power:g}"
        )
    return math.exp(optimize.brentq(excess, most, least, xtol=1e-10))


def chance_of_finding(found: Precision, *, effect: float, significance: float) -> float:
    """Return the chance that |estimate| exceeds the critical t times its standard error.

    The estimate is normal about the `effect`, the square of its standard error is in proportion
    to chi-square with the effective degrees of freedom: noncentral t.
    """
    quantile = float(special.stdtrit(found.degrees_of_freedom, 1 - significance / 2))
    critical = quantile * math.sqrt(found.reported)
    distance = abs(effect) / math.sqrt(found.variance)
    # Not frozen: the library writes the documentation of each frozen distribution anew.
    spread = (found.effective_degrees_of_freedom, distance)
    # Far out the other side has no chance, of which the library makes NaN.
    other_side = float(stats.nct.cdf(-critical, *spread)) if distance < FAR else 0.0
    return float(stats.nct.sf(critical, *spread)) + other_side


def _power(inputs: PowerInputs, participants: int, log_ratio: float) -> float:
    found = precision(inputs, participants, log_ratio)
    # Bonferroni: each arm with AI is compared with the one without.
    significance = (1 - inputs.confidence) / (inputs.arms - 1)
    effect = effect_of(inputs, log_ratio).mean
    return chance_of_finding(found, effect=effect, significance=significance)


def _described(
    asked: str, inputs: PowerInputs, participants: int, time_ratio: float
) -> PowerAnswer:
    power = power_of(inputs, participants=participants, time_ratio=time_ratio)
    log_ratio = math.log(time_ratio)
    found = precision(inputs, participants, log_ratio)
    by_team = inputs.design in DESIGNS_BY_TEAM
    return PowerAnswer(
        asked=asked,
        inputs=inputs,
        participants=participants,
        teams=participants // inputs.cluster_size if by_team else None,
        clusters=found.clusters,
        time_ratio=time_ratio,
        time_ratio_seen=math.exp(effect_of(inputs, log_ratio).mean),
        std_error=math.sqrt(found.variance * found.reported),
        degrees_of_freedom=found.degrees_of_freedom,
        power=power,
    )


def _log_ratio(time_ratio: float) -> float:
    _require(time_ratio, "time_ratio", TIME_RATIO)
    if time_ratio == 1:
        raise InputErrors(InputFault("time_ratio", time_ratio, "a ratio other than 1 is allowed"))
    return math.log(time_ratio)


def _require(number: float, name: str, allowed: Allowed) -> None:
    if faults := tuple(faults_of(name, number, allowed)):
        raise InputErrors(*faults)
