"""What must hold for every page beyond axe's rules. Each check returns what is wrong, in words."""

from pathlib import Path
from typing import Any, Final

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Locator, Page, ViewportSize

ASK: Final = f"const ask = {Path(__file__).with_suffix('.js').read_text().partition(chr(10))[2]};"
WIDE: Final[ViewportSize] = {"width": 1280, "height": 1024}
# A screen of 1280 by 1024 at 400 %: what WCAG 1.4.10 asks pages to bear.
ENLARGED: Final = {"width": 320, "height": 256, "deviceScaleFactor": 4, "mobile": False}
MARGIN: Final = 8
SHOWN: Final[set[str]] = set()
"""Controls whose focus shows in forced colours: the same style on another page shows too."""


def ask(page: Page, question: str, given: Any = None) -> Any:
    """Ask the page one question of accessibility.js."""
    return page.evaluate(f"given => {{ {ASK} return {question}; }}", given)


def reflow(page: Page) -> list[str]:
    """WCAG 1.4.10: at 320 px and at 400 % nothing is lost, and nobody scrolls sideways."""
    page.set_viewport_size({"width": 320, "height": 900})
    narrow = ask(page, "ask.lost()")
    devtools = page.context.new_cdp_session(page)
    devtools.send("Emulation.setDeviceMetricsOverride", ENLARGED)
    enlarged = ask(page, "ask.lost()")
    devtools.send("Emulation.clearDeviceMetricsOverride")
    devtools.detach()
    page.set_viewport_size(WIDE)
    return [*(f"320 px: {text}" for text in narrow), *(f"400 %: {text}" for text in enlarged)]


def text_spacing(page: Page) -> list[str]:
    """WCAG 1.4.12: with readers' own spacing nothing is lost, on a phone neither."""
    found = []
    for width in (1280, 320):
        page.set_viewport_size({"width": width, "height": 900})
        ask(page, "ask.spread(true)")
        found += [f"spaced, {width} px: {text}" for text in ask(page, "ask.lost()")]
    ask(page, "ask.spread(false)")
    page.set_viewport_size(WIDE)
    return found


def axe_rules(page: Page) -> list[str]:
    """Hold axe's rules at two widths, with two that are off unless they are asked for.

    WCAG 2.5.8: targets are 24 px or apart. 2.5.3: names hold the words that are seen.
    """
    more = {name: {"enabled": True} for name in ("target-size", "label-content-name-mismatch")}
    found = []
    for width in (1280, 320):
        page.set_viewport_size({"width": width, "height": 900})
        answer = Axe().run(page, options={"rules": more, "resultTypes": ["violations"]}).response
        found += [
            f"{width} px, {violation['id']}: {node['html']}"
            for violation in answer["violations"]
            for node in violation["nodes"]
        ]
    page.set_viewport_size(WIDE)
    return found


def stillness(page: Page) -> list[str]:
    """Nothing moves for people whom motion makes ill."""
    page.emulate_media(reduced_motion="reduce")
    found = ask(page, "ask.moving()")
    page.emulate_media(reduced_motion="no-preference")
    return list(found)


def purposes(page: Page) -> list[str]:
    """WCAG 1.3.5: fields about people say what they are for."""
    return list(ask(page, "ask.purposeless()"))


def keyboard(page: Page) -> list[str]:
    """WCAG 2.1.1, 2.4.3, 2.4.7, 2.4.11: Tab stops at every control, in order, and it shows."""
    ask(page, "ask.begin()")
    before = ask(page, "ask.stops().map(ask.looks)")
    names = ask(page, "ask.stops().map(ask.name)")
    found: list[str] = []
    last = -1
    for place, name in enumerate(names):
        page.keyboard.press("Tab")
        at, looks, shows = ask(
            page,
            "(one => [ask.stops().indexOf(one), ask.looks(one), ask.shows(one)])"
            "(document.activeElement)",
        )
        if at != place:
            return [*found, f"Tab {place + 1} stops at {at}, not at {name}; before: {last}"]
        if looks == before[place]:
            found.append(f"focus does not show: {name}")
        if not shows:
            found.append(f"focused out of sight: {name}")
        last = at
    return found


def skip_link(page: Page) -> list[str]:
    """WCAG 2.4.1: the first stop skips to the content, and Tab goes on from there."""
    ask(page, "ask.begin()")
    page.keyboard.press("Tab")
    skip = page.locator(".govuk-skip-link:focus")
    if skip.count() != 1 or not _is_seen(skip):
        return ["the first stop is no visible skip link"]
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    outside = "document.activeElement.closest('header, .govuk-back-link, .govuk-skip-link')"
    return ["the skip link does not skip"] if page.evaluate(f"!!{outside}") else []


def forced_colours(page: Page) -> list[str]:
    """Focus is seen at every stop in the few colours that a reader chose."""
    page.emulate_media(forced_colors="active")
    found = []
    builds = ask(page, "ask.stops().map(one => [one.tagName, one.className, one.style.cssText])")
    for place, name in enumerate(ask(page, "ask.stops().map(ask.name)")):
        build = str(builds[place])
        if build in SHOWN:
            continue
        stop = page.evaluate_handle(
            f"place => {{ {ASK} return ask.stops()[place]; }}", place
        ).as_element()
        assert stop
        page.keyboard.press("Shift")  # from here on focus is the keyboard's
        stop.focus()
        focused = _picture(page, stop)
        stop.evaluate("stop => stop.blur()")
        if _picture(page, stop) == focused:
            found.append(f"focus does not show in forced colours: {name}")
        else:
            SHOWN.add(build)
    page.emulate_media(forced_colors="none")
    return found


def errors(page: Page) -> list[str]:
    """WCAG 3.3.1: the summary has the focus; its links lead to fields that say the same."""
    summary = page.locator(".govuk-error-summary")
    found = list(ask(page, "ask.silent()"))
    if not summary.evaluate("summary => summary === document.activeElement"):
        found.append("the error summary has no focus")
    for link in summary.get_by_role("link").all():
        href = link.get_attribute("href") or ""
        link.focus()
        page.keyboard.press("Enter")
        field = page.locator(f"{href}:focus")
        if field.count() != 1 or not ask(page, "ask.shows(document.activeElement)"):
            found.append(f"{link.inner_text()} does not lead to its field")
    return found


def _is_seen(element: Locator) -> bool:
    box = element.bounding_box()
    return bool(box and box["height"] > 1 and box["y"] >= 0)


def _picture(page: Page, stop: Any) -> bytes:
    """Return a picture of a control and what is around it."""
    stop.scroll_into_view_if_needed()
    box = stop.bounding_box()
    assert box, "a stop without a place"
    return page.screenshot(
        clip={
            "x": max(box["x"] - MARGIN, 0),
            "y": max(box["y"] - MARGIN, 0),
            "width": box["width"] + 2 * MARGIN,
            "height": box["height"] + 2 * MARGIN,
        }
    )


CHECKS: Final = (
    reflow,
    text_spacing,
    axe_rules,
    stillness,
    purposes,
    keyboard,
    skip_link,
    forced_colours,
)
"""For every page. `errors` is for pages that show errors, and the first there."""
