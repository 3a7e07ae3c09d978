"""Let the scanner Wapiti attack a demonstration of this checkout, as a stranger and signed in.

Exits with 1 when it finds anything of medium severity or above, with 2 when it could not be installed or run. The
scanner lives in an environment of its own, `build/scanner`; the demonstration in a folder that is thrown away.

What asks the scanner's own server on the internet is left out (ssrf, xxe, log4shell, spring4shell), and so is what
looks for products that this is none of (nikto, cms, ldap, shellshock and their like).
"""

import json
import os
import re
import subprocess
import sys
import tempfile
import time
import urllib.parse
import urllib.request
from collections import Counter
from collections.abc import Iterator
from http.cookiejar import CookieJar
from pathlib import Path
from typing import Any

from deploy.demonstration import Demonstration, Login

ENVIRONMENT = Path("build/scanner")
WAPITI = "wapiti3>=3.2,<4"
MODULES = (
    "backup,cookieflags,crlf,csp,csrf,exec,file,htaccess,http_headers,methods,permanentxss,redirect,sql,timesql,"
    "upload,xss"
)
PEOPLE = ("", "worker@", "coordinator@", "administrator@")
"""A stranger, and how the addresses of the demonstration's people begin, or go on after the organisation."""
MEDIUM = 2
SEVERITIES = ("information", "low", "medium", "high", "critical")
SECONDS = int(os.environ.get("SECONDS_EACH", "900"))
"""For each person."""
LEFT_ALONE = ("*/sign-out", "*/account/sessions*", "static/*")
"""What would end the scanner's own session, and what is only files."""


class Target(Demonstration):
    """The demonstration, with what the scanner has to send to be taken for one of its people."""

    def cookie_of(self, who: str) -> str:
        """Sign somebody in, or only open a page as a stranger; returns what their browser sends from then on.

        The scanner sends this and takes no other: a token of a form is good for one session only, and without its own
        the scanner would measure nothing but refusals.
        """
        jar = CookieJar()
        browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(jar))
        address = f"{self.address}/en/sign-in"
        if who:
            self._sign_in(browser, address, self.login(who), who)
        else:
            browser.open(address)
        return "; ".join(f"{cookie.name}={cookie.value}" for cookie in jar)

    def _sign_in(self, browser: urllib.request.OpenerDirector, address: str, login: Login, who: str) -> None:
        form = {"email": login.email, "password": login.password}
        while urllib.parse.urlsplit(address).path.startswith("/en/sign-in"):
            page = browser.open(address).read().decode()
            token = re.search(r'name="csrf_token"[^>]* value="([^"]+)"', page)
            sent = urllib.parse.urlencode({**form, "csrf_token": token[1] if token else ""}).encode()
            went_to = browser.open(address, sent).geturl()
            if went_to == address:
                sys.exit(f"{login.email} could not sign in")
            address, form = went_to, {"code": self.login(who).code}


def installed() -> str:
    """Install the scanner if need be; returns its path."""
    program = ENVIRONMENT / "bin" / "wapiti"
    if not program.exists():
        print("Installing the scanner")
        subprocess.run([sys.executable, "-m", "venv", "--clear", str(ENVIRONMENT)], check=True)
        pip = [str(ENVIRONMENT / "bin" / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        if subprocess.run([*pip, WAPITI], check=False).returncode:
            print("Wapiti could not be installed: is there a network?", file=sys.stderr)
            sys.exit(2)
    return str(program.resolve())


def scan(program: str, demo: Target, cookie: str, folder: Path) -> dict[str, Any]:
    """Attack; returns the scanner's report."""
    report = folder / "report.json"
    start = [
        f"{demo.address}/en/{page}" for page in ("", "incidents/new", "reviews", "submissions", "organisations/new")
    ]
    command = [program, "--url", start[0], "--module", MODULES, "--scope", "domain", "--format", "json"]
    command += ["--output", str(report), "--store-session", str(folder / "session"), "--flush-session"]
    command += ["--depth", "6", "--max-links-per-page", "40", "--max-files-per-dir", "25"]
    command += ["--max-scan-time", str(SECONDS), "--max-attack-time", str(SECONDS // 8)]
    command += ["--no-bugreport", "--tasks", "4", "--timeout", "30", "--level", "2", "--verbose", "0"]
    command += [word for page in start[1:] for word in ("--start", page)]
    command += [word for page in LEFT_ALONE for word in ("--exclude", f"{demo.address}/{page}")]
    command += ["--header", f"Cookie: {cookie}"]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    if not report.exists():
        print(done.stdout[-2000:], done.stderr[-2000:], file=sys.stderr)
        sys.exit(2)
    read: dict[str, Any] = json.loads(report.read_text(encoding="utf-8"))
    return read


_MISREAD = "is not properly checked in backend"
"""What the scanner says of every form: it repeats the sound request with its content type named twice, which no server
reads as a form, and takes the two refusals that it then compares for one answer. A form without any token is still
found; that each token is checked is shown address by address in tests/web/test_security.py."""


def findings(report: dict[str, Any]) -> Iterator[tuple[int, str]]:
    """Yield the severity and words of everything that was found."""
    for kind in ("vulnerabilities", "anomalies"):
        for category, found in report[kind].items():
            for one in (one for one in found if _MISREAD not in one["info"]):
                yield one["level"], f"{category}: {one['method']} {one['path']}: {one['info']}"


def main() -> None:
    """Scan as each person, and say what was found."""
    program, worst = installed(), 0
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        demo = Target(folder)
        with demo.served():
            for who in PEOPLE:
                begun = time.monotonic()
                report = scan(program, demo, demo.cookie_of(who), folder)
                found = sorted(set(findings(report)), reverse=True)
                counts = Counter(level for level, _ in found)
                told = ", ".join(f"{counts[level]} {name}" for level, name in reversed(list(enumerate(SEVERITIES))))
                pages = report["infos"].get("crawled_pages_nbr", "?")
                print(f"{who or 'a stranger'}: {pages} pages in {time.monotonic() - begun:.0f} s; {told}")
                for level, words in found:
                    print(f"  {SEVERITIES[level]}: {words}")
                worst = max([worst, *counts])
    sys.exit(1 if worst >= MEDIUM else 0)


if __name__ == "__main__":
    main()
