"""Accessibility as axe-core judges it: WCAG 2.2 A and AA, and what its authors call best practice.

The package axe-playwright-python holds axe-core itself, so nothing is loaded from outside.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from playwright.sync_api import Page

_RUN = """async within => {
    const rules = { region: { enabled: false } };  // landmarks are the page's, not an output's
    const { body } = document, { overflow } = body.style;
    // JupyterLab's body has no height and hides what flows over: axe-core would take all in it for invisible
    body.style.overflow = 'visible';
    let results;
    try {
        results = await axe.run({ include: [within] }, { rules });
    } finally {
        body.style.overflow = overflow;
    }
    const found = groups => groups.flatMap(({ id, impact, help, nodes }) =>
        nodes.map(({ html, target, any, all, none }) => ({
            id, impact, help, html: html.slice(0, 300), target: target.join(' '),
            why: [...any, ...all, ...none].map(({ message }) => message).join('; '),
        })));
    const { violations, incomplete, passes } = results;
    return { violations: found(violations), incomplete: found(incomplete), passes: found(passes) };
}"""


def examine(page: Page, within: str) -> dict[str, list[dict[str, Any]]]:
    """Return what axe-core finds in the elements *within* selects: `violations`, `incomplete` (undecided) and `passes`.

    Each finding has `id` (the rule), `impact`, `help`, `html`, `target` (a selector) and `why`.
    """
    from axe_playwright_python.base import AXE_SCRIPT

    if not page.evaluate("() => 'axe' in window"):
        page.evaluate(AXE_SCRIPT)
    found: dict[str, list[dict[str, Any]]] = page.evaluate(_RUN, within)
    return found


def violations(page: Page, within: str) -> list[str]:
    """Return one line for each violation of serious or critical impact in the elements *within* selects.

    A selector that selects nothing is an error of axe-core's, so an empty list says that something was looked at.
    """
    return [
        f"{found['id']} ({found['impact']}): {found['why'] or found['help']}: {found['html']}"
        for found in examine(page, within)["violations"]
        if found["impact"] in {"serious", "critical"}
    ]
