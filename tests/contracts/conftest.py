"""Says after a run how much bad input was tried."""

from collections import Counter

import pytest


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Add up what the tests of bad input noted."""
    sums: Counter[str] = Counter()
    for report in terminalreporter.getreports("passed") + terminalreporter.getreports("failed"):
        sums.update({name: number for name, number in report.user_properties if name in {"inputs", "forms"}})
    if sums["inputs"]:
        terminalreporter.write_line(f"{sums['inputs']} bad inputs tried on {sums['forms']} forms, addresses and files")
