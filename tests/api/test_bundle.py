from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from django.test import Client

from measurement import bundles
from measurement.estimation.bundle import Bundle, read_bundle
from measurement.models import Role
from tests.api.conftest import Team, make_log, make_survey_response

ADDRESS = "/api/v1/trials/tea/bundle/"


@pytest.fixture
def downloaded(tea: Team, client_of: Callable[..., Client], tmp_path: Path) -> Path:
    make_log(tea.participant, "k", minutes=1 / 3)
    make_survey_response(tea.colleague)
    response = client_of(tea, Role.ANALYST, "records").get(ADDRESS)
    assert response["Content-Type"] == "application/zip"
    assert response["Content-Disposition"] == 'attachment; filename="tea.zip"'
    content = b"".join(response)
    assert int(response["Content-Length"]) == len(content)
    path = tmp_path / "tea.zip"
    path.write_bytes(content)
    return path


def frames(bundle: Bundle) -> list[pd.DataFrame]:
    return [bundle.participants, bundle.task_logs, bundle.survey_responses]


def test_the_bundle_is_the_trial_as_exported(tea: Team, downloaded: Path) -> None:
    exported, read = bundles.export(tea.trial), read_bundle(downloaded)
    assert read.trial == exported.trial
    for one, other in zip(frames(read), frames(exported), strict=True):
        pd.testing.assert_frame_equal(one, other, check_exact=True)
    assert list(read.task_logs["minutes"]) == [1 / 3]


def test_the_bundle_names_nobody(downloaded: Path) -> None:
    read = read_bundle(downloaded)
    for frame in frames(read):
        assert "@" not in frame.to_csv()
    assert set(read.participants["participant"]) == {"p-1", "p-2"}


def test_no_file_is_left_behind(
    tea: Team, client_of: Callable[..., Client], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    b"".join(client_of(tea, Role.ANALYST, "records").get(ADDRESS))
    assert list(tmp_path.iterdir()) == []
