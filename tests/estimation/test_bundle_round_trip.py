"""What was written is read again, equal to the last bit."""

import datetime
import json
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from measurement.estimation.bundle import (
    Bundle,
    canonical_participants,
    canonical_survey_responses,
    canonical_task_logs,
    read_bundle,
    write_bundle,
)
from measurement.estimation.trial_toml import parse_trial
from tests.estimation.bundle_folders import TODAY, assert_equal, write
from tests.untraced import untraced


def test_writing_over_an_older_bundle_leaves_nothing_of_it(tmp_path: Path) -> None:
    bundle = read_bundle(write(tmp_path), today=TODAY)
    write(tmp_path, survey_responses="participant\nsomebody\n", counts='{"rule": 1}')
    write_bundle(bundle, tmp_path)
    assert_equal(read_bundle(tmp_path, today=TODAY), bundle)


def test_moments_are_written_in_greenwich_time_and_counts_as_they_were(tmp_path: Path) -> None:
    logs = (
        "participant,minutes,ai_used,date,recorded_at\n"
        "p1,10,1,2026-10-01,2026-10-01T10:00:00.000001+01:00\n"
        "p2,10,1,,\n"
    )
    counts = '{"future_date": 2}'
    bundle = read_bundle(write(tmp_path, task_logs=logs, counts=counts), today=TODAY)
    write_bundle(bundle, tmp_path)

    written = pd.read_csv(tmp_path / "task_logs.csv", dtype="str", keep_default_na=False)
    assert written["date"].tolist() == ["2026-10-01", ""]
    assert json.loads((tmp_path / "counts.json").read_text()) == {"future_date": 2}
    assert written["recorded_at"].tolist() == ["2026-10-01T09:00:00.000001Z", ""]
    assert_equal(read_bundle(tmp_path, today=TODAY), bundle)


# Round trip ---------------------------------------------------------------------------------

TEXTS = st.text(
    alphabet=st.characters(codec="utf-8", exclude_characters="\x00") | st.sampled_from('",\r\n;é'),
    max_size=20,
).map(str.strip)
NAMES = TEXTS.filter(bool)
MINUTES = st.floats(0, 1440, exclude_min=True) | st.just(54.833333333333336)
DATES = st.none() | st.dates(datetime.date(1900, 1, 1), TODAY)
TIMES = st.none() | st.datetimes(
    datetime.datetime(1900, 1, 1),  # noqa: DTZ001 - hypothesis adds the zone
    datetime.datetime(2026, 11, 1),  # noqa: DTZ001 - hypothesis adds the zone
    timezones=st.just(datetime.UTC),
)
BAND = st.tuples(
    st.floats(0, 700, allow_subnormal=True), st.none() | st.floats(700, 1440)
) | st.just((None, None))


@st.composite
def task_log(draw: st.DrawFn) -> dict[str, Any]:
    status = draw(st.sampled_from(["logged", "withheld", "void"]))
    return {
        "participant": draw(NAMES),
        "key": draw(NAMES),
        "minutes": draw(MINUTES) if status == "logged" else None,
        "ai_used": draw(st.booleans()),
        "date": draw(DATES),
        "task_type": draw(TEXTS),
        "ai_assigned": draw(st.none() | st.booleans()),
        "period": draw(TEXTS),
        "tool": draw(TEXTS),
        "forecast_minutes": draw(st.none() | MINUTES),
        "forecast_minutes_with_ai": draw(st.none() | MINUTES),
        "quality": draw(st.none() | st.integers(1, 5)),
        "novel": draw(st.booleans()),
        "censored": draw(st.booleans()),
        "source": draw(st.sampled_from([None, "timer", "recall", "import"])),
        "status": status,
        "announced_at": draw(TIMES),
        "started_at": draw(TIMES),
        "ended_at": draw(TIMES),
        "recorded_at": draw(TIMES),
    }


@st.composite
def participant(draw: st.DrawFn) -> dict[str, Any]:
    return {
        **{name: draw(TEXTS) for name in ("department", "team", "grade", "profession", "arm")},
        "participant": draw(NAMES),
        "sequence": draw(st.sampled_from([None, "AB", "BA"])),
        "ai_from": draw(st.none() | st.dates(datetime.date(1000, 1, 1))),
        "enrolled_on": draw(DATES),
        "withdrawn_on": draw(DATES),
        "baseline_minutes": draw(st.none() | MINUTES),
    }


@st.composite
def survey_response(draw: st.DrawFn) -> dict[str, Any]:
    low, high = draw(BAND)
    return {
        "participant": draw(NAMES),
        "date": draw(DATES),
        "wave": draw(TEXTS),
        "minutes_saved_low": low,
        "minutes_saved_high": high,
        "satisfaction": draw(st.none() | st.integers(0, 10)),
        "recommend": draw(st.none() | st.integers(0, 10)),
    }


@st.composite
def bundles(draw: st.DrawFn) -> Bundle:
    unique = lambda row: (row["participant"], row["key"])  # noqa: E731 - two words for one use
    logs = pd.DataFrame(draw(st.lists(task_log(), min_size=1, max_size=4, unique_by=unique)))
    people = draw(st.lists(participant(), max_size=3, unique_by=lambda row: row["participant"]))
    responses = draw(st.lists(survey_response(), max_size=3))
    survey = (
        pd.DataFrame(responses, columns=list(SURVEY_COLUMNS))
        if not responses
        else pd.DataFrame(responses)
    )
    return Bundle(
        trial=parse_trial({"trial": {"slug": "t", "title": "T"}, "design": {"kind": "crossover"}}),
        participants=canonical_participants(
            pd.DataFrame(people, columns=["participant"]) if not people else pd.DataFrame(people),
            logs["participant"],
            survey["participant"],
        ),
        task_logs=canonical_task_logs(logs),
        survey_responses=canonical_survey_responses(survey),
        counts=draw(st.dictionaries(TEXTS, st.integers(0, 9), max_size=2)),
    )


SURVEY_COLUMNS = ("participant", "date", "wave", "minutes_saved_low", "minutes_saved_high")


@untraced()
@given(bundle=bundles(), name=st.sampled_from(["folder", "bundle.zip"]))
def test_reading_what_was_written_is_equal_to_the_last_bit(bundle: Bundle, name: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        write_bundle(bundle, path)
        assert_equal(read_bundle(path, today=TODAY), bundle)


def test_frames_from_a_database_become_the_same_canonical_frames(tmp_path: Path) -> None:
    logs = (
        "participant,key,minutes,ai_used,date,task_type,ai_assigned,recorded_at\n"
        "p2,b,1.5,1,2026-10-01,draft,1,2026-10-01T09:00:00\n"
        "p1,B,2.5,0,,,,2026-10-01T10:00:00+01:00\n"
        "p1,a,3,0,,,,\n"
    )
    bundle = read_bundle(write(tmp_path, task_logs=logs), today=TODAY)
    nine = datetime.datetime(2026, 10, 1, 9, tzinfo=datetime.UTC)
    rows = pd.DataFrame(
        {
            "participant": ["p1", "p2", "p1"],
            "key": ["a", "b", "B"],
            "minutes": [3.0, 1.5, 2.5],
            "ai_used": [False, True, False],
            "date": [None, datetime.date(2026, 10, 1), None],
            "task_type": ["", "draft", None],
            "ai_assigned": [None, True, None],
            "recorded_at": [None, nine, nine],
        }
    )
    pd.testing.assert_frame_equal(canonical_task_logs(rows), bundle.task_logs, check_exact=True)
    assert bundle.task_logs["key"].tolist() == ["B", "a", "b"]
    assert np.isnan(bundle.task_logs["quality"]).all()
