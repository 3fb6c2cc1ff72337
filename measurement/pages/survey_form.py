"""The weekly survey as a form."""

from collections.abc import Sequence
from typing import Any, Final

from django import forms
from django.utils.translation import gettext, pgettext
from django.utils.translation import gettext_lazy as _

from measurement.models.survey_response import MAX_COMMENT_LENGTH
from measurement.pages.fields import LinesField
from measurement.wording import minutes

Band = tuple[float, float | None]

SCORES: Final = [(str(score), str(score)) for score in range(11)]


_SCORE: Final[dict[str, Any]] = {
    "choices": SCORES,
    "required": False,
    "error_messages": {"invalid_choice": _("Select a number from 0 to 10, or leave it out")},
}


class SurveyForm(forms.Form):
    """Minutes that AI saved, in the trial's bands, two scores, and whatever else there is to say.

    `bands`: those of the trial, minutes from and to, to None for the open one.
    """

    band = forms.ChoiceField(
        label=_("On an average working day this week, how much time did AI save you?"),
        help_text=_("Your own impression. Select no time if you did not use AI."),
        error_messages=dict.fromkeys(
            ("required", "invalid_choice"), _("Select how much time AI saved you")
        ),
    )
    satisfaction = forms.ChoiceField(
        label=_("How satisfied are you with AI for your work? (optional)"),
        help_text=_("0 is not at all, 10 is completely."),
        **_SCORE,
    )
    recommend = forms.ChoiceField(
        label=_("Would you recommend it to a colleague? (optional)"),
        help_text=_("0 is not at all, 10 is certainly."),
        **_SCORE,
    )

    comment = LinesField(
        label=_(
            "Is there anything else you want to tell us about AI in your work this week? (optional)"
        ),
        help_text=_("Analysts of the trial can read it. Do not include names or personal details."),
        required=False,
        max_length=MAX_COMMENT_LENGTH,
        error_messages={"max_length": _("What you tell us must be 1,000 characters or less")},
    )

    wave = forms.CharField(widget=forms.HiddenInput, required=False, max_length=20)

    def __init__(self, data: Any = None, *, bands: Sequence[Band], wave: str) -> None:
        super().__init__(data, initial={"wave": wave})
        self.open_wave = wave
        self.bands = bands
        self.fields["band"].choices = [  # type: ignore[attr-defined]
            (str(place), _words(band, below=bands[:place])) for place, band in enumerate(bands)
        ]

    @property
    def is_of_open_wave(self) -> bool:
        """Whether the page was about the week that is asked about now."""
        return self.cleaned_data["wave"] in ("", self.open_wave)

    def show_new_wave(self) -> None:
        """Say that another week is asked about by now; sent again, the answers are of that."""
        self.data = dict(self.data.items()) | {"wave": self.open_wave}
        self.add_error(
            None,
            _(
                "The survey of the week that this page was about has closed, and the next one is "
                "open. Check your answers, then send them for the new week"
            ),
        )

    def answers(self) -> dict[str, Any]:
        """Return what was chosen, for surveying.py. Call it on a valid form."""
        chosen = self.cleaned_data
        return {
            "band": self.bands[int(chosen["band"])],
            "satisfaction": _score(chosen["satisfaction"]),
            "recommend": _score(chosen["recommend"]),
            "comment": chosen["comment"],
        }


def _words(band: Band, below: Sequence[Band]) -> str:
    low, high = band
    if high is None:
        shared = any(end == low for _, end in below)
        words = gettext("More than %(minutes)s") if shared else gettext("%(minutes)s or more")
        return words % {"minutes": minutes(low)}
    if high == 0:
        return gettext("No time")
    if low == high:
        return minutes(low)
    words = pgettext("lengths of time", "%(low)s to %(high)s")
    return words % {"low": f"{low:g}", "high": minutes(high)}


def _score(chosen: str) -> int | None:
    return int(chosen) if chosen else None
