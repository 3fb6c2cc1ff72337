"""Pytest plugin (`-p tests.untraced_engine`): no tracer follows the engine but in its own tests.

Coverage leaves the engine out there, but its tracer is still called for each line of the engine and
of pandas below it, which takes as long again as the work itself.
"""

import sys
from collections.abc import Callable
from functools import cache, wraps
from inspect import isfunction, isgeneratorfunction
from typing import Any

ENGINE = "measurement.estimation"
SITE = ("measurement", "dashboards", "trialsite", "tests")
ITS_OWN = (ENGINE, "tests.estimation")


def pytest_collection_finish() -> None:
    """Take the tracer from whatever the site and its tests have imported of the engine."""
    if sys.gettrace() is None:
        return
    for module in list(sys.modules.values()):
        name = module.__name__
        if name.partition(".")[0] in SITE and not name.startswith(ITS_OWN):
            for of_engine in filter(_is_of_engine, list(vars(module).items())):
                setattr(module, of_engine[0], _untraced(of_engine[1]))


def _is_of_engine(named: tuple[str, Any]) -> bool:
    value = named[1]
    return (
        isfunction(value) and value.__module__.startswith(ENGINE) and not isgeneratorfunction(value)
    )


@cache
def _untraced(function: Callable[..., Any]) -> Callable[..., Any]:
    # Off and on in one frame, whose call and return the tracer sees: else it would take the lines
    # that follow for those of another file.
    @wraps(function)
    def called(*arguments: Any, **named: Any) -> Any:
        tracer = sys.gettrace()
        sys.settrace(None)
        try:
            return function(*arguments, **named)
        finally:
            sys.settrace(tracer)

    return called
