"""Reading HTML strictly, and quickly where the same was read strictly before.

html5lib refuses what a browser would repair, and takes longer over a page than the site takes to make it. How it judges
a tag follows from the tag and from the elements that are open around it, as long as every element is closed by an end
tag of its own, after all that stands inside of it. So markup that is written so plainly is read by a short reader of
our own, and each of its nestings, the chains of open elements, is looked up: where html5lib has accepted them all
before, on pages of which our tree was the same as its tree, ours is good. Everything else is read by html5lib.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from html import unescape
from xml.etree.ElementTree import Element, TreeBuilder

import html5lib
from html5lib._inputstream import invalid_unicode_re

SVG = "http://www.w3.org/2000/svg"
IN_SVG = {"xmlns": "{http://www.w3.org/2000/xmlns/}xmlns", "xlink:href": "{http://www.w3.org/1999/xlink}href"}
"""Attributes that have a namespace of their own inside of a drawing."""
VOID = frozenset(["area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"])
RAW = frozenset(["iframe", "noembed", "noframes", "plaintext", "script", "style", "xmp"])
"""Elements whose text is read by rules of its own."""
DROPS_A_LINE_BREAK = frozenset({"listing", "pre", "textarea"})
"""Elements whose text does not begin with the line break after their start tag."""
SPACE = " \t\n\f"

BEGIN = re.compile(rf"[{SPACE}]*<!DOCTYPE html>[{SPACE}]*")
END = re.compile(rf"</body>([{SPACE}]*)</html>([{SPACE}]*)\Z")
TOKEN = re.compile(
    rf"<([a-z][a-zA-Z0-9]*)((?:[{SPACE}]+[a-zA-Z:-]+(?:=\"[^\"]*\")?)*)[{SPACE}]*(/?)>"
    r"|</([a-z][a-zA-Z0-9]*)>"
    r"|([^<]+)"
)
ATTRIBUTE = re.compile(rf"[{SPACE}]+([a-zA-Z:-]+)(?:=\"([^\"]*)\")?")
UNUSUAL = re.compile(r"&(?!(?:amp|lt|gt|quot|nbsp|#34|#39);)|\0")
"""A reference to another character than the usual ones, and what is no character."""


class NotPlain(Exception):
    """The markup is not written plainly: only html5lib can say whether it is right."""


@dataclass
class Nesting:
    """A chain of open elements, and the longer ones that begin with it."""

    right: bool = False
    inside: dict[str, "Nesting"] = field(default_factory=dict)

    def with_one_more(self, name: str) -> "Nesting":
        """Return the chain that has one more element."""
        return self.inside.get(name) or self.inside.setdefault(name, Nesting())


@dataclass
class Reader:
    """Reads pages, and remembers which nestings were right."""

    known: Nesting = field(default_factory=Nesting)
    read_strictly: int = 0

    def read(self, html: str) -> Element:
        """Return the tree of a page as html5lib makes it. Raises html5lib's ParseError."""
        try:
            tree, new = plainly(html, self.known)
        except NotPlain:
            return self._strictly(html)
        if not new:
            return tree
        found = self._strictly(html)
        if same(found, tree):
            for nesting in new:
                nesting.right = True
        return found

    def _strictly(self, html: str) -> Element:
        self.read_strictly += 1
        return strictly(html)


READER = Reader()
"""Reads every page of this process, and so knows more with each."""


def parsed(html: str) -> Element:
    """Return the tree of a page. Raises html5lib's ParseError for whatever a browser would repair."""
    return READER.read(html)


def strictly(html: str) -> Element:
    """Return the tree that html5lib makes of a page. Raises its ParseError."""
    tree: Element = html5lib.HTMLParser(strict=True, namespaceHTMLElements=False).parse(html)
    return tree


def same(one: Element, other: Element) -> bool:
    """Tell whether two trees are the same to the last space."""
    return (
        (one.tag, one.attrib, one.text or "", one.tail or "")
        == (other.tag, other.attrib, other.text or "", other.tail or "")
        and len(one) == len(other)
        and all(map(same, one, other))
    )


def plainly(html: str, known: Nesting) -> tuple[Element, list[Nesting]]:
    """Return the tree of a page that is written plainly, and those of its nestings that were never right before.

    Raises NotPlain.
    """
    html = html.replace("\r\n", "\n").replace("\r", "\n")
    begin, end = BEGIN.match(html), END.search(html)
    if not begin or not end or UNUSUAL.search(html) or invalid_unicode_re.search(html):
        raise NotPlain
    plain = _Plain(known)
    for name, attributes, closed, ended, text in tokens(html[begin.end() : end.start()]):
        if text:
            plain.text(text)
        elif ended:
            plain.end(ended)
        else:
            plain.start(name, attributes, closed)
    return plain.ended_with(end[1] + end[2]), plain.new


def tokens(html: str) -> Iterator[tuple[str, ...]]:
    """Yield the parts of every start tag, end tag and text. Raises NotPlain where there is anything else."""
    place = 0
    for token in TOKEN.finditer(html):
        if token.start() != place:
            raise NotPlain
        place = token.end()
        yield token.groups("")
    if place != len(html):
        raise NotPlain


@lru_cache(10_000)
def attributes_of(text: str, *, drawn: bool) -> dict[str, str]:
    """Return the attributes of a start tag. Raises NotPlain when one is there twice."""
    found = ATTRIBUTE.findall(text)
    name_of = (lambda name: IN_SVG.get(name, name)) if drawn else str.lower
    known = {name_of(name): unescape(value) for name, value in found}
    if len(known) != len(found):
        raise NotPlain
    return known


class _Plain:
    """Makes the tree of a page from its tags and texts."""

    def __init__(self, known: Nesting) -> None:
        self.new: list[Nesting] = []
        self._tree = TreeBuilder()
        self._open: list[tuple[str, str, Nesting]] = [("", "", known)]
        """Name and tag of every open element, and the nesting that ends with it."""
        self._outline: list[str] = []
        self._after = ""

    def start(self, name: str, attributes: str, closed: str) -> None:
        """Open an element, and close it if it can hold nothing."""
        _, above, nesting = self._open[-1]
        drawn = name == "svg" or above.startswith("{")
        tag = f"{{{SVG}}}{name}" if drawn else name
        if len(self._open) <= 2:
            self._outline.append(name)
        self._tree.start(tag, dict(attributes_of(attributes, drawn=drawn)))
        self._open.append((name, tag, self._noted(nesting.with_one_more(name))))
        self._after = name
        if closed and not drawn and name not in VOID:
            raise NotPlain
        if closed or (name in VOID and not drawn):
            self.end(name)

    def _noted(self, nesting: Nesting) -> Nesting:
        if not nesting.right:
            self.new.append(nesting)
        return nesting

    def end(self, name: str) -> None:
        """Close the element that was opened last. Raises NotPlain when it is another one."""
        opened, tag, _ = self._open.pop()
        if opened != name or name in {"html", "body"}:
            raise NotPlain
        self._tree.end(tag)
        self._after = ""

    def text(self, text: str) -> None:
        """Add a text; between the elements of the page itself, space is all there may be, and counts after the head."""
        name, _, nesting = self._open[-1]
        after, self._after = self._after, ""
        if text.strip(SPACE):
            self._noted(nesting.with_one_more("#text"))
            if name in RAW or name in {"", "html"}:
                raise NotPlain
        elif name == "" or (name == "html" and self._outline[-1] == "html"):
            return
        if after in DROPS_A_LINE_BREAK:
            text = text.removeprefix("\n")
        self._tree.data(unescape(text))

    def ended_with(self, space: str) -> Element:
        """Close body and page; the space behind them counts to the body. Raises NotPlain for another outline."""
        if [name for name, _, _ in self._open] != ["", "html", "body"] or self._outline != ["html", "head", "body"]:
            raise NotPlain
        self._tree.data(space)
        self._tree.end("body")
        self._tree.end("html")
        return self._tree.close()
