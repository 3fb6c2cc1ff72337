"""The evidence of a bundle by the limits of its own logs, and by limits stored before."""

from typing import Any

import pandas as pd
import pytest

from measurement.estimation.evidence import evidence_of
from measurement.estimation.limits import canonical_limits
from tests.estimation.frames import AS_OF, bundle


def test_limits_stored_before_stand_in_for_those_of_the_logs() -> None:
    """An analysis of part of the logs, or of old ones anew, must not move its tails."""
    minutes = (4.0, 20.0, 30.0, 90.0)
    logs: list[dict[str, Any]] = [
        {"participant": "p", "key": str(place), "minutes": one, "ai_used": True}
        for place, one in enumerate(minutes)
    ]
    data = bundle("observational", logs=logs)
    stored = canonical_limits(pd.DataFrame({"task_type": [None], "low": [5.0], "high": [25.0]}))

    own, given = evidence_of(data, AS_OF), evidence_of(data, AS_OF, limits=stored)

    assert own.limits[["low", "high"]].to_numpy().tolist() == [pytest.approx([4.48, 88.2])]
    assert given.limits is stored
    # Cells are told apart by their tail: the logs of 20 and, by its own limits, 30 are in one.
    tails = [
        dict(zip(found.cells["minutes_mean"], found.cells["tail"], strict=True))
        for found in (own, given)
    ]
    assert tails == [{4.0: -1, 25.0: 0, 90.0: 1}, {4.0: -1, 20.0: 0, 60.0: 1}]
