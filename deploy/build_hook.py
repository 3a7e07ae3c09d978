"""Put the templates and the compiled message catalogues inside the wheel.

A checkout keeps `templates/` and `translations/` beside the package; an installed wheel has nothing beside
it. Hatch's own `force-include` would take whole folders, with the sources of the catalogues and an editor's
leftovers; this hook names each file instead, and compiles the catalogues outside the checkout.
"""

import shutil
import tempfile
from pathlib import Path
from typing import Any

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from hatchling.builders.hooks.plugin.interface import BuildHookInterface

TEMPLATE_SUFFIXES = frozenset({".css", ".html", ".svg", ".txt", ".xml"})


class ShippedResources(BuildHookInterface[Any]):
    """Add to a wheel what the package reads at run time and does not contain in a checkout."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Name every file to ship; an editable install reads them where they are."""
        if version == "editable":
            return
        self._compiled = Path(tempfile.mkdtemp(prefix="coalition-catalogues-"))
        root = Path(self.root)
        build_data["force_include"].update(_templates(root / "templates"))
        build_data["force_include"].update(_catalogues(root / "translations", self._compiled))

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        """Remove the compiled catalogues, which the wheel now holds."""
        del build_data, artifact_path
        if version != "editable":
            shutil.rmtree(self._compiled)


def _templates(folder: Path) -> dict[str, str]:
    """Every template, by its place in the wheel; nothing hidden, nothing of another kind."""
    return {
        str(file): f"coalition/templates/{file.relative_to(folder).as_posix()}"
        for file in sorted(folder.rglob("*"))
        if file.suffix in TEMPLATE_SUFFIXES and not file.name.startswith(".")
    }


def _catalogues(folder: Path, compiled: Path) -> dict[str, str]:
    """Every catalogue, compiled: the sources are of no use to an installation."""
    included = {}
    for source in sorted(folder.glob("*/LC_MESSAGES/*.po")):
        place = source.relative_to(folder).with_suffix(".mo")
        target = compiled / place
        target.parent.mkdir(parents=True, exist_ok=True)
        with source.open("rb") as text, target.open("wb") as binary:
            write_mo(binary, read_po(text, locale=place.parts[0]))
        included[str(target)] = f"coalition/translations/{place.as_posix()}"
    return included
