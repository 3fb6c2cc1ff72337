"""Mutation testing of the engine's inference: `make mutation`, or some of its files by name.

mutmut changes the code in one place at a time and runs the tests that reach it: a change that no
test notices is a survivor. It works in a folder of its own, on a copy of the engine and its tests
without the site, so that it neither meets servers nor leaves anything in the tree. Results of all
files go to docs/mutation.md, between its markers; what is written there by hand stays.

Mutants are made inside functions and methods without decorators. Constants of modules and
properties are left to the tests of coverage.
"""

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parent.parent
WORK: Final = ROOT / "var" / "mutation"
TABLE: Final = ROOT / "docs" / "mutation.md"
START, END = "<!-- written by make mutation -->\n", "<!-- end -->\n"
ENGINE: Final = "measurement/estimation"
UNTRACED: Final = "tests/untraced.py"
"""What the engine's tests import from outside of their folder."""
TARGETS: Final = ("always_valid", "disclosure", "estimate", "groups", "inference", "suppression")
TESTED_BESIDES: Final = {"suppression": ("subtraction",)}
"""Test files of other names that are about a file too."""
GOAL: Final = 0.90
# The machine's cores are shared with whoever works at it.
PROCESSES: Final = 2
KILLED_BY: Final = {1: "a failing test", 3: "a failing test", 36: "time", 24: "time", -24: "time"}
SURVIVED: Final = 0

# Examples are few and the same in every run, a failing one is not made simpler, and a slow one is
# no failure: only assertions kill.
CONFTEST: Final = """
from hypothesis import HealthCheck, Phase, settings

settings.register_profile(
    "mutation",
    derandomize=True,
    database=None,
    deadline=None,
    max_examples=25,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
settings.load_profile("mutation")
"""


@dataclass(frozen=True)
class Outcome:
    """What became of the mutants of one file: names of mutants by how they ended."""

    file: str
    killed: tuple[str, ...]
    survived: tuple[str, ...]
    unclear: tuple[str, ...]

    @property
    def mutants(self) -> int:
        """Number of mutants."""
        return len(self.killed) + len(self.survived) + len(self.unclear)

    @property
    def share_killed(self) -> float:
        """Share of the mutants that were killed: 1 where there are none."""
        return len(self.killed) / self.mutants if self.mutants else 1.0


def main(*names: str) -> int:
    """Run mutmut on the named files, or else on all; 1 where too few mutants are killed."""
    shutil.rmtree(WORK, ignore_errors=True)
    lay_out(names or TARGETS)
    mutmut = ["nice", "-n", "10", sys.executable, "-m", "mutmut", "run"]
    subprocess.run([*mutmut, "--max-children", str(PROCESSES)], cwd=WORK, check=True)
    outcomes = [outcome(name) for name in names or TARGETS]
    report = "".join(written(outcomes))
    print(report)
    if not names:
        text = TABLE.read_text()
        before, after = text[: text.index(START) + len(START)], text[text.index(END) :]
        TABLE.write_text(before + report + after)
    return int(any(each.share_killed < GOAL for each in outcomes))


def lay_out(names: Sequence[str]) -> None:
    """Copy the engine and its tests, with settings that need no site."""
    for folder in (ENGINE, "tests/estimation"):
        unwanted = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / folder, WORK / folder, dirs_exist_ok=True, ignore=unwanted)
        for package in Path(folder).parents:
            if package != Path():
                shutil.copy2(ROOT / package / "__init__.py", WORK / package)
    shutil.copy2(ROOT / UNTRACED, WORK / UNTRACED)
    tested = [test for name in names for test in (name, *TESTED_BESIDES.get(name, ()))]
    tests = [f"tests/estimation/test_{test}.py" for test in tested]
    (WORK / "conftest.py").write_text(CONFTEST)
    (WORK / "pyproject.toml").write_text(
        f"""
[tool.pytest.ini_options]
addopts = "--strict-markers -p no:django -p no:cacheprovider"
pythonpath = ["."]
filterwarnings = ["error"]

[tool.mutmut]
source_paths = ["measurement"]
only_mutate = {[f"{ENGINE}/{name}.py" for name in names]}
also_copy = ["conftest.py"]
pytest_add_cli_args_test_selection = {tests}
use_git_change_detection = false
"""
    )


def outcome(name: str) -> Outcome:
    """Read what mutmut stored about the mutants of a file."""
    file = f"{ENGINE}/{name}.py"
    codes = json.loads((WORK / "mutants" / f"{file}.meta").read_text())["exit_code_by_key"]
    return Outcome(
        file=file,
        killed=tuple(mutant for mutant, code in codes.items() if code in KILLED_BY),
        survived=tuple(mutant for mutant, code in codes.items() if code == SURVIVED),
        unclear=tuple(
            mutant for mutant, code in codes.items() if code not in (*KILLED_BY, SURVIVED)
        ),
    )


def written(outcomes: list[Outcome]) -> Iterator[str]:
    """Yield the table and the change of every survivor."""
    yield "\n| file | mutants | killed | survived | not decided | share killed |\n"
    yield "|---|---|---|---|---|---|\n"
    for each in outcomes:
        counts = (each.mutants, len(each.killed), len(each.survived), len(each.unclear))
        numbers = " | ".join(str(count) for count in counts)
        yield f"| {each.file} | {numbers} | {each.share_killed:.1%} |\n"
    yield "\n"
    for each in outcomes:
        for mutant in (*each.survived, *each.unclear):
            yield f"`{mutant.removeprefix('measurement.estimation.')}`\n\n```diff\n"
            yield f"{change(mutant)}\n```\n\n"


def change(mutant: str) -> str:
    """Return the lines that a mutant takes away and puts in."""
    shown = subprocess.run(
        [sys.executable, "-m", "mutmut", "show", mutant],
        cwd=WORK,
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    lines = shown.splitlines()
    return "\n".join(
        line for line in lines if line[:1] in "+-" and not line.startswith(("+++", "---"))
    )


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
