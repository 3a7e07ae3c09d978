"""The e-mail as a file: Python's own parser reads back what was put in, whatever the coalition is called."""

from email import message_from_bytes
from email.header import decode_header, make_header
from email.policy import compat32, default
from email.utils import getaddresses

import pytest

from coalition.documents.message_file import Attachment, Envelope, is_address, message_file

NAMES = [
    "Hate Crime Recording Coalition",
    "Коалиция за регистриране на престъпления от омраза „Заедно“, София и още едно име, което не се побира на ред",
    'Ένωση, "Μαζί" (Αθήνα) <όλοι>',
    "Ատելության հանցագործությունների գրանցման կոալիցիա",
    "კოალიცია სიძულვილის დანაშაულის წინააღმდეგ",
    "ائتلاف لتسجيل جرائم الكراهية",
    "Société; Nord",
]
FILES = (
    Attachment("submission.xlsx", bytes(range(256)) * 300),
    Attachment("incidents.csv", 'Дата,b\r\n1,"=2\n3"\n.\n--=_\n'.encode()),
    Attachment("писмо с интервал.pdf", b"%PDF-1.7\n--=_\n"),
    Attachment("manifest.sig", b"c2ln\n"),
)


@pytest.mark.parametrize("name", NAMES)
def test_it_is_read_back_whole(name: str) -> None:
    words = f"Dear colleagues,\n\n{name}\n.\nFrom us. " + "A long line. " * 100
    envelope = Envelope("tndinfo@odihr.pl", f"HCR 2024 ({name})", words, "office@coalition.example", name)
    raw = message_file(envelope, FILES)
    assert raw == message_file(envelope, FILES)
    # RFC 5322, 2.1.1 and 2.3: line ends of two characters, no line of more than 998.
    assert b"\n" not in raw.replace(b"\r\n", b"")
    assert max(map(len, raw.split(b"\r\n"))) <= 998
    read = message_from_bytes(raw, policy=default)
    assert read.defects == []
    assert str(make_header(decode_header(message_from_bytes(raw, policy=compat32)["Subject"]))) == envelope.subject
    assert read["Subject"] == envelope.subject
    assert [address.addr_spec for address in read["To"].addresses] == ["tndinfo@odihr.pl"]
    assert read["X-Unsent"] == "1"
    assert read["Date"] is read["Message-ID"] is None
    assert read.get_body().get_content().replace("\r\n", "\n") == words.strip() + "\n"
    attached = list(read.iter_attachments())
    assert [(one.get_filename(), one.get_payload(decode=True)) for one in attached] == [
        (file.name, file.content) for file in FILES
    ]
    assert [part.defects for part in read.walk() if part.defects] == []
    # The newer policy puts spaces between the pieces of a long name, which RFC 2047 (6.2) forbids.
    [(sender, address)] = getaddresses([message_from_bytes(raw, policy=compat32)["From"]])
    assert (str(make_header(decode_header(sender))), address) == (name, "office@coalition.example")


def test_no_header_can_be_written_by_what_stands_in_a_name() -> None:
    name = "Coalition\r\nBcc: everybody@example.org\n\nX: "
    read = message_from_bytes(
        message_file(Envelope("a@example.org", f"HCR ({name})", "x", "b@example.org", name), FILES[:1]), policy=default
    )
    assert sorted(read.keys()) == ["Content-Type", "From", "MIME-Version", "Subject", "To", "X-Unsent"]


@pytest.mark.parametrize("text", ["", "+359 2 000 000", "Ask us: a@b.cc", "a@b", "a@b.cc, c@d.ee", "ана@пример.бг"])
def test_what_is_no_plain_address_is_left_to_the_person_who_sends_it(text: str) -> None:
    assert not is_address(text)
    read = message_from_bytes(message_file(Envelope(text, "HCR", "x", text), ()), policy=default)
    assert (read["To"], read["From"], read["Subject"]) == (None, None, "HCR")
