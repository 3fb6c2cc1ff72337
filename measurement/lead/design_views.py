"""The pages about the design: its questions, the recommendation, the list, what it needs."""

from functools import partial

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render

from measurement.access import SignedInRequest
from measurement.estimation.design_choice import next_question, recommend
from measurement.lead.design_form import ChooseForm, QuestionForm, answers_in
from measurement.lead.design_words import ANSWERED, DESIGNS, QUESTIONS
from measurement.lead.groups_form import UNITS_OF, GroupsForm, HowManyForm
from measurement.lead.lead_page import lead_page
from measurement.lead.plan_summary import summary_of
from measurement.lead.set_up_words import TITLES
from measurement.lead.step_page import step_page
from measurement.models import PlanLock, Trial
from measurement.plan_words import DESIGNS as NAMES
from measurement.set_up_answers import (
    Step,
    fingerprint,
    is_design_chosen,
    people_take_part,
    stored,
)

TITLE = TITLES[Step.DESIGN]


@lead_page
def design(request: SignedInRequest, trial: Trial) -> HttpResponse:
    """Ask one question after the other; the answers stand in the address until one is chosen."""
    if (fixed := _fixed(trial)) is not None:
        return _show_fixed(request, trial, fixed)
    given = answers_in(request.GET)
    question = next_question(given)
    if question is None:
        return _recommend(request, trial, given)
    asked = request.GET.get("asked") == question
    form = QuestionForm(request.GET if asked else None, question=question, given=given)
    context = {
        "form": form,
        "trial": trial,
        "here": "set_up",
        "given": {name: ANSWERED[said] for name, said in given.items()},
        "title": QUESTIONS[question].words,
        "chosen": NAMES[trial.design["kind"]] if not given and is_design_chosen(trial) else "",
    }
    return render(request, "lead/design_question.html", context, status=422 if form.errors else 200)


@lead_page
def choose(request: SignedInRequest, trial: Trial) -> HttpResponse:
    """Choose from all designs, each with what it can and cannot say."""
    if (fixed := _fixed(trial)) is not None and request.method != "POST":
        return _show_fixed(request, trial, fixed)
    return step_page(request, trial, Step.DESIGN, ChooseForm, title=TITLE)


@lead_page
def groups(request: SignedInRequest, trial: Trial) -> HttpResponse:
    """Ask for what the design needs."""
    kind = trial.design["kind"]
    if kind not in UNITS_OF:
        return redirect("set_up_design", trial.slug)
    if kind == "crossover" and not (trial.starts_on and trial.ends_on):
        messages.info(request, "Enter the dates first: the periods are cut from them.")
        return redirect("set_up_dates", trial.slug)
    if (fixed := _fixed(trial)) is not None and request.method != "POST":
        return _show_fixed(request, trial, fixed)
    how_many = _how_many(request, trial)
    count = how_many.cleaned_data["periods"] if how_many and how_many.is_valid() else None
    context = {"how_many": how_many, "seed": trial.design["seed"], "kind": NAMES[kind]}
    if how_many and how_many.errors:
        context["form"] = how_many
    return step_page(
        request,
        trial,
        Step.GROUPS,
        partial(GroupsForm, periods=count),
        title=TITLES[Step.GROUPS],
        template="lead/groups.html",
        **context,
    )


def _how_many(request: SignedInRequest, trial: Trial) -> HowManyForm | None:
    """Return the question for the number of periods, where the design has some."""
    if trial.design["kind"] != "crossover":
        return None
    asked = request.GET if "periods" in request.GET else None
    return HowManyForm(asked, trial=trial)


def _recommend(request: SignedInRequest, trial: Trial, given: dict[str, bool]) -> HttpResponse:
    found = recommend(given)
    context = {
        "trial": trial,
        "here": "set_up",
        "title": "The design that suits your trial",
        "kind": found.kind,
        "name": NAMES[found.kind],
        "reasons": found.reasons,
        "words": DESIGNS[found.kind],
        "seen": fingerprint(stored(trial, Step.DESIGN)),
        "answers": [(QUESTIONS[name], ANSWERED[said].capitalize()) for name, said in given.items()],
    }
    return render(request, "lead/design_recommendation.html", context)


def _fixed(trial: Trial) -> str | None:
    """Return why the design cannot change any more; None where it can."""
    if PlanLock.objects.filter(trial=trial).exists():
        return "The plan is locked, so who gets AI, and when, cannot change any more."
    if people_take_part(trial):
        return "People take part already, so who gets AI, and when, cannot change any more."
    return None


def _show_fixed(request: SignedInRequest, trial: Trial, why: str) -> HttpResponse:
    rows = summary_of(trial.definition(), (Step.DESIGN, Step.GROUPS))
    context = {"trial": trial, "here": "set_up", "title": TITLE, "why": why, "rows": rows}
    return render(request, "lead/design_fixed.html", context)
