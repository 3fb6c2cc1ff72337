"""The effect that a design's coefficient would measure, when people use AI as they like."""

from dataclasses import dataclass

from measurement.estimation.power_inputs import PowerInputs


@dataclass(frozen=True)
class Effect:
    """The effect that the design's coefficient measures, on log(minutes).

    mean: over people and tasks. between: its variance between people. within: variance that it
    adds to tasks under the treatment, because not each is done with AI and not each gains alike.
    """

    mean: float
    between: float
    within: float


def effect_of(inputs: PowerInputs, log_ratio: float) -> Effect:
    """Return the effect where AI, where it is used, changes log(minutes) by `log_ratio`.

    Assignment to AI is diluted: only adopters use it, and they for a share of their tasks.
    An observational trial compares by use.
    """
    if inputs.design == "observational":
        return Effect(log_ratio, inputs.effect_sd**2, inputs.task_effect_sd**2)
    square = log_ratio**2 + inputs.effect_sd**2
    use = inputs.use_by_adopters
    mean = inputs.uptake * log_ratio
    return Effect(
        mean=mean,
        between=inputs.uptake * use * square - mean**2,
        within=inputs.uptake * ((1 - use) * square + inputs.task_effect_sd**2),
    )
