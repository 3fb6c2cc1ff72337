"""The pages of the steps that are one form each."""

from django.http import HttpResponse

from measurement.access import SignedInRequest
from measurement.lead.lead_page import lead_page
from measurement.lead.list_forms import ListsForm, TasksForm
from measurement.lead.plan_forms import (
    AboutForm,
    AnalysisForm,
    AssumptionsForm,
    DatesForm,
    DisclosureForm,
    SurveyForm,
)
from measurement.lead.set_up_words import TITLES
from measurement.lead.step_page import step_page
from measurement.models import Trial
from measurement.set_up_answers import Step


@lead_page
def about(request: SignedInRequest, trial: Trial) -> HttpResponse:
    """Ask for name and sector."""
    return step_page(request, trial, Step.ABOUT, AboutForm, title=TITLES[Step.ABOUT])


@lead_page
def dates(request: SignedInRequest, trial: Trial) -> HttpResponse:
    """Ask for the first and last day, and when the result is read."""
    return step_page(request, trial, Step.DATES, DatesForm, title=TITLES[Step.DATES])


@lead_page
def tasks(request: SignedInRequest, trial: Trial) -> HttpResponse:
    """Ask for types of task and tools."""
    intro = (
        "People choose from these lists when they log a task. You can add to them at any time. "
        "What somebody has used already stays.",
    )
    return step_page(request, trial, Step.TASKS, TasksForm, title=TITLES[Step.TASKS], intro=intro)


@lead_page
def lists(request: SignedInRequest, trial: Trial) -> HttpResponse:
    """Ask for departments, grades and professions."""
    intro = (
        "You need them before you upload or invite people. You can add to them at any time. What "
        "somebody belongs to already stays.",
    )
    return step_page(request, trial, Step.LISTS, ListsForm, title=TITLES[Step.LISTS], intro=intro)


@lead_page
def survey(request: SignedInRequest, trial: Trial) -> HttpResponse:
    """Ask for the answers of the survey."""
    intro = (
        "Every week people are asked how many minutes AI saves them on a usual day. They choose "
        "one of these answers. The ones filled in are those of the published trials: keep them if "
        "you want to compare with those.",
        "Leave “To” empty in the last answer to make it open, such as “More than 60 minutes”.",
    )
    title = TITLES[Step.SURVEY]
    return step_page(request, trial, Step.SURVEY, SurveyForm, title=title, intro=intro)


@lead_page
def assumptions(request: SignedInRequest, trial: Trial) -> HttpResponse:
    """Ask for what turns minutes into days and pounds."""
    intro = (
        "These numbers turn minutes saved a day into days a year, and into money. They are printed "
        "beside every figure that rests on them.",
    )
    title = TITLES[Step.ASSUMPTIONS]
    return step_page(request, trial, Step.ASSUMPTIONS, AssumptionsForm, title=title, intro=intro)


@lead_page
def disclosure(request: SignedInRequest, trial: Trial) -> HttpResponse:
    """Ask for the smallest group about which anything is shown."""
    title = TITLES[Step.DISCLOSURE]
    return step_page(request, trial, Step.DISCLOSURE, DisclosureForm, title=title)


@lead_page
def analysis(request: SignedInRequest, trial: Trial) -> HttpResponse:
    """Ask how the result is worked out."""
    intro = (
        "You need not change anything here: the answers that are filled in are sound. They are "
        "part of the plan, so that nobody can choose them later to suit the result.",
    )
    title = TITLES[Step.ANALYSIS]
    return step_page(request, trial, Step.ANALYSIS, AnalysisForm, title=title, intro=intro)
