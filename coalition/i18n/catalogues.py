"""The translators' tool: `python -m coalition.i18n.catalogues extract|check`.

`extract` writes messages.pot from code, templates and code book, and brings every catalogue up to it. `check` fails
when the two have drifted apart, when a catalogue is not complete, or when a translation lost or gained a placeholder
or a tag: a wrong placeholder is a broken page for readers of one language only. Catalogues carry no line numbers and
no dates, so that a change shows only what changed.
"""

import re
import sys
import tomllib
from collections.abc import Iterable, Iterator, Sequence
from io import BytesIO
from pathlib import Path
from typing import Any

from babel.messages import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

from coalition import paths
from coalition.i18n import SOURCE_LANGUAGE, available_languages

_ROOT = paths.TRANSLATIONS.parent
_TEMPLATE = paths.TRANSLATIONS / "messages.pot"
_KEYWORDS: dict[str, Any] = {
    "_": None,
    "L_": None,
    "gettext": None,
    "ngettext": (1, 2),
    "pgettext": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
}
_PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|%%|\{\w*\}")
_TAG = re.compile(r"</?[a-z]+[^>]*>")


def _mappings() -> tuple[list[tuple[str, str]], dict[str, dict[str, Any]]]:
    tables = tomllib.loads((_ROOT / "pyproject.toml").read_text())["tool"]["babel"]["mappings"]
    methods, options = [], {}
    for table in tables:
        patterns = table["pattern"] if isinstance(table["pattern"], list) else [table["pattern"]]
        for pattern in patterns:
            methods.append((pattern, table["method"]))
            options[pattern] = {key: value for key, value in table.items() if key not in {"method", "pattern"}}
    return methods, options


def _is_ours(folder: str) -> bool:
    return not Path(folder).name.startswith((".", "var", "dist", "tests", "deploy"))


_Found = tuple[str | tuple[str, ...], list[str], str | None]
"""A message with its comments and its context."""


def _found() -> Iterator[_Found]:
    methods, options = _mappings()
    found = extract_from_dir(
        str(_ROOT),
        methods,
        options,
        keywords=_KEYWORDS,
        comment_tags=("Translators:",),
        directory_filter=_is_ours,
    )
    for _file, _line, message, comments, context in found:
        yield message, comments, context


def extracted() -> Catalog:
    """Return every message of the product, in a stable order."""
    return _catalogue(_found())


def _catalogue(found: Iterable[_Found]) -> Catalog:
    catalogue = Catalog(project="coalition", charset="utf-8", fuzzy=False)
    for message, comments, context in found:
        catalogue.add(message, auto_comments=comments, context=context)
    return catalogue


def _merged(found: Iterable[_Found]) -> Iterator[str]:
    """Yield every message that is both one text and the singular of another.

    A catalogue keeps one entry for both. In a language that says the number in its singular, as those with a form for
    21 do, the plain text would then be asked for a value that it does not have: a broken page.
    """
    plain, singular = set(), set()
    for message, _comments, context in found:
        if isinstance(message, str):
            plain.add((context or "", message))
        else:
            singular.add((context or "", message[0]))
    for _context, message in sorted(plain & singular):
        yield f"both a text and the singular of another: {message!r}"


def _written(catalogue: Catalog) -> bytes:
    buffer = BytesIO()
    write_po(
        buffer,
        catalogue,
        width=110,
        no_location=True,
        omit_header=False,
        sort_output=True,
        ignore_obsolete=True,
    )
    dated = re.compile(
        rb'^"(POT-Creation-Date|PO-Revision-Date|Generated-By|Last-Translator|Report-Msgid-Bugs-To):.*\n',
        re.MULTILINE,
    )
    lines = dated.sub(b"", buffer.getvalue()).splitlines(keepends=True)
    first = next(number for number, line in enumerate(lines) if line.startswith(b"msgid"))
    return b"".join(lines[first:])


def _catalogue_file(code: str) -> Path:
    return paths.TRANSLATIONS / code / "LC_MESSAGES" / "messages.po"


def _read(code: str) -> Catalog:
    with _catalogue_file(code).open("rb") as file:
        return read_po(file, locale=code)


def _languages() -> tuple[str, ...]:
    return tuple(code for code in available_languages() if code != SOURCE_LANGUAGE)


def extract() -> None:
    """Write messages.pot and bring every catalogue up to it; nothing is guessed, so nothing is fuzzy."""
    template = extracted()
    _TEMPLATE.write_bytes(_written(template))
    for code in _languages():
        catalogue = _read(code)
        catalogue.update(template, no_fuzzy_matching=True)
        catalogue.obsolete.clear()
        _catalogue_file(code).write_bytes(_written(catalogue))


def faults() -> Iterator[str]:
    """Yield everything that is wrong with the catalogues, one line each."""
    found = list(_found())
    yield from _merged(found)
    template = _catalogue(found)
    if not _TEMPLATE.exists() or _TEMPLATE.read_bytes() != _written(template):
        yield "translations/messages.pot is not what the code says: run `make messages`"
    for code in _languages():
        catalogue = _read(code)
        for message in template:
            if message.id:
                yield from (f"{code}: {fault}" for fault in _faults_of(message, catalogue))


def _faults_of(message: Message, catalogue: Catalog) -> Iterator[str]:
    sources = _forms(message.id)
    found = catalogue.get(sources[0], message.context)
    forms = _forms(found.string) if found else []
    if found is None or not forms or not all(forms) or found.fuzzy:
        yield f"not translated: {sources[0]!r}"
        return
    for form in forms:
        yield from _differences(sources, form)


def _forms(text: str | Sequence[str] | None) -> list[str]:
    return [text] if isinstance(text, str) else list(text or ())


def _differences(sources: list[str], form: str) -> Iterator[str]:
    """Compare with the plural: a form for one thing may leave the number out, as English does."""
    allowed = {item for source in sources for item in _PLACEHOLDER.findall(source)}
    needed = set(_PLACEHOLDER.findall(sources[-1])) - {"%(num)s", "%(n)s", "%(count)s", "%(shown)s", "%%"}
    used = set(_PLACEHOLDER.findall(form))
    if not (needed <= used <= allowed | {"%%"}):
        yield f"placeholders differ: {sources[0]!r} -> {form!r}"
    if sorted(_TAG.findall(sources[-1])) != sorted(_TAG.findall(form)):
        yield f"tags differ: {sources[0]!r} -> {form!r}"


def main(arguments: list[str]) -> int:
    """Run one of the two commands; returns the exit status."""
    if arguments == ["extract"]:
        extract()
        return 0
    if arguments == ["check"]:
        found = list(faults())
        sys.stderr.writelines(f"{fault}\n" for fault in found)
        return 1 if found else 0
    sys.stderr.write(f"{__doc__}\n")
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
