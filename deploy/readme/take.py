"""Take the README's pictures: `make pictures`.

Everything on them comes from the demo, loaded into a folder that is thrown away, and from the pages that anybody gets.
"""

import io
import subprocess
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page, ViewportSize, sync_playwright

from deploy.demonstration import Demonstration

HERE = Path(__file__).resolve().parent
CHROMIUM = "/usr/bin/chromium"
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
PHONE: ViewportSize = {"width": 390, "height": 800}
DESK: ViewportSize = {"width": 1200, "height": 860}
YEAR = time.gmtime().tm_year - 1


class Shown(Demonstration):
    """The demonstration, seen through a browser."""

    def page_of(self, browser: Browser, viewport: ViewportSize, who: str = "", language: str = "en") -> Page:
        """Open a window, signed in as one of the demo's people."""
        page = browser.new_context(viewport=viewport, device_scale_factor=1.5).new_page()
        if who:
            login = self.login(who)
            page.goto(f"{self.address}/{language}/sign-in")
            page.fill("[name=email]", login.email)
            page.fill("[name=password]", login.password)
            page.click("main button[type=submit]")
            if page.url.endswith("/second-step"):
                page.fill("[name=code]", self.login(who).code)
                page.click("main button[type=submit]")
        return page


def take(demo: Shown, browser: Browser) -> None:
    """Take the five pictures."""
    worker = demo.page_of(browser, PHONE, "kolelo.worker@example.org")
    worker.goto(f"{demo.address}/en/incidents")
    form = demo.page_of(browser, PHONE, "kolelo.worker@example.org")
    form.goto(f"{demo.address}/en/incidents/new")
    form.fill("[name=date-year]", str(YEAR))
    for _ in range(4):
        form.locator("main form.form button.button--primary").first.click()
    side_by_side([worker.screenshot(), form.screenshot()], HERE / "record.png")

    coordinator = demo.page_of(browser, DESK, "coordinator@example.org")
    coordinator.goto(f"{demo.address}/en/reviews")
    coordinator.locator('main a[href*="/reviews/"]').first.click()
    coordinator.screenshot(path=HERE / "review.png")

    coordinator.goto(f"{demo.address}/en/submissions")
    coordinator.locator(f'main button[name=year][value="{YEAR}"]').first.click()
    coordinator.locator('main a[href*="/files/"]').first.wait_for(timeout=60_000)
    coordinator.screenshot(path=HERE / "submission.png")

    reader = demo.page_of(browser, DESK)
    reader.goto(f"{demo.address}/bg/figures/{YEAR - 1}")
    reader.screenshot(path=HERE / "summary.png")


def print_report(demo: Shown, folder: Path) -> None:
    """Put four pages of the report side by side."""
    report = folder / "report.pdf"
    demo.run("report", "build", str(YEAR - 1), "--language", "en", "--output", str(report))
    subprocess.run(["pdftoppm", "-r", "60", "-png", str(report), str(folder / "page")], check=True)  # our own file  # nosec B607
    pages = [path.read_bytes() for path in sorted(folder.glob("page*.png"))]
    side_by_side([pages[0], pages[2], *pages[5:7]], HERE / "report.png")


def side_by_side(pictures: Sequence[bytes], target: Path) -> None:
    """Put pictures of one height beside each other."""
    images = [Image.open(io.BytesIO(picture)) for picture in pictures]
    gap = 24
    size = (sum(image.width + gap for image in images) + gap, images[0].height + 2 * gap)
    sheet = Image.new("RGB", size, "#ded8cc")
    left = gap
    for image in images:
        sheet.paste(image, (left, gap))
        left += image.width + gap
    sheet.save(target, optimize=True)


def main() -> None:
    """Take all pictures."""
    with tempfile.TemporaryDirectory() as name, sync_playwright() as playwright:
        demo = Shown(Path(name))
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        with demo.served():
            take(demo, browser)
        print_report(demo, Path(name))
        browser.close()


if __name__ == "__main__":
    main()
