"""The page on which chance decides who is assigned to what."""

from collections.abc import Callable, Sequence
from typing import Any, Final

from django.contrib import messages
from django.forms import BaseForm
from django.http import HttpResponse
from django.shortcuts import redirect, render

from measurement import drawing
from measurement.access import SignedInRequest
from measurement.drawing import Changed
from measurement.estimation.allocation import CannotDraw
from measurement.lead import draw_words
from measurement.lead.draw_forms import (
    MORE,
    ConfirmForm,
    DatesForm,
    RedrawForm,
    dates_asked,
    typed_dates,
)
from measurement.lead.lead_page import lead_page
from measurement.models import Draw, PlanLock, Trial

PROPOSE: Final = "propose"
CONFIRM: Final = "confirm"
REDRAW: Final = "redraw"
"""The buttons, whose value is the number of the draw that they are about."""
PROPOSED: Final = "A draw is proposed. Nobody is assigned yet"
ASSIGNED: Final = "Everybody in the draw is assigned"


@lead_page
def randomise(request: SignedInRequest, trial: Trial) -> HttpResponse:
    """Show what chance would decide or has decided; a POST proposes, confirms or draws again."""
    page = _Page(request, trial)
    if request.method == "POST" and MORE not in request.POST:
        return page.act()
    return page.shown()


class _Page:
    """One request to the page: the proposal that waits, and the forms about it."""

    def __init__(self, request: SignedInRequest, trial: Trial) -> None:
        self.request, self.trial = request, trial
        self.why_not = drawing.why_not(trial)
        self.draw = drawing.open_draw(trial)
        posted = request.POST
        known: Sequence[Any] = typed_dates(posted)
        if not known and self.draw:
            known = drawing.steps_of(self.draw)
        has_dates = trial.design["kind"] == "stepped_wedge"
        self.dates = dates_asked(len(known), more=MORE in posted) if has_dates else 0
        self.propose_form = DatesForm(dates=self.dates, known=known)
        self.redraw_form = RedrawForm(
            dates=self.dates, known=known, reason=posted.get("reason", "")
        )
        self.confirm_form: BaseForm = ConfirmForm()
        self.sent: BaseForm | None = None

    def act(self) -> HttpResponse:
        """Do what the button says, and show what came of it."""
        posted = self.request.POST
        if CONFIRM in posted:
            self.sent = self.confirm_form = ConfirmForm(posted)
            return self._answer(self.sent, self._confirm, ASSIGNED)
        if REDRAW in posted:
            self.sent = self.redraw_form = RedrawForm(posted, dates=self.dates)
            return self._answer(self.sent, self._redraw, PROPOSED)
        self.sent = self.propose_form = DatesForm(posted, dates=self.dates)
        return self._answer(self.sent, self._propose, PROPOSED)

    def _answer(self, form: BaseForm, act: Callable[[], Draw], done: str) -> HttpResponse:
        if form.is_valid():
            try:
                act()
            except Changed as reason:
                messages.warning(self.request, str(reason))
                return redirect("randomise", self.trial.slug)
            except CannotDraw as reason:
                form.add_error(None, str(reason))
            else:
                messages.success(self.request, done)
                return redirect("randomise", self.trial.slug)
        return self.shown(status=422)

    def _propose(self) -> Draw:
        steps = self.propose_form.steps()
        return drawing.propose(trial=self.trial, by=self.request.user, steps=steps)

    def _confirm(self) -> Draw:
        number = self._number(CONFIRM)
        return drawing.confirm(trial=self.trial, number=number, by=self.request.user)

    def _redraw(self) -> Draw:
        return drawing.redraw(
            trial=self.trial,
            number=self._number(REDRAW),
            by=self.request.user,
            reason=self.redraw_form.cleaned_data["reason"],
            steps=self.redraw_form.steps(),
        )

    def _number(self, button: str) -> int:
        """Return the draw that the page showed when the button was pressed; 0 for none."""
        given = self.request.POST[button]
        return int(given) if given.isascii() and given.isdecimal() and len(given) < 9 else 0

    def shown(self, status: int = 200) -> HttpResponse:
        """Return the page."""
        form = self.sent or self.redraw_form
        draws = Draw.objects.filter(trial=self.trial).defer("lots", "people").order_by("-number")
        context: dict[str, Any] = {
            "trial": self.trial,
            "here": "randomise",
            "form": form,
            "why_not": self.why_not,
            "is_set_up": not self.why_not or PlanLock.objects.filter(trial=self.trial).exists(),
            "words": draw_words,
            "draw": self.draw,
            "propose_form": self.propose_form,
            "confirm_form": self.confirm_form,
            "redraw_form": self.redraw_form,
            "draws": [draw for draw in draws if not draw.is_open],
            **self._state(),
        }
        return render(self.request, "lead/randomise.html", context, status=status)

    def _state(self) -> dict[str, Any]:
        if self.why_not:
            return {}
        design = self.trial.definition().design
        return {
            "sentences": draw_words.what_is_drawn(design),
            "changed": self.draw is not None and drawing.has_changed(self.draw),
            "prospect": None if self.draw else drawing.prospect(self.trial),
        }
