"""Acts at the same moment: what two requests do that arrive together."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier


def at_once(*acts: Callable[[], object]) -> list[object]:
    """Run acts at the same moment; returns what each came to, the class of its error where it failed."""
    start = Barrier(len(acts))

    def run(act: Callable[[], object]) -> object:
        start.wait()
        try:
            return act()
        except Exception as error:  # noqa: BLE001 - whatever it is, the test looks at it
            return type(error)

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(run, acts))
