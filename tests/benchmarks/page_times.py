"""When the pages of a site can be used in a browser on a slow processor: one page of each kind and the largest ones.

    python tests/benchmarks/page_times.py PUBLISHED_FOLDER [RATE]

Chromium slows its processor down by the rate (4 if none is given), as a phone would be. Printed are the milliseconds
from the start of the navigation until the page was parsed and laid out once (`ready`), and until its script had run
and the browser was idle (`idle`): then a click is answered at once. Each is the least of three loads.
"""

import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Page

KINDS = {
    "index.html": 1,
    "changes/*.html": 1,
    "policies/index.html": 1,
    "policies/*/*/index.html": 3,
    "policies/*/*/history-*.html": 1,
    "services/index.html": 1,
    "services/*/index.html": 2,
    "actions/*.html": 3,
    "risk/*/index.html": 1,
    "first-seen/*.html": 1,
    "new/index.html": 1,
    "removed/index.html": 1,
    "undocumented/index.html": 1,
    "feeds.html": 1,
    "about.html": 1,
    "api.html": 1,
    "404.html": 1,
}
"""Pages of each kind, and how many of the largest of them are measured."""
LOADS = 3
IDLE = "() => new Promise(done => requestIdleCallback(() => done(performance.now())))"
READY = "() => performance.getEntriesByType('navigation')[0].domContentLoadedEventEnd"


def times(page: "Page", file: Path) -> tuple[float, float]:
    """Return how many milliseconds a page takes until it is ready, and until the browser is idle."""
    found = []
    for _ in range(LOADS):
        page.goto("about:blank")
        page.goto(file.resolve().as_uri(), wait_until="load")
        idle = float(page.evaluate(IDLE))
        found.append((float(page.evaluate(READY)), idle))
    return min(found, key=lambda pair: pair[1])


def main(folder: str, rate: str = "4") -> None:
    """Measure and print."""
    from playwright.sync_api import sync_playwright

    top, browser_path = Path(folder), shutil.which("chromium") or shutil.which("google-chrome")
    with sync_playwright() as started:
        browser = started.chromium.launch(executable_path=browser_path, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page(viewport={"width": 390, "height": 844})
        page.context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": float(rate)})
        for kind, count in KINDS.items():
            for file in sorted(top.glob(kind), key=lambda file: -file.stat().st_size)[:count]:
                ready, idle = times(page, file)
                elements = page.evaluate("document.getElementsByTagName('*').length")
                shown = f"ready {ready:6.0f} ms  idle {idle:6.0f} ms  {elements:6,} elements  {file.relative_to(top)}"
                sys.stdout.write(f"{shown}\n")
        browser.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
