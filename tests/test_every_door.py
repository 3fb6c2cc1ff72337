"""One bundle through every door: command line, database, API and dashboard say the same.

The real data where they are, and a synthetic twin that never skips.
"""

import io
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import statsmodels.api as sm
from django.core.management import call_command
from django.test import Client

from measurement import tokens
from measurement.estimation import __main__ as engine
from measurement.models import ApiToken, Role, Trial
from tests.people import make_user
from tests.real_data import TASK_1, write_real_bundle, write_timed_bundle

pytestmark = pytest.mark.django_db


@dataclass(frozen=True)
class Expected:
    """The coefficient of AI on log time, and its HC3 standard error."""

    coefficient: float
    std_error: float


def write_twin(folder: Path) -> Expected:
    """Write a bundle of the same shape as the real data; statsmodels says what it must give."""
    generator = np.random.default_rng(76)
    ai = np.arange(68) < 36
    seconds = np.exp(generator.normal(9.4, 0.6, 68) - 0.4 * ai)
    write_timed_bundle(
        folder, [(bool(one), float(time)) for one, time in zip(ai, seconds, strict=True)]
    )
    fit = sm.OLS(np.log(seconds), sm.add_constant(ai.astype(float))).fit(cov_type="HC3")
    return Expected(float(fit.params[1]), float(fit.bse[1]))


@pytest.fixture(params=["twin", "real"])
def expected(request: pytest.FixtureRequest, tmp_path: Path) -> Expected:
    """Have the bundle written, and what every door must say of it."""
    if request.param == "twin":
        return write_twin(tmp_path / "bundle")
    if not TASK_1.exists():
        pytest.skip("the real data are not beside this checkout (../shared/data)")
    write_real_bundle(tmp_path / "bundle")
    return Expected(-0.397641, 0.136596)


def test_every_door_says_the_same(
    expected: Expected, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = str(tmp_path / "bundle")
    assert engine.main([path, "--json"]) == 0
    of_files = capsys.readouterr().out
    call_command("load_trial", path, stdout=io.StringIO())
    printed = io.StringIO()
    call_command("analyse", "echoes", "--json", stdout=printed)
    assert printed.getvalue() == of_files

    document = json.loads(of_files)
    row = document["estimates"][0]
    assert (row["estimand"], row["standard_errors"]) == ("time_ratio", "HC3")
    assert row["value"] == pytest.approx(np.exp(expected.coefficient), abs=1e-6)
    assert row["std_error"] == pytest.approx(expected.std_error, abs=1e-6)

    trial = Trial.objects.get(slug="echoes")
    served = from_the_api(trial)
    assert {name: served[name] for name in document} == document
    faster = f"Tasks took {1 - np.exp(expected.coefficient):.0%} less time with AI"
    assert faster in from_the_dashboard(trial)


def from_the_api(trial: Trial) -> dict[str, Any]:
    """Return the results as an analyst gets them."""
    analyst = make_user("ann.ladle@example.com", (Role.ANALYST, trial))
    token = tokens.issue(user=analyst, trial=trial, scopes=[ApiToken.Scope.RESULTS], days=1)
    client = Client(headers={"Authorization": f"Bearer {token}"})
    document: dict[str, Any] = client.get(f"/api/v1/trials/{trial.slug}/results/").json()
    return document


def from_the_dashboard(trial: Trial) -> str:
    """Return the page as a lead gets it."""
    client = Client()
    client.force_login(make_user("sam.spoon@example.com", (Role.LEAD, trial)))
    return client.get(f"/trials/{trial.slug}/").content.decode()
