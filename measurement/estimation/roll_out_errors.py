"""What each unit of a roll-out adds to the error of its effects, both steps included."""

import math

import numpy as np
from numpy.typing import NDArray

from measurement.estimation.roll_out_comparisons import (
    RollOut,
    aggregated,
    quotient,
    roll_out,
    weighted_mean,
)

Floats = NDArray[np.float64]


def linearised(found: RollOut) -> Floats:
    """Return psi (G x (P + Q)) by derivatives, times sqrt(G / (G - 1)); NaN for what is alone.

    The influence of Callaway and Sant'Anna 2021, and that through the effects of task types. An
    aggregate's weights count as drawn, as chance drew the units into groups.
    """
    units = len(found.rows.people)
    of_effects = _influence_on_effects(found)
    psi = np.hstack([of_effects, _influence_on_aggregates(found, of_effects)])
    return np.where(found.alone, np.nan, math.sqrt(units / (units - 1)) * psi)


def jackknifed(found: RollOut) -> Floats:
    """Return psi (G x (P + Q)): sqrt((G - 1) / G) (b - b without the unit), both steps redone.

    NaN for what does not exist without some unit. An aggregate is then made of what is left.
    """
    units = len(found.rows.people)
    return math.sqrt((units - 1) / units) * (found.values() - without_each_unit(found))


def without_each_unit(found: RollOut) -> Floats:
    """Return the values with each unit left out in turn (G x (P + Q)).

    Means of the others are sums less the unit's own, for all units at once. Only where its logs
    alone tell types of task apart, and others' logs then stop counting, all is done anew.
    """
    rows, plan = found.rows, found.plan
    fits = list(found.regression.without_each_unit())
    type_effects = np.array([fit.effects for fit in fits])
    own = _means_of_the_rest(found, found.own, type_effects)
    effects = own - _means_of_the_rest(found, found.others, type_effects)
    group_people = found.group_people - plan.own * rows.people[:, np.newaxis]
    values = np.hstack([effects, aggregated(effects, group_people, plan)])
    for place, fit in enumerate(fits):
        if (fit.comparable != found.type_effects.comparable).any():
            only_it = np.arange(len(fits)) == place
            values[place] = roll_out(rows.without(only_it), plan).values()
    return values


def _means_of_the_rest(found: RollOut, weights: Floats, type_effects: Floats) -> Floats:
    """Return the mean changes of one side without each unit (G x P); type_effects: G x T."""

    def rest(values: Floats) -> Floats:
        return np.asarray(values.sum(axis=0) - values)

    sums = rest(weights * found.change(found.weeks.means))
    for kind, shares in enumerate(found.weeks.shares):
        sums -= rest(weights * found.change(shares)) * type_effects[:, [kind]]
    return quotient(sums, rest(weights))


def _influence_on_effects(found: RollOut) -> Floats:
    change = found.change(found.weeks.net(found.type_effects.effects))
    own, others = _shares(found.own), _shares(found.others)
    influence = own * (change - weighted_mean(found.own, change))
    influence -= others * (change - weighted_mean(found.others, change))
    slopes = [-((own - others) * found.change(shares)).sum(axis=0) for shares in found.weeks.shares]
    first_step = found.regression.influence(found.type_effects)
    return np.asarray(influence + np.einsum("gt,tp->gp", first_step, np.array(slopes)))


def _influence_on_aggregates(found: RollOut, of_effects: Floats) -> Floats:
    plan = found.plan
    effects, means = np.split(found.values(), [len(plan.week)])
    weights = np.where(np.isnan(effects), 0.0, found.group_people)[:, np.newaxis] * plan.members
    shares = quotient(weights, weights.sum(axis=0))
    distance = quotient(
        np.where(weights > 0, effects[:, np.newaxis] - means, 0.0), weights.sum(axis=0)
    )
    of_weights = np.einsum("gp,pq->gq", plan.own, distance)
    through = np.einsum("gp,pq->gq", np.nan_to_num(of_effects), shares)
    return np.asarray(through + found.rows.people[:, np.newaxis] * of_weights)


def _shares(weights: Floats) -> Floats:
    return quotient(weights, weights.sum(axis=0))
