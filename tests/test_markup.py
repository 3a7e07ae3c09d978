"""The quick reading of pages finds every fault that the strict one finds, and gives the same tree."""

import random
import re
from collections.abc import Callable

import pytest
from html5lib.html5parser import ParseError

from tests import markup
from tests.page import Browser

SOUND = """<!DOCTYPE html>
<html lang="en">
  <head><meta charset="utf-8"><title>A &amp; B</title><script src="/static/a.js" defer></script></head>
  <body>
    <main id="main"><h1>One &lt;two&gt;</h1>
      <p class="lead">Text <a href="/?a=1&amp;b=2">link</a> and <strong>more <em>of it</em></strong>.<br>End.</p>
      <form action="/" method="post"><input type="hidden" name="token" value="x">
        <label for="t">Text</label><textarea id="t" name="t">
first line
second</textarea>
        <select name="s"><option value="1" selected>One</option></select><button type="submit">Go</button></form>
      <ul><li>One</li><li>Two<ul><li>Three</li></ul></li></ul>
      <table><thead><tr><th scope="col">A</th></tr></thead><tbody><tr><td>1</td></tr></tbody></table>
      <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1"><use href="#a"/><text x="1">Drawn</text></svg>
      <dl><dt>A</dt><dd>B</dd></dl><pre>
as it is</pre></main>
  </body>
</html>
"""
FAULTS = {
    "an end tag is missing": ("</strong>", ""),
    "an end tag too many": ("</main>", "</div></main>"),
    "end tags that cross": ("</em></strong>", "</strong></em>"),
    "a block inside of a paragraph": ("<em>of it</em>", "<div>of it</div>"),
    "a paragraph inside of a paragraph": ("<em>of it</em>", "<p>of it</p>"),
    "a link inside of a link": (">link<", '><a href="/">link</a><'),
    "a form inside of a form": ("<label ", '<form action="/"></form><label '),
    "a button inside of a button": (">Go<", "><button>Go</button><"),
    "a heading inside of a heading": ("One &lt;", "<h2>One</h2> &lt;"),
    "an item inside of an item": ("Two<ul>", "<li>Two</li><ul>"),
    "a row outside of a table": ("<ul><li>One", "<tr></tr><ul><li>One"),
    "an element between the rows": ("<tbody>", "<tbody><p>lost</p>"),
    "a block inside of a list to choose from": (">One</option>", "><div>One</div></option>"),
    "an attribute that is there twice": ('class="lead"', 'class="lead" class="lead"'),
    "the same in other letters": ('class="lead"', 'class="lead" CLASS="lead"'),
    "no space between attributes": ('id="t" name', 'id="t"name'),
    "a value that is not closed": ('class="lead"', 'class="lead'),
    "an element that is closed where it begins": ('<p class="lead">', '<p class="lead"/>'),
    "an end tag of what holds nothing": ("<br>", "<br></br>"),
    "a reference to nothing": ("Text <a", "Text &nothing; <a"),
    "a reference without its end": ("&lt;two", "&lttwo"),
    "a reference to no character": ("Text <a", "Text &#0; <a"),
    "a character of control": ("Text <a", "Text \x01 <a"),
    "the character zero": ("Text <a", "Text \0 <a"),
    "a bracket that opens nothing": ("Text <a", "Text < <a"),
    "a question mark that opens nothing": ("Text <a", "Text <?x?> <a"),
    "a comment that does not end": ("Text <a", "Text <!-- <a"),
    "no doctype": ("<!DOCTYPE html>", ""),
    "an older doctype": ("<!DOCTYPE html>", '<!DOCTYPE html PUBLIC "-//W3C//DTD HTML 4.01//EN">'),
    "two heads": ("<body>", "<head></head><body>"),
    "two bodies": ("<main ", "<body><main "),
    "a text before the body": ("<body>", "lost<body>"),
    "a text after the body": ("</html>", "lost</html>"),
    "a text after the page": ("</html>", "</html>lost"),
    "an element after the body": ("</html>", "<p>lost</p></html>"),
    "an element of pages inside of a drawing": ("Drawn", "<p>Drawn</p>"),
}
OUTSIDE = ("/en/", "/en/sign-in")
INSIDE = ("/en/incidents", "/en/incidents/new", "/en/account")


@pytest.fixture(scope="module")
def trained() -> markup.Reader:
    """Give a reader that knows every nesting of a sound page."""
    reader = markup.Reader()
    assert markup.same(reader.read(SOUND), markup.strictly(SOUND))
    return reader


def verdict(read: Callable[[str], markup.Element], page: str) -> markup.Element | str:
    """Return the tree of a page, or the words in which it is refused."""
    try:
        return read(page)
    except ParseError as fault:
        return str(fault)


def agree(one: markup.Element | str, other: markup.Element | str) -> bool:
    """Tell whether two readers say the same."""
    if isinstance(one, str) or isinstance(other, str):
        return one == other
    return markup.same(one, other)


def test_what_was_read_strictly_before_is_read_quickly_and_gives_the_same_tree(trained: markup.Reader):
    before = trained.read_strictly
    again = SOUND.replace("One &lt;two&gt;", "Another &nbsp;title").replace("first line", "\r\nother\rlines")
    assert markup.same(trained.read(again), markup.strictly(again))
    assert trained.read_strictly == before
    assert trained.read(SOUND.replace("<em>", "<i>").replace("</em>", "</i>")) is not None
    assert trained.read_strictly == before + 1


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_refused_whatever_was_read_before(trained: markup.Reader, name: str):
    sound, faulty = FAULTS[name]
    assert SOUND.count(sound) >= 1
    page = SOUND.replace(sound, faulty, 1)
    with pytest.raises(ParseError) as strict:
        markup.strictly(page)
    for _ in range(2):
        with pytest.raises(ParseError) as quick:
            trained.read(page)
        assert str(quick.value) == str(strict.value)


def spoiled(page: str, chance: random.Random) -> str:
    """Return a page with one of its tags taken away, doubled, moved on by one, or made another's."""
    tags = list(re.finditer(r"</?[a-zA-Z][^<>]*>", page))
    number = chance.randrange(1, len(tags) - 1)
    tag, following, other = tags[number], tags[number + 1], chance.choice(tags)
    between = page[tag.end() : following.start()]
    instead = chance.choice(
        ["", tag[0] * 2, other[0], tag[0].replace("</", "<"), tag[0].replace(" ", "  "), tag[0] + other[0]]
    )
    if chance.randrange(4) == 0:
        return page[: tag.start()] + following[0] + between + tag[0] + page[following.end() :]
    return page[: tag.start()] + instead + page[tag.end() :]


def test_pages_of_the_site_that_are_spoiled_anywhere_are_judged_as_by_html5lib(
    client: Browser, signed_in: Callable[[str], Browser]
):
    worker = signed_in("case_worker")
    pages = [client.get(path).html for path in OUTSIDE] + [worker.get(path).html for path in INSIDE]
    reader, chance, refused = markup.Reader(), random.Random(20), 0
    for page in pages:
        assert markup.same(reader.read(page), markup.strictly(page))
    for number in range(60):
        page = spoiled(pages[number % len(pages)], chance)
        strict = verdict(markup.strictly, page)
        assert agree(verdict(reader.read, page), strict), page
        refused += isinstance(strict, str)
    assert 20 < refused < 60
