"""The steps of the set-up about the design and how chance decides."""

import re
from typing import Any

import pytest

from measurement.lead.groups_form import HowManyForm
from measurement.models import Trial
from measurement.set_up_answers import (
    Step,
    fingerprint,
    stored,
)
from tests.measurement.lead.setting_up import DATES, PAGES, Lead, errors, lock
from tests.people import make_participant, make_user

pytestmark = pytest.mark.django_db


class TestDesign:
    """Questions, recommendation, choice, and what the design needs."""

    def test_answers_lead_to_a_design(self, lead: Lead) -> None:
        page = lead.page("design/", "?decide=yes&everybody=yes&away=no&switch=no&close=yes")
        assert "The design that suits your trial" in page
        assert "Everybody gets AI in the end, team after team" in page
        assert "People work closely together" in page
        response = lead.client.post(
            f"{PAGES}design/choose/", {"kind": "stepped_wedge", "seen": lead.seen(page)}
        )
        assert response.status_code == 302
        assert Trial.objects.get().design["kind"] == "stepped_wedge"

    @pytest.mark.parametrize(
        ("query", "heading"),
        [
            ("", "Can you decide who gets access to AI"),
            ("?decide=perhaps", "Can you decide who gets access to AI"),
            ("?decide=yes", "Must everybody have AI in the end"),
            ("?close=yes", "Can you decide who gets access to AI"),
            ("?decide=no", "The design that suits your trial"),
            ("?decide=yes&everybody=no&away=no&switch=yes", "The design that suits your trial"),
        ],
    )
    def test_the_first_open_question_is_asked(self, lead: Lead, query: str, heading: str) -> None:
        found = re.search(r"<h1[^>]*>\s*(.*?)\s*</h1>", lead.page("design/", query), re.DOTALL)
        assert found
        assert heading in found[1]

    def test_who_comes_back_sees_the_design_so_far(self, lead: Lead) -> None:
        assert "The design so far" not in lead.page("design/")
        lead.choose("observational")
        assert "The design so far: No comparison group. It stays" in lead.page("design/")
        assert "The design so far" not in lead.page("design/", "?decide=yes")

    def test_a_question_without_an_answer(self, lead: Lead) -> None:
        response = lead.client.get(f"{PAGES}design/?decide=yes&asked=everybody")
        assert response.status_code == 422
        assert errors(lead.text(response)) == ["Select yes if everybody must have AI in the end"]

    def test_no_design_is_chosen_beforehand(self, lead: Lead) -> None:
        assert "checked" not in lead.page("design/choose/")
        assert lead.refused("design/choose/", {}) == ["Select a design"]
        assert lead.refused("design/choose/", {"kind": "magic"}) == ["Select a design"]
        lead.choose("observational")
        assert re.search(r'value="observational"\s+checked', lead.page("design/choose/"))

    @pytest.mark.parametrize("kind", ["observational", "task_randomised"])
    def test_some_need_nothing_more(self, lead: Lead, kind: str) -> None:
        lead.choose(kind)
        response = lead.client.get(f"{PAGES}groups/")
        assert response.headers["Location"] == f"{PAGES}design/"

    def test_groups_are_stored_as_arms(self, lead: Lead) -> None:
        lead.choose("parallel")
        given = {
            "name_1": "Cup",
            "ai_1": "no",
            "ratio_1": "2",
            "name_2": "Pot",
            "ai_2": "yes",
            "ratio_2": "",
            "name_3": "",
            "ai_3": "yes",
            "ratio_3": "1",
            "stratify_by": ["department", "grade"],
        }
        trial = lead.save("groups/", given)
        arms = [*trial.arm_set.order_by("pk").values_list("name", "ai", "ratio")]
        assert arms == [("Cup", False, 2), ("Pot", True, 1)]
        assert trial.design["stratify_by"] == ["department", "grade"]
        page = lead.page("groups/")
        assert str(trial.design["seed"]) in page
        assert 'value="Pot"' in page

    @pytest.mark.parametrize(
        ("changed", "said"),
        [
            ({"ai_1": ""}, "Select whether group 1 gets AI"),
            ({"ai_1": "perhaps"}, "Select one of the list"),
            ({"name_1": "x" * 201}, "The name must be 200 characters or fewer"),
            ({"ratio_1": "x"}, "Share of group 1 must be a whole number, like 12"),
            ({"ratio_1": "1001"}, "Share of group 1 must be a whole number from 1 to 1,000"),
            ({"ratio_2": "0"}, "Share of group 2 must be a whole number from 1 to 1,000"),
            ({"ratio_2": "\N{MINUS SIGN}1"}, "Share of group 2 must be 0 or more"),
            ({"name_1": "b"}, "Give each group a name of its own"),
            ({"name_2": ""}, "Give each group a name of its own"),
            ({"unit": "task"}, "Select one of the list"),
            ({"unit": "department", "stratify_by": ["department"]}, "Whole departments cannot be"),
            ({"stratify_by": ["grade"]}, "Select only what is in the list"),
        ],
    )
    def test_groups_that_cannot_be(self, lead: Lead, changed: dict[str, Any], said: str) -> None:
        lead.choose("cluster")
        given = {"unit": "team", "name_1": "a", "ai_1": "no", "name_2": "b", "ai_2": "yes"}
        found = lead.refused("groups/", given | changed)
        assert [one[: len(said)] for one in found] == [said]

    def test_periods_need_dates(self, lead: Lead) -> None:
        lead.choose("crossover")
        response = lead.client.get(f"{PAGES}groups/")
        assert response.headers["Location"] == f"{PAGES}dates/"
        assert "Enter the dates first" in lead.page("dates/")

    @pytest.mark.parametrize(
        ("asked", "said"),
        [
            ("1", "Number of periods must be from 2 to 12"),
            ("13", "Number of periods must be from 2 to 12"),
            ("12", "The trial has fewer weeks than that: enter a smaller number"),
            ("", "Enter number of periods"),
            ("two", "Number of periods must be a whole number, like 12"),
        ],
    )
    def test_numbers_of_periods_that_cannot_be(self, lead: Lead, asked: str, said: str) -> None:
        lead.choose("crossover")
        lead.save("dates/", DATES)
        response = lead.client.get(f"{PAGES}groups/?periods={asked}")
        assert response.status_code == 422
        assert errors(lead.text(response)) == [said]

    def test_periods_are_cut_from_the_days_of_the_trial(self, lead: Lead) -> None:
        lead.choose("crossover")
        assert not HowManyForm({"periods": "3"}, trial=Trial.objects.get()).is_valid()
        lead.save("dates/", DATES)
        page = lead.page("groups/", "?periods=3")
        boxes = re.findall(r'name="(starts_on|ends_on)_\d_day"[^>]*value="(\d+)"', page)
        assert [day for _, day in boxes] == ["11", "8", "9", "5", "6", "24"]
        assert "Period 4" not in page

    def test_a_trial_too_short_for_periods_shows_empty_ones(self, lead: Lead) -> None:
        lead.choose("crossover")
        short = {"ends_on_day": "8", "ends_on_month": "9", "run_in_days": "0"}
        lead.save("dates/", DATES | short)
        assert lead.page("groups/").count('name="starts_on_2_day" type="text"') == 1

    @pytest.mark.parametrize("sent", [{}, {"starts_on_3_day": "4"}, {"starts_on_1_day": "x"}])
    def test_periods_that_are_none(self, lead: Lead, sent: dict[str, str]) -> None:
        lead.choose("crossover")
        lead.save("dates/", DATES)
        assert lead.refused("groups/", {"unit": "participant", **sent})

    @pytest.mark.parametrize("fixed", ["lock", "person"])
    def test_a_fixed_design_is_shown_and_not_asked(self, lead: Lead, fixed: str) -> None:
        lead.choose("cluster")
        given = {"unit": "team", "name_1": "a", "ai_1": "no", "name_2": "b", "ai_2": "yes"}
        trial = lead.save("groups/", given)
        seen = {step: fingerprint(stored(trial, step)) for step in (Step.DESIGN, Step.GROUPS)}
        if fixed == "lock":
            lock(lead)
        else:
            make_participant(trial, make_user("pat.pot@example.com"))
        for name in ("design/", "design/choose/", "groups/"):
            page = lead.page(name)
            assert "cannot change any more" in page
            assert "a: without AI, share 1" in page
            assert "<form" not in page.split("<main")[1]
        for name, step, sent in (
            ("design/choose/", Step.DESIGN, {"kind": "parallel"}),
            ("groups/", Step.GROUPS, given | {"name_1": "c"}),
        ):
            answers = {"seen": seen[step], "reason": "Please", **sent}
            response = lead.client.post(f"{PAGES}{name}", answers)
            assert response.status_code == 422
            assert "cannot change any more" in errors(lead.text(response))[0]
        assert Trial.objects.get().design == trial.design
