"""The pages from the invitation to leaving a trial, in Welsh."""

import datetime
import io
import zipfile
from typing import Any

import pytest
from django.test import Client

from measurement import enrolment, inviting, notices, reading
from measurement.models import (
    Arm,
    Department,
    Grade,
    Invitation,
    Participant,
    PrivacyNotice,
    Profession,
    Role,
    Trial,
)
from tests.measurement.pages.in_welsh.dates import THURSDAY
from tests.measurement.pages.in_welsh.welsh import assert_welsh, english_in_email, read_welsh
from tests.measurement.pages.page import Page
from tests.people import make_participant, make_trial, make_user

pytestmark = pytest.mark.django_db
DAY = datetime.date(2025, 3, 3)


@pytest.fixture
def robin(client: Client, participant: Participant) -> Participant:
    """Have a participant signed in who reads Welsh."""
    assert participant.user
    read_welsh(participant.user)
    client.force_login(participant.user)
    return participant


def publish(trial: Trial) -> PrivacyNotice:
    return notices.publish(
        trial=trial,
        controller="Adran y Tebotau",
        contact="privacy@teapots.example.com",
        keep_until=datetime.date(2027, 3, 31),
        actor=None,
    )


@pytest.fixture
def invitation(trial: Trial) -> Invitation:
    """Have somebody invited who reads Welsh, to a trial of which the days are known."""
    trial.starts_on, trial.ends_on = datetime.date(2025, 2, 24), datetime.date(2025, 5, 30)
    trial.save()
    publish(trial)
    invitation = inviting.invite(trial=trial, email="ann.ladle@example.com", actor=None)
    read_welsh(invitation.user)
    return invitation


@pytest.fixture
def link(invitation: Invitation) -> str:
    """Have the address in the email."""
    return inviting.path_of(invitation)


def answer(client: Client, link: str, act: str, version: int = 1) -> Any:
    return client.post(link, {"act": act, "version": str(version)}, follow=True)


def test_the_email(invitation: Invitation, mailoutbox: list[Any]) -> None:
    inviting.send(invitation)
    (sent,) = mailoutbox
    assert sent.subject == "Rydych wedi cael gwahoddiad i dreial"
    assert english_in_email(sent.body.replace(invitation.trial.title, "")) == []


def test_an_invitation_before_sign_in(client: Client, link: str) -> None:
    client.post("/language/", {"language": "cy"})
    page = assert_welsh(client.get(link))
    assert "o 24 Chwefror 2025 tan 30 Mai 2025" in page.text
    page = assert_welsh(client.get("/join/x/"))
    assert page.title == "Nid yw'r gwahoddiad hwn yn gweithio - Trialsite"


def test_an_invitation_for_somebody_else(client: Client, robin: Participant, link: str) -> None:
    assert_welsh(client.get(link))


def test_taking_part(client: Client, invitation: Invitation, link: str) -> None:
    client.force_login(invitation.user)
    page = assert_welsh(client.get(link))
    assert page.title == "Ydych chi am gymryd rhan? - Trialsite"
    assert "Tan 31 Mawrth 2027." in page.text
    assert "Newidiodd" in assert_welsh(answer(client, link, "join", version=9)).text
    assert_welsh(answer(client, link, "decline"))
    page = assert_welsh(answer(client, link, "join"))
    assert page.title == "Ychydig o gwestiynau i ddechrau - Trialsite"


def test_it_is_too_late(client: Client, invitation: Invitation, link: str) -> None:
    client.force_login(invitation.user)
    invitation.trial.ends_on = THURSDAY.date() - datetime.timedelta(days=1)
    invitation.trial.save()
    page = assert_welsh(client.get(link))
    assert page.title == "Mae'n rhy hwyr i ymuno - Trialsite"


def test_a_notice(client: Client, robin: Participant) -> None:
    assert_welsh(client.get("/notice/"))
    publish(robin.trial)
    page = assert_welsh(client.get("/log/", follow=True))
    assert "yn newydd" in page.text
    assert "Newidiodd" in assert_welsh(client.post("/notice/", {"version": "9"})).text
    assert_welsh(client.post("/notice/", {"version": "1"}, follow=True))
    assert_welsh(client.get("/notice/"))


def test_the_baseline_survey(client: Client, robin: Participant) -> None:
    for entries in (Department, Grade, Profession):
        entries._default_manager.create(trial=robin.trial, name="1")
    assert_welsh(client.get("/baseline/"))
    for sent in (
        {"usual_minutes": "0", "department": "x", "grade": "x", "profession": "x"},
        {"ai_use_before": "x", "usual_minutes": "llawer"},
        {"ai_use_before": "never", "usual_minutes": "9" * 30},
    ):
        assert assert_welsh(client.post("/baseline/", sent)).title.startswith("Gwall: ")
    done = client.post("/baseline/", {"ai_use_before": "never"}, follow=True)
    assert "Diolch." in assert_welsh(done).text


def test_what_is_kept(client: Client, robin: Participant) -> None:
    trial = robin.trial
    for entries in (Department, Grade, Profession):
        entries._default_manager.create(trial=trial, name="1")
    Participant.objects.filter(pk=robin.pk).update(
        enrolled_on=DAY,
        team="1",
        baseline_minutes=12.5,
        department=Department.objects.get(),
        grade=Grade.objects.get(),
        profession=Profession.objects.get(),
    )
    assert_welsh(client.get("/my-data/"))
    staff = [
        make_user(f"{role}.ladle@example.com", (role, trial))
        for role in (Role.ANALYST, Role.LEAD, Role.ADMINISTRATOR)
    ]
    for kind in set(reading.Kind) - {reading.Kind.EXPORT}:
        for reader in staff:
            role = Role(reader.membership_set.get().role)
            for _ in range(2):
                reading.note(trial=trial, kind=kind, reader=reader, role=role)
    reading.note(trial=trial, kind=reading.Kind.EXPORT, reader=None, role=None)
    staff[0].delete()
    assert robin.user
    make_participant(make_trial("kettle"), robin.user)
    page = assert_welsh(client.get("/my-data/"))
    assert "2 o weithiau, y tro cyntaf ar 6 Mawrth 2025" in page.text
    assert "dadansoddwr" in page.text


@pytest.mark.parametrize(
    "given", [{"arm": "1"}, {"arm": "2"}, {"sequence": "AB"}, {"ai_from": DAY}]
)
def test_what_chance_gave(client: Client, robin: Participant, given: dict[str, Any]) -> None:
    Arm.objects.create(trial=robin.trial, name="1", ai=True)
    Arm.objects.create(trial=robin.trial, name="2", ai=False)
    enrolment.assign(participant=robin, actor=None, **given)
    assert "Yr hyn a gawsoch ar hap" in assert_welsh(client.get("/my-data/")).text


def test_the_files_say_what_is_in_them(client: Client, robin: Participant) -> None:
    sent: Any = client.post("/my-data/download/")
    with zipfile.ZipFile(io.BytesIO(b"".join(sent.streaming_content))) as files:
        text = files.read("README.txt").decode("utf-8-sig")
    assert "Dyma bopeth y mae Trialsite yn ei gadw amdanoch." in text
    assert english_in_email(text) == []


def test_leaving_and_erasing(client: Client, robin: Participant) -> None:
    path = "/my-data/withdraw/"
    assert_welsh(client.get(path))
    assert assert_welsh(client.post(path)).title.startswith("Gwall: ")
    page = assert_welsh(client.post(path, {"choice": "keep"}, follow=True))
    assert page.title == "Rydych wedi gadael y treial - Trialsite"
    assert "Rydych wedi gadael" in assert_welsh(client.get("/log/")).text
    assert "Dyddiad gadael" in assert_welsh(client.get("/my-data/")).text
    assert_welsh(client.get("/", follow=True))
    assert_welsh(client.get(path))
    page = assert_welsh(client.post(path, {"choice": "erase"}, follow=True))
    assert page.title == "Mae eich data wedi'u dileu - Trialsite"
    assert "unrhyw dreial" in assert_welsh(client.get("/my-data/")).text


def test_leaving_one_of_several_trials(client: Client, robin: Participant) -> None:
    assert robin.user
    make_participant(make_trial("kettle"), robin.user)
    assert_welsh(client.get("/my-data/withdraw/"))
    assert "kettle" in Page(client.get("/my-data/withdraw/?trial=kettle")).text
