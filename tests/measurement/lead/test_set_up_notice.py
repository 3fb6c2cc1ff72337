"""The step of the set-up that publishes the privacy notice."""

import pytest

from measurement import setting_up
from measurement.models import (
    PrivacyNotice,
    Trial,
)
from tests.measurement.lead.setting_up import Lead
from tests.people import publish_notice

pytestmark = pytest.mark.django_db


class TestNotice:
    """The privacy notice."""

    FACTS: dict[str, str] = {  # noqa: RUF012
        "controller": "Department of Teapots",
        "contact": "privacy@teapots.example.com",
        "keep_until_day": "31",
        "keep_until_month": "12",
        "keep_until_year": "2040",
    }

    def test_versions_are_published_and_listed(self, lead: Lead) -> None:
        lead.save("notice/", self.FACTS)
        page = lead.page("notice/")
        assert "Version 1 holds now" in page
        assert 'value="Department of Teapots"' in page
        lead.save("notice/", self.FACTS | {"controller": "Office of Cups"})
        page = lead.page("notice/")
        assert "Office of Cups runs it" in page
        assert "Department of Teapots, " in page
        assert PrivacyNotice.objects.count() == 2

    @pytest.mark.parametrize(
        ("changed", "said"),
        [
            ({"controller": ""}, "Enter who answers for the data"),
            ({"contact": "tea"}, "Enter an email address, like name@example.com"),
            ({"contact": f"{'x' * 300}@example.com"}, "Enter an email address"),
            ({"keep_until_year": "2020"}, "The last day on which data are kept must be today"),
            ({"keep_until_year": ""}, "The last day on which data are kept must include a year"),
        ],
    )
    def test_facts_that_are_refused(self, lead: Lead, changed: dict[str, str], said: str) -> None:
        found = lead.refused("notice/", self.FACTS | changed)
        assert [one[: len(said)] for one in found] == [said]
        assert not PrivacyNotice.objects.exists()

    def test_two_leads_publish_one_version_after_the_other(self, lead: Lead) -> None:
        publish_notice(Trial.objects.get())
        found = lead.refused("notice/", self.FACTS, seen="0")
        assert found[0].startswith("Somebody else changed these answers")


def test_an_unknown_complaint_of_the_notice_is_not_swallowed() -> None:
    with pytest.raises(AssertionError, match="tea"):
        setting_up._notice_fault("tea")
