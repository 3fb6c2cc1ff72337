"""Every constraint of the database is broken once, and holds."""

import datetime
import math
from collections.abc import Callable, Iterator

import pytest
from django.apps import apps
from django.db import IntegrityError, connection, models, transaction

from measurement.estimation.cells import CELL_KEYS
from measurement.models import (
    Arm,
    Assignment,
    Cell,
    Department,
    Grade,
    Membership,
    NoticeAcceptance,
    Participant,
    Profession,
    Refusal,
    TaskType,
    Timer,
    Tool,
    User,
)
from tests.measurement.stored_rows import NOW, Rows


def entry(model: type[models.Model], name: str) -> Callable[[Rows], object]:
    return lambda rows: rows.twice(model._default_manager.create, trial=rows.trial, name=name)


LISTS: dict[str, type[models.Model]] = {
    "department": Department,
    "grade": Grade,
    "profession": Profession,
    "tasktype": TaskType,
    "tool": Tool,
}
BREAKERS: dict[str, list[Callable[[Rows], object]]] = {
    **{f"{name}_name_once_a_trial": [entry(model, "twice")] for name, model in LISTS.items()},
    **{f"{name}_name_is_not_blank": [entry(model, " ")] for name, model in LISTS.items()},
    "trial_sector_is_known": [lambda rows: rows.trial_row(sector="circus")],
    "trial_ends_after_it_starts": [
        lambda rows: rows.trial_row(
            starts_on=datetime.date(2025, 1, 2), ends_on=datetime.date(2025, 1, 1)
        )
    ],
    "user_email_is_lower_case": [lambda rows: User.objects.create(email="Upper@example.com")],
    "user_language_is_known": [
        lambda rows: User.objects.create(email="a@example.com", language="de")
    ],
    "membership_role_once": [
        lambda rows: rows.twice(
            Membership.objects.create, user=rows.user, trial=rows.trial, role="lead"
        )
    ],
    "membership_role_is_known": [
        lambda rows: Membership.objects.create(user=rows.user, trial=rows.trial, role="jester")
    ],
    "arm_name_once_a_trial": [
        lambda rows: rows.twice(Arm.objects.create, trial=rows.trial, name="a", ai=True)
    ],
    "arm_ratio_is_positive": [
        lambda rows: Arm.objects.create(trial=rows.trial, name="a", ai=True, ratio=0)
    ],
    "participant_pseudonym_once_a_trial": [lambda rows: rows.person(pseudonym="p1")],
    "participant_user_once_a_trial": [lambda rows: rows.person(user=rows.user)],
    "participant_pseudonym_is_not_blank": [
        lambda rows: rows.person(pseudonym=""),
        lambda rows: rows.person(pseudonym=" \n"),
    ],
    "participant_baseline_minutes_are_possible": [
        lambda rows: rows.person(baseline_minutes=0),
        lambda rows: rows.person(baseline_minutes=1440.1),
        lambda rows: rows.person(baseline_minutes=math.nan),
    ],
    "task_log_key_once": [lambda rows: rows.twice(rows.log)],
    "task_log_key_is_not_blank": [lambda rows: rows.log(key=" ")],
    "task_log_minutes_are_possible": [
        lambda rows: rows.log(minutes=0),
        lambda rows: rows.log(minutes=-1),
        lambda rows: rows.log(minutes=1440.1),
        lambda rows: rows.log(minutes=math.nan),
        lambda rows: rows.log(minutes=None),
        lambda rows: rows.log(status="void"),
    ],
    "task_log_quality_is_1_to_5": [
        lambda rows: rows.log(quality=0),
        lambda rows: rows.log(quality=6),
    ],
    "task_log_status_is_known": [lambda rows: rows.log(status="lost", minutes=None)],
    "task_log_source_is_known": [lambda rows: rows.log(source="guess")],
    "task_log_forecast_minutes_are_possible": [
        lambda rows: rows.log(forecast_minutes=0),
        lambda rows: rows.log(forecast_minutes=math.nan),
    ],
    "task_log_forecast_minutes_with_ai_are_possible": [
        lambda rows: rows.log(forecast_minutes_with_ai=0),
        lambda rows: rows.log(forecast_minutes_with_ai=1441),
    ],
    "cell_once": [
        lambda rows: rows.twice(rows.cell),
        lambda rows: rows.twice(rows.cell, assigned=True, week=3),
    ],
    "cell_has_logs": [lambda rows: rows.cell(logs=0)],
    "cell_tail_is_known": [lambda rows: rows.cell(tail=2), lambda rows: rows.cell(tail=-2)],
    "cell_quality_has_logs": [
        lambda rows: rows.cell(quality_mean=3.0),
        lambda rows: rows.cell(quality_logs=1),
    ],
    "winsorising_limit_once": [
        lambda rows: rows.twice(rows.limit),
        lambda rows: rows.twice(rows.limit, task_type="draft"),
    ],
    "winsorising_limits_are_ordered": [
        lambda rows: rows.limit(low=1.1),
        lambda rows: rows.limit(low=math.nan),
    ],
    "plan_lock_says_by_whom": [lambda rows: rows.lock(locked_by=" ")],
    "plan_lock_sha256_is_one": [
        lambda rows: rows.lock(plan_sha256="5A" * 32),
        lambda rows: rows.lock(plan_sha256="5a" * 31),
    ],
    "plan_change_says_by_whom": [lambda rows: rows.plan_change(changed_by="")],
    "plan_change_says_why": [lambda rows: rows.plan_change(reason=" ")],
    "always_valid_tuning_once": [
        lambda rows: rows.twice(rows.tuning),
        lambda rows: rows.twice(rows.tuning, arm="ai"),
    ],
    "always_valid_tuning_tau_is_positive": [
        lambda rows: rows.tuning(tau=0),
        lambda rows: rows.tuning(tau=math.inf),
        lambda rows: rows.tuning(tau=math.nan),
    ],
    "survey_response_answered_once": [
        lambda rows: rows.twice(rows.response, wave="week 01", answered_at=NOW)
    ],
    "survey_response_band_is_ordered": [
        lambda rows: rows.response(minutes_saved_low=2, minutes_saved_high=1),
        lambda rows: rows.response(minutes_saved_high=1),
        lambda rows: rows.response(minutes_saved_low=2, minutes_saved_high=math.nan),
    ],
    "survey_response_minutes_saved_low_are_possible": [
        lambda rows: rows.response(minutes_saved_low=-1),
        lambda rows: rows.response(minutes_saved_low=math.nan),
    ],
    "survey_response_satisfaction_is_0_to_10": [lambda rows: rows.response(satisfaction=11)],
    "survey_response_recommend_is_0_to_10": [lambda rows: rows.response(recommend=11)],
    "survey_response_comment_is_short": [lambda rows: rows.response(comment="x" * 1001)],
    "timer_runs_once": [lambda rows: rows.segments({"ended_at": None}, {"ended_at": None})],
    "timer_segment_ends_after_its_start": [
        lambda rows: rows.segments({"ended_at": NOW - datetime.timedelta(seconds=1)})
    ],
    "privacy_notice_version_once": [lambda rows: rows.twice(rows.notice)],
    "privacy_notice_controller_is_not_blank": [lambda rows: rows.notice(controller=" ")],
    "notice_acceptance_once_a_version": [
        lambda rows: rows.twice(
            NoticeAcceptance.objects.create,
            participant=rows.participant,
            notice=rows.notice(),
            accepted_at=NOW,
        )
    ],
    "job_state_is_known_and_ends": [
        lambda rows: rows.job(state="idle", ended_at=NOW),
        lambda rows: rows.job(state="running", ended_at=NOW),
        lambda rows: rows.job(state="done"),
    ],
    "set_up_step_once_a_trial": [lambda rows: rows.twice(rows.set_up_step)],
    "set_up_step_is_known": [lambda rows: rows.set_up_step(step="tea")],
    "job_has_a_kind": [lambda rows: rows.job(kind=" ")],
    "snapshot_once_a_week": [lambda rows: rows.twice(rows.snapshot)],
    "snapshot_week_is_a_monday": [lambda rows: rows.snapshot(week=datetime.date(2026, 12, 1))],
    "snapshot_data_are_of_before": [
        lambda rows: rows.snapshot(as_of=NOW + datetime.timedelta(days=9))
    ],
    "snapshot_plan_sha256_is_one": [lambda rows: rows.snapshot(plan_sha256="x")],
    "frozen_cell_once": [lambda rows: rows.twice(rows.frozen_cell)],
    "frozen_cell_side_is_known": [lambda rows: rows.frozen_cell(side=2)],
    "publication_number_once": [lambda rows: rows.twice(lambda: rows.publication(approved_at=NOW))],
    "publication_asked_for_once": [lambda rows: (rows.publication(), rows.publication(number=2))],
    "publication_takes_two_people": [
        lambda rows: rows.publication(approved_by=rows.user, approved_at=NOW)
    ],
    "publication_approval_has_its_moment": [
        lambda rows: rows.publication(asked_by=None, approved_by=rows.user)
    ],
    "publication_ends_for_a_reason": [
        lambda rows: rows.publication(ended_at=NOW),
        lambda rows: rows.publication(ended_at=NOW, ended_because=" "),
        lambda rows: rows.publication(ended_because="Why not"),
    ],
    "report_file_name_once": [lambda rows: rows.twice(rows.report_file)],
    "invitation_once_a_trial": [lambda rows: rows.twice(rows.invitation)],
    "invitation_mail_is_known_and_has_its_moment": [
        lambda rows: rows.invitation(mail="lost"),
        lambda rows: rows.invitation(mail="sent"),
    ],
    "invitation_answer_has_its_moment": [
        lambda rows: rows.invitation(accepted=True),
        lambda rows: rows.invitation(answered_at=NOW),
    ],
    "baseline_answer_ai_use_is_known": [lambda rows: rows.baseline(ai_use_before="hourly")],
    "reminder_once_a_day": [lambda rows: rows.twice(rows.reminder)],
    "reminder_state_is_known": [lambda rows: rows.reminder(state="lost")],
    "reminder_was_tried": [lambda rows: rows.reminder(tries=0)],
    "reminder_item_once": [lambda rows: rows.reminder_items("survey", "survey")],
    "reminder_item_kind_is_not_blank": [lambda rows: rows.reminder_items(" ")],
    "reminder_choice_hours_are_ordered": [
        lambda rows: rows.reminder_choice(earliest_hour=9, latest_hour=9),
        lambda rows: rows.reminder_choice(latest_hour=25),
    ],
    "draft_once_a_form": [lambda rows: rows.twice(rows.draft)],
    "draft_form_is_known": [
        lambda rows: rows.draft(form="tax"),
        lambda rows: rows.draft(form=""),
    ],
    "draft_has_a_key": [lambda rows: rows.draft(key=" ")],
    "draft_is_short": [lambda rows: rows.draft(answers={"minutes": "5" * 4_000})],
    "draw_number_once_a_trial": [
        lambda rows: rows.draws({"confirmed_at": NOW, "confirmed_by": "lead"}, {})
    ],
    "draw_is_open_once": [lambda rows: rows.draws({}, {"number": 2})],
    "draw_number_is_positive": [lambda rows: rows.draw(number=0)],
    "draw_column_is_known": [lambda rows: rows.draw(column="tea")],
    "draw_sha256s_are_ones": [
        lambda rows: rows.draw(input_sha256="5A" * 32),
        lambda rows: rows.draw(outcome_sha256="5a" * 31),
    ],
    "draw_says_who_proposed_it": [lambda rows: rows.draw(proposed_by=" ")],
    "draw_says_who_confirmed_it": [
        lambda rows: rows.draw(confirmed_at=NOW),
        lambda rows: rows.draw(confirmed_by="lead"),
        lambda rows: rows.draw(
            confirmed_at=NOW,
            confirmed_by="lead",
            dropped_at=NOW,
            dropped_by="lead",
            dropped_because="r",
        ),
    ],
    "draw_says_why_it_was_dropped": [
        lambda rows: rows.draw(dropped_at=NOW, dropped_by="lead", dropped_because=" "),
        lambda rows: rows.draw(dropped_at=NOW, dropped_because="r"),
        lambda rows: rows.draw(dropped_because="r"),
    ],
    "erasure_once": [lambda rows: rows.twice(rows.erasure)],
    "erasure_names_somebody": [
        lambda rows: rows.erasure(pseudonym=" "),
        lambda rows: rows.erasure(trial_slug=""),
    ],
    "record_read_once_a_day": [
        lambda rows: rows.twice(rows.read),
        lambda rows: rows.twice(rows.read, kind="export", reader=None, role=""),
    ],
    "record_read_says_who_read_what": [
        lambda rows: rows.read(kind="tea_leaves"),
        lambda rows: rows.read(reader=None),
        lambda rows: rows.read(role=""),
        lambda rows: rows.read(kind="export"),
    ],
    "record_read_counts_from_first_to_last": [
        lambda rows: rows.read(reads=0),
        lambda rows: rows.read(last_at=NOW - datetime.timedelta(seconds=1)),
    ],
    "refusal_counts_one": [
        lambda rows: Refusal.objects.create(trial=rows.trial, rule="r", count=0)
    ],
    "api_token_expires_after_it_was_made": [
        lambda rows: rows.token(expires_at=NOW - datetime.timedelta(days=1))
    ],
    "api_token_scopes_are_known": [
        lambda rows: rows.token(scopes=[]),
        lambda rows: rows.token(scopes=["results", "everything"]),
    ],
    "upload_kind_is_known_and_of_a_trial": [
        lambda rows: rows.upload(kind="picture"),
        lambda rows: rows.upload(kind="bundle"),
        lambda rows: rows.upload(trial=None),
    ],
    "upload_has_size_and_hash": [
        lambda rows: rows.upload(size=0),
        lambda rows: rows.upload(sha256="F" * 64),
    ],
    "upload_part_once": [lambda rows: rows.parts({}, {})],
    "stored_estimate_position_once": [lambda rows: rows.estimates({}, {"estimand": "f"})],
    "stored_estimate_once": [lambda rows: rows.estimates({}, {"position": 1})],
    "stored_estimate_has_value_or_reason": [
        lambda rows: rows.estimates({"value": None}),
        lambda rows: rows.estimates({"not_estimable": "no data"}),
    ],
}
UNIQUE: dict[str, Callable[[Rows], object]] = {
    "measurement_trial_slug": lambda rows: rows.twice(rows.trial_row),
    "measurement_user_email": lambda rows: rows.twice(User.objects.create, email="a@example.com"),
    "measurement_apitoken_digest": lambda rows: rows.twice(rows.token),
    "measurement_assignment_participant_id": lambda rows: rows.twice(
        Assignment.objects.create, participant=rows.participant
    ),
    "measurement_baselineanswer_participant_id": lambda rows: rows.twice(rows.baseline),
    "measurement_timer_participant_id": lambda rows: rows.twice(
        Timer.objects.create, participant=rows.participant
    ),
    "measurement_reminderchoice_user_id": lambda rows: rows.twice(rows.reminder_choice),
    "measurement_planlock_trial_id": lambda rows: rows.twice(rows.lock),
    "measurement_participanttotal_participant_id": lambda rows: rows.twice(rows.total),
}


def declared() -> Iterator[str]:
    for model in apps.get_app_config("measurement").get_models():
        yield from (constraint.name for constraint in model._meta.constraints)


def test_cells_that_differ_in_one_key_are_two(participant: Participant) -> None:
    """The constraint `cell_once` has every key of the engine's cells, and no other."""
    (once,) = (one for one in Cell._meta.constraints if one.name == "cell_once")
    assert isinstance(once, models.UniqueConstraint)
    assert once.fields == CELL_KEYS
    rows = Rows(participant)
    rows.cell()
    for key, value in {
        "tool": "kettle",
        "timed": True,
        "flags": 1 << 40,
        "tail": 1,
        "censored_minutes": 5.5,
    }.items():
        rows.cell(**{key: value})
    assert Cell.objects.count() == 6


def test_every_declared_constraint_is_broken_here() -> None:
    assert set(BREAKERS) == set(declared())


@pytest.mark.parametrize(
    ("name", "break_it"),
    [(name, break_it) for name, several in BREAKERS.items() for break_it in several],
)
def test_the_constraint_holds(
    participant: Participant, name: str, break_it: Callable[[Rows], object]
) -> None:
    with pytest.raises(IntegrityError, match=f'"{name}"'), transaction.atomic():
        break_it(Rows(participant))


@pytest.mark.parametrize("name", UNIQUE)
def test_the_unique_column_holds(participant: Participant, name: str) -> None:
    with pytest.raises(IntegrityError, match=f'"{name}_'), transaction.atomic():
        UNIQUE[name](Rows(participant))


def test_every_unique_column_is_broken_here(db: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.conrelid::regclass || '_' || a.attname FROM pg_constraint c"
            " JOIN pg_attribute a ON a.attrelid = c.conrelid AND c.conkey = ARRAY[a.attnum]"
            " WHERE c.contype = 'u' AND c.conrelid::regclass::text LIKE 'measurement_%'"
        )
        assert set(UNIQUE) == {name for (name,) in cursor.fetchall()}


def test_a_reference_to_nothing_is_refused(db: None) -> None:
    refusal = Refusal.objects.create(trial_id=-1, rule="r")
    with pytest.raises(IntegrityError, match="foreign key"), transaction.atomic():
        connection.check_constraints()
    refusal.delete()
