"""The e-mail that says that something waits: its subject and its words, in one language.

It names no record, no person, no kind of thing and not the coalition: it is read on the way, and on locked screens.
"""

from coalition.i18n import _, in_language, ngettext


def reminder(language: str, number: int, address: str) -> tuple[str, str]:
    """Return subject and text for somebody for whom so many things wait; `address` is the sign-in page, or empty."""
    with in_language(language):
        sentence = ngettext("%(count)s thing waits for you.", "%(count)s things wait for you.", number, count=number)
        paragraphs = [sentence]
        if address:
            paragraphs.append("\n".join((_("Sign in to see it:"), address)))
        paragraphs.append(
            _("This message never says more than that. Under “My account” you choose whether and when you get it.")
        )
        return _("Something waits for you"), "\n\n".join(paragraphs) + "\n"


def trial(language: str) -> tuple[str, str]:
    """Return subject and text of an e-mail that tries out whether e-mail arrives."""
    with in_language(language):
        return _("A trial"), _("This e-mail was sent from the command line to try out whether e-mail arrives.") + "\n"
