"""My data, leaving, the history of a log: who sees what, and what is stored."""

import datetime
import io
import json
import zipfile
from dataclasses import replace
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from measurement import enrolment, leaving, reading, recording, timing
from measurement.models import (
    Arm,
    AuditEvent,
    Erasure,
    Participant,
    RecordRead,
    Role,
    TaskLog,
    Timer,
    Trial,
)
from measurement.pages.own_data_views import READS_SHOWN
from tests.measurement.pages.page import Page, answers
from tests.people import make_log, make_participant, make_trial, make_user

pytestmark = pytest.mark.django_db
DAY = datetime.date(2025, 3, 3)
PAGES = ("/my-data/", "/my-data/withdraw/", "/my-data/withdraw/done/")


def shown(client: Client, path: str = "/my-data/") -> str:
    answer = client.get(path)
    assert answer.status_code == 200
    assert "no-store" in answer.headers["Cache-Control"]
    return " ".join(Page(answer).text.split())


def leave(client: Client, choice: str, query: str = "") -> Page:
    answer = client.post(f"/my-data/withdraw/{query}", {"choice": choice}, follow=True)
    assert answer.status_code == 200
    return Page(answer)


class TestMyData:
    def test_what_is_kept_is_said(self, client: Client, robin: Participant) -> None:
        trial = robin.trial
        Arm.objects.create(trial=trial, name="helped", ai=True)
        enrolment.assign(participant=robin, arm="helped", actor=None)
        Participant.objects.filter(pk=robin.pk).update(
            enrolled_on=DAY, team="Kettle", baseline_minutes=12.5
        )
        make_log(robin, "a")
        make_log(robin, "b")
        text = shown(client)
        for said in (
            "dot.teaspoon@example.com",
            "The teapot trial",
            "3 March 2025",
            "Kettle",
            "12.5",
            "Work with AI (group “helped”).",
            "Nobody has read single records",
            "/my-data/withdraw/?trial=teapot",
        ):
            assert said in text
        assert "Left on" not in text
        assert "Grade" not in text

    @pytest.mark.parametrize(
        ("given", "said"),
        [
            ({"arm": "none"}, "Work without AI (group “none”)."),
            ({"arm": "unknown"}, "> unknown <"),
            ({"sequence": "AB"}, "Period spring: without AI. Period autumn: with AI."),
            ({"ai_from": DAY}, "AI from 3 March 2025."),
        ],
    )
    def test_what_chance_gave_is_said_in_words(
        self, client: Client, robin: Participant, given: dict[str, Any], said: str
    ) -> None:
        Arm.objects.create(trial=robin.trial, name="none", ai=False)
        Arm.objects.create(trial=robin.trial, name="unknown", ai=None)
        robin.trial.design["periods"] = [{"name": "spring"}, {"name": "autumn"}]
        robin.trial.save()
        enrolment.assign(participant=robin, actor=None, **given)
        assert said in shown(client)

    def test_without_periods_they_are_numbered(self, client: Client, robin: Participant) -> None:
        enrolment.assign(participant=robin, actor=None, sequence="B")
        assert "Period 1: with AI." in shown(client)

    def test_nothing_is_said_where_chance_gave_nothing(
        self, client: Client, robin: Participant
    ) -> None:
        assert "What chance gave you" not in shown(client)

    def test_who_read_it_is_said(self, client: Client, robin: Participant) -> None:
        trial = robin.trial
        ann = make_user("ann.ladle@example.com", (Role.ANALYST, trial))
        gone = make_user("gone@example.com")
        for _ in range(3):
            reading.note(trial=trial, kind=reading.Kind.TASK_LOGS, reader=ann, role=Role.ANALYST)
        reading.note(trial=trial, kind=reading.Kind.BUNDLE, reader=gone, role=Role.ANALYST)
        reading.note(trial=trial, kind=reading.Kind.EXPORT, reader=None, role=None)
        gone.delete()
        other = make_trial("other")
        reading.note(trial=other, kind=reading.Kind.BUNDLE, reader=ann, role=Role.ANALYST)
        text = shown(client)
        assert "ann.ladle@example.com</strong>, analyst<br> Task logs" in text
        assert "3 times, the first on" in text
        assert "Somebody whose account is gone</strong>, analyst" in text
        assert "Somebody who operates the site</strong><br>" in text
        assert text.count('<strong class="site-breakable">') == 3

    def test_many_reads_are_cut_and_said_to_be(self, client: Client, robin: Participant) -> None:
        now = timezone.now()
        RecordRead.objects.bulk_create(
            RecordRead(
                trial=robin.trial,
                kind="export",
                day=DAY + datetime.timedelta(days=n),
                first_at=now,
                last_at=now,
            )
            for n in range(READS_SHOWN)
        )
        assert "These are the latest" not in shown(client)
        reading.note(trial=robin.trial, kind=reading.Kind.EXPORT, reader=None, role=None)
        text = shown(client)
        assert "These are the latest" in text
        assert text.count("Somebody who operates the site") == READS_SHOWN

    def test_queries_do_not_grow(
        self, client: Client, robin: Participant, django_assert_max_num_queries: Any
    ) -> None:
        assert robin.user
        for n in range(5):
            trial = make_trial(f"t{n}")
            make_log(make_participant(trial, robin.user, f"t{n}"), "k")
            reader = make_user(f"reader{n}@example.com")
            reading.note(trial=trial, kind=reading.Kind.BUNDLE, reader=reader, role=Role.ANALYST)
        with django_assert_max_num_queries(5):  # session, user, participants, reads, navigation
            shown(client)

    @pytest.mark.parametrize("role", [Role.LEAD, Role.ANALYST, Role.ADMINISTRATOR])
    def test_other_roles_have_no_such_page(self, client: Client, trial: Trial, role: Role) -> None:
        client.force_login(make_user("sam.spoon@example.com", (role, trial)))
        assert client.get("/my-data/").status_code == 403
        assert client.post("/my-data/download/").status_code == 403
        assert client.get("/my-data/withdraw/", follow=True).status_code == 403
        assert (
            client.post("/my-data/withdraw/", {"choice": "erase"}, follow=True).status_code == 403
        )
        assert not AuditEvent.objects.exists()

    @pytest.mark.parametrize("path", [*PAGES, "/my-logs/1/history/"])
    def test_strangers_are_sent_to_sign_in(self, client: Client, db: None, path: str) -> None:
        assert client.get(path).headers["Location"] == f"/account/login/code/?next={path}"
        assert client.post("/my-data/download/").status_code == 302


class TestDownload:
    def test_it_is_the_own_zip_under_a_name_of_nobody(
        self, client: Client, robin: Participant
    ) -> None:
        make_log(robin, "k")
        answer = client.post("/my-data/download/")
        assert answer.headers["Content-Type"] == "application/zip"
        assert answer.headers["Content-Disposition"] == 'attachment; filename="my-data.zip"'
        assert "no-store" in answer.headers["Cache-Control"]
        with zipfile.ZipFile(io.BytesIO(answer.getvalue())) as archive:
            account = json.loads(archive.read("account.json"))
        assert account["email"] == "dot.teaspoon@example.com"
        assert AuditEvent.objects.filter(act="download_own_data").count() == 1

    def test_a_link_does_not_make_it(self, client: Client, robin: Participant) -> None:
        assert client.get("/my-data/download/").status_code == 405
        assert not AuditEvent.objects.exists()

    def test_another_site_does_not_make_it(self, robin: Participant) -> None:
        client = Client(enforce_csrf_checks=True)
        assert robin.user
        client.force_login(robin.user)
        assert client.post("/my-data/download/").status_code == 403
        assert client.post("/my-data/withdraw/", {"choice": "erase"}).status_code == 403
        assert not Erasure.objects.exists()


class TestLeaving:
    def test_looking_changes_nothing(self, client: Client, robin: Participant) -> None:
        page = Page(client.get("/my-data/withdraw/"))
        assert page.title == "Leave the trial - Trialsite"
        assert "checked" not in page.all("checked")
        assert not AuditEvent.objects.exists()

    @pytest.mark.parametrize("choice", [{}, {"choice": "both"}])
    def test_a_choice_has_to_be_made(
        self, client: Client, robin: Participant, choice: dict[str, str]
    ) -> None:
        answer = client.post("/my-data/withdraw/", choice)
        page = Page(answer)
        assert answer.status_code == 422
        assert page.title.startswith("Error: ")
        assert "#id_choice" in page.all("href")
        robin.refresh_from_db()
        assert robin.withdrawn_on is None

    def test_keeping(self, client: Client, robin: Participant) -> None:
        make_log(robin, "k")
        timing.start(robin)
        page = leave(client, "keep")
        assert "You have left the trial" in page.title
        assert "/my-data/withdraw/?trial=teapot" in page.all("href")
        robin.refresh_from_db()
        assert robin.withdrawn_on == timezone.localdate()
        assert TaskLog.objects.exists()
        assert not Timer.objects.exists()

    def test_who_kept_logs_no_more_but_sees_and_erases_later(
        self, client: Client, robin: Participant
    ) -> None:
        make_log(robin, "k")
        leave(client, "keep")
        refused = client.post("/log/", answers())
        assert refused.status_code == 403
        assert "You have left the trial" in refused.content.decode()
        assert client.get("/").headers["Location"] == "/my-data/"
        page = Page(client.get("/my-data/"))
        assert "Left on" in page.text
        assert "Have everything erased" in page.text
        assert {"/log/", "/my-logs/"}.isdisjoint(page.all("href"))
        assert "/my-data/" in page.all("href")
        page = Page(client.get("/my-data/withdraw/"))
        assert page.title == "Have everything erased - Trialsite"
        assert client.post("/my-data/withdraw/", {"choice": "keep"}).status_code == 422
        assert "Your data are erased" in leave(client, "erase").title
        assert not Participant.objects.exists()

    def test_erasing(self, client: Client, robin: Participant) -> None:
        make_log(robin, "k")
        page = leave(client, "erase")
        assert "Your data are erased" in page.title
        assert robin.trial.title in page.text
        assert not Participant.objects.exists()
        assert "nothing else about you is in one" in shown(client)
        assert "Nothing to do yet" in shown(client, "/")
        # Said once: the session does not keep which trial it was.
        assert client.get("/my-data/withdraw/done/").headers["Location"] == "/my-data/"
        assert client.get("/my-data/withdraw/").headers["Location"] == "/my-data/"

    def test_the_confirmation_is_of_who_left(self, client: Client, robin: Participant) -> None:
        assert client.get("/my-data/withdraw/done/").headers["Location"] == "/my-data/"

    def test_of_several_trials_one_is_left(self, client: Client, robin: Participant) -> None:
        assert robin.user
        other = make_participant(make_trial("kettle"), robin.user, "k1")
        assert "Which trial is this for?" in shown(client, "/my-data/withdraw/")
        leave(client, "erase", "?trial=kettle")
        assert list(Participant.objects.all()) == [robin]
        assert Erasure.objects.get().pseudonym == other.pseudonym
        assert client.get("/").headers["Location"] == "/log/"

    def test_another_trial_is_not_there(self, client: Client, robin: Participant) -> None:
        other = make_participant(make_trial("kettle"), make_user("kim@example.com"), "k1")
        for slug in ("kettle", "never-was", ""):
            path = f"/my-data/withdraw/?trial={slug}"
            assert client.get(path).status_code == 404
            assert client.post(path, {"choice": "erase"}).status_code == 404
        assert Participant.objects.filter(pk=other.pk).exists()

    def test_a_page_that_meets_an_erasure_says_so(
        self, client: Client, robin: Participant, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The log was on the page when the other window erased."""
        log = make_log(robin, "k")
        void = recording.void

        def erased_first(**kwargs: Any) -> TaskLog:
            leaving.erase(robin)
            return void(**kwargs)

        monkeypatch.setattr(recording, "void", erased_first)
        answer = client.post(f"/my-logs/{log.pk}/void/", {"reason": "r"})
        assert answer.status_code == 403
        assert "All that was kept about you is erased." in answer.content.decode()


class TestHistory:
    @pytest.fixture
    def corrected(self, robin: Participant) -> TaskLog:
        log = make_log(robin, "k")
        ann = make_user("ann.ladle@example.com", (Role.ANALYST, robin.trial))
        recording.change(
            task_log=log,
            log=recording.NewTaskLog(key="k", minutes=40.0, ai_used=True, date=DAY),
            actor=ann,
        )
        recording.void(task_log=log, reason="<b>Twice</b>", actor=robin.user)
        return log

    def test_each_version_is_told(self, client: Client, corrected: TaskLog) -> None:
        text = shown(client, f"/my-logs/{corrected.pk}/history/")
        told = ["Taken out of the results", "by you", "Corrected", "by the people who run"]
        told += ["40 minutes", "Logged", "by you", "Draft a document", "30 minutes"]
        at = text.index("<h1")
        for words in told:
            assert words in text[at:], f"{words} after {text[at:]}"
            at = text.index(words, at)
        assert "Reason: &lt;b&gt;Twice&lt;/b&gt;" in text
        assert "ann.ladle" not in text

    def test_a_loaded_log_has_a_history_too(self, client: Client, robin: Participant) -> None:
        log = TaskLog.objects.create(participant=robin, key="k", minutes=5.0, ai_used=True)
        assert "As it was loaded" in shown(client, f"/my-logs/{log.pk}/history/")
        recording.void(task_log=log, reason="r", actor=None)
        text = shown(client, f"/my-logs/{log.pk}/history/")
        assert "Before that" in text
        assert "loaded from a file" in text

    @pytest.mark.parametrize(
        ("with_ai", "chance"), [(True, "with AI"), (False, "without AI"), (None, None)]
    )
    def test_an_announced_log_was_not_logged_at_first(
        self, client: Client, robin: Participant, with_ai: bool | None, chance: str | None
    ) -> None:
        forecasts = {"forecast_minutes": 40.0, "forecast_minutes_with_ai": 20.0}
        said: dict[str, Any] = {"ai_assigned": with_ai, **(forecasts if chance else {})}
        if chance is None:
            said["task_type"] = None
        log = make_log(robin, "k", status="withheld", minutes=None, **said)
        logged = replace(recording.said(log), status="logged", minutes=45.0)
        recording.complete(task_log=log, log=logged, actor=robin.user)
        text = shown(client, f"/my-logs/{log.pk}/history/")
        latest, first = text[text.index("<h1") :].split("Announced")
        assert "Logged" in latest
        assert "45 minutes" in latest
        assert "Logged" not in first
        assert "45 minutes" not in first
        assert "Time taken" not in first
        words = [f"Chance said: {chance}.", "Draft a document"]
        words += ["Forecast without AI: 40 minutes.", "Forecast with AI: 20 minutes."]
        assert [said in first for said in words] == [chance is not None] * 4

    def test_it_is_linked_where_there_is_one(
        self, client: Client, robin: Participant, corrected: TaskLog
    ) -> None:
        plain = make_log(robin, "plain")
        hrefs = Page(client.get("/my-logs/")).all("href")
        assert f"/my-logs/{corrected.pk}/history/" in hrefs
        assert f"/my-logs/{plain.pk}/history/" not in hrefs

    def test_somebody_elses_log_is_not_there(self, client: Client, corrected: TaskLog) -> None:
        path = f"/my-logs/{corrected.pk}/history/"
        other = make_user("kim.kettle@example.com")
        make_participant(corrected.participant.trial, other, "p2")
        client.force_login(other)
        assert client.get(path).status_code == 404
        lead = make_user("sam.spoon@example.com", (Role.LEAD, corrected.participant.trial))
        client.force_login(lead)
        assert client.get(path).status_code == 404
        assert client.get("/my-logs/999999/history/").status_code == 404

    def test_queries_do_not_grow(
        self,
        client: Client,
        robin: Participant,
        corrected: TaskLog,
        django_assert_max_num_queries: Any,
    ) -> None:
        path = f"/my-logs/{corrected.pk}/history/"
        other = make_log(robin, "many")
        for minutes in range(1, 12):
            recording.change(
                task_log=other,
                log=recording.NewTaskLog(key="many", minutes=float(minutes), ai_used=False),
                actor=robin.user,
            )
        # Session, user, log, last load, others' codes, events, task types, tools, navigation.
        for of in (path, f"/my-logs/{other.pk}/history/"):
            with django_assert_max_num_queries(9):
                shown(client, of)
        # Session, user, participants, number of logs, logs, corrected ones, to do, navigation.
        with django_assert_max_num_queries(8):
            shown(client, "/my-logs/")
