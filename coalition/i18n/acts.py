"""What the log says, in words: one per act, and one per class of what was shown."""

from collections.abc import Mapping

from coalition.domain.disclosure import FieldClass
from coalition.i18n import L_

ACTS: Mapping[str, str] = {
    "incident.compare": L_("Looked for records of the same incident"),
    "incident.asked": L_("Asked the person again"),
    "incident.begin": L_("Began the record"),
    "incident.save": L_("Changed the record"),
    "incident.submit": L_("Submitted it"),
    "incident.withdraw": L_("Took it back"),
    "incident.take": L_("Took it into review"),
    "incident.put_back": L_("Put it back into the queue"),
    "incident.assign": L_("Gave it to a reviewer"),
    "incident.propose": L_("Proposed a decision"),
    "incident.accept": L_("Accepted it"),
    "incident.return": L_("Returned it with a question"),
    "incident.reject": L_("Did not accept it"),
    "incident.link": L_("Had it counted with another record"),
    "incident.unlink": L_("Had it counted by itself again"),
    "incident.reopen": L_("Took the decision back"),
    "incident.comment": L_("Commented on it"),
    "incident.ask": L_("Asked the organisation about it"),
    "incident.answer": L_("Answered a question about it"),
    "incident.note": L_("Wrote a note for the reviewers"),
    "notice.put_aside": L_("Put aside what waited"),
    "notice.take_up": L_("Took up again what had been put aside"),
    "mail.fail": L_("E-mail could not be sent"),
    "mail.refused": L_("An e-mail was not taken for this address"),
    "mail.try": L_("Tried out whether e-mail arrives"),
    "account.choose_mail": L_("Chose when to be told by e-mail"),
    "incident.discard": L_("Discarded the draft"),
    "incident.withdraw_consent": L_("Took consent back"),
    "consent.prove": L_("Took the proof of consent"),
    "summary.take_off": L_("Its description went off the public pages"),
    "incident.read": L_("Read it"),
    "incident.unseal": L_("Opened identity details"),
    "evidence.add": L_("Added a file"),
    "evidence.describe": L_("Changed the note of a file"),
    "evidence.open": L_("Opened a file"),
    "evidence.remove": L_("Removed a file"),
    "incident.search": L_("Searched in the records"),
    "filter.keep": L_("Saved a filter"),
    "filter.change": L_("Changed a saved filter"),
    "filter.remove": L_("Removed a saved filter"),
    "incident.hold": L_("Locked it against erasing"),
    "incident.lift": L_("Lifted the lock"),
    "incident.erase": L_("Erased it"),
    "incident.list_codes": L_("Listed the codes of a year’s records"),
    "incident.export": L_("Exported it"),
    "incident.print": L_("Made a sheet of it"),
    "incident.copy": L_("Made a copy for the person concerned"),
    "erasure.ask": L_("Asked for its erasure"),
    "erasure.take_back": L_("Took the request to erase it back"),
    "retention.keep": L_("Kept it for longer"),
    "incident.purge": L_("Deleted again what was erased and had come back with a backup"),
    "access.denied": L_("Was refused"),
    "access.token_refused": L_("Sent a form without its token"),
    "account.sign_in": L_("Signed in"),
    "account.first_step": L_("Gave the right password; a second step was still to come"),
    "account.sign_in_failed": L_("Failed to sign in"),
    "account.held_up": L_("Had to wait after too many failed attempts"),
    "account.over_budget": L_("Had to wait after doing something very often"),
    "account.sign_out": L_("Signed out"),
    "account.confirm": L_("Showed again who they are"),
    "account.create": L_("Added a person"),
    "account.change": L_("Changed a person’s details"),
    "account.change_role": L_("Changed a person’s role"),
    "account.ask_admission": L_("Asked for a person, or a wider role, to be confirmed"),
    "account.confirm_admission": L_("Confirmed a person, or a wider role"),
    "account.refuse_admission": L_("Refused a person, or a wider role"),
    "account.withdraw_admission": L_("Took back the request to confirm a person"),
    "account.activate": L_("Restored a person’s access"),
    "account.stop": L_("Stopped a person’s access"),
    "account.change_password": L_("Changed the own password"),
    "account.end_sessions": L_("Ended sessions"),
    "account.invite": L_("Made a one-time link"),
    "account.confirm_link": L_("Confirmed a one-time link as the second person"),
    "account.withdraw_link": L_("Took back a one-time link"),
    "account.accept_invitation": L_("Used a one-time link"),
    "account.add_factor": L_("Added a second factor"),
    "account.remove_factor": L_("Removed a second factor"),
    "account.use_recovery_code": L_("Used a recovery code"),
    "account.renew_recovery_codes": L_("Made new recovery codes"),
    "account.ask_factor_reset": L_("Asked for a second factor to be reset"),
    "account.withdraw_factor_reset": L_("Took back the request to reset a second factor"),
    "account.reset_factor": L_("Reset a second factor, with a second person"),
    "organisation.create": L_("Added an organisation"),
    "organisation.describe": L_("Changed an organisation’s details"),
    "settings.change": L_("Changed settings"),
    "incident.import": L_("Imported incidents from a file"),
    "upload.begin": L_("Sent a spreadsheet to be read"),
    "upload.read": L_("Looked at what the rows of a spreadsheet say"),
    "upload.record": L_("Recorded a spreadsheet"),
    "upload.discard": L_("Threw a spreadsheet away"),
    "upload.take_problems": L_("Downloaded the rows of a spreadsheet that were not recorded"),
    "mapping.save": L_("Kept how a spreadsheet is read"),
    "mapping.forget": L_("Forgot how a spreadsheet is read"),
    "import.request": L_("Asked for a spreadsheet to be worked on"),
    "import.build": L_("Worked on a spreadsheet"),
    "retention.run": L_("Listed records that are due for review"),
    "submission.request": L_("Asked for a submission to be built"),
    "submission.build": L_("Built a submission"),
    "report.request": L_("Asked for a report to be built"),
    "report.build": L_("Built a report"),
    "job.download": L_("Downloaded a file"),
    "summary.publish": L_("Published a year"),
    "summary.withdraw": L_("Took a year off the public pages"),
    "correction.open": L_("A correction became due"),
    "correction.close": L_("Closed a correction"),
    "keys.rotate": L_("Renewed the keys"),
    "keys.reseal": L_("Sealed what is stored anew, with new keys"),
    "keys.mirror": L_("Copied the wrapped keys"),
    "backup.write": L_("Wrote a backup"),
    "log.loss_acknowledged": L_("Acknowledged that entries of the log are lost"),
}
"""Every act that the log knows, by its code: a test holds the list complete."""

_SUBJECTS: Mapping[str, str] = {
    "account": L_("Person"),
    "coalition": L_("Coalition"),
    "correction": L_("Correction"),
    "incident": L_("Incident"),
    "job": L_("Background job"),
    "mapping": L_("Way of reading a spreadsheet"),
    "organisation": L_("Organisation"),
    "page": L_("Page"),
    "publication": L_("Publication"),
    "report": L_("Report"),
    "submission": L_("Submission"),
    "upload": L_("Spreadsheet"),
}

_CLASSES: Mapping[str, str] = {
    FieldClass.NARRATIVE: L_("Account and other texts"),
    FieldClass.IDENTITY: L_("Identity details"),
}


def act_in_words(action: str) -> str:
    """Return an act in the reader's language."""
    return str(ACTS.get(action, action))


def subject_in_words(kind: str) -> str:
    """Return what an act was about in the reader's language."""
    return str(_SUBJECTS.get(kind, kind))


def class_in_words(name: str) -> str:
    """Return a class of what was shown in the reader's language."""
    return str(_CLASSES.get(name, name))
