"""What becomes of files: pictures keep pixels, PDF files their pages, recordings their sound, messages their words."""

import io
import struct
import subprocess
import sys
import wave
import zlib
from pathlib import Path

import pikepdf
import pypdf
import pytest
from PIL import Image

from coalition.documents.cleaner import _clean
from coalition.documents.cleaning import _conversation, cleaned
from coalition.domain.errors import RefusedFile
from coalition.domain.evidence import FileKind, Refusal
from tests.documents.evidence_samples import (
    FRAME,
    HONEST,
    HOSTILE,
    LOCATION,
    PAGE,
    PAYLOAD,
    TAKEN_AT,
    TAKEN_AT_PLACE,
    XMP,
    Hostile,
    box,
    exif,
    film,
    heic,
    jpeg,
    mp3,
    pdf_with_picture,
    picture,
    png,
    saved,
    webm,
)

ROOT = Path(__file__).parents[2]
CLEANED = [file for file in HOSTILE if isinstance(file.outcome, FileKind)]


def copy_of(content: bytes, kind: FileKind) -> bytes:
    said, parts = _clean(content, kind)
    assert "refused" not in said
    return b"".join(parts) or content


@pytest.mark.parametrize("kind", FileKind)
def test_an_honest_file_is_taken_and_its_copy_taken_again(kind: FileKind):
    copy = copy_of(HONEST[kind], kind)
    assert copy
    again = FileKind.JPEG if kind is FileKind.HEIC else kind
    assert copy_of(copy, again)


@pytest.mark.parametrize("file", CLEANED, ids=lambda file: file.name.encode("ascii", "replace").decode())
def test_nothing_hostile_is_in_the_copy(file: Hostile):
    assert isinstance(file.outcome, FileKind)
    copy = copy_of(file.content, file.outcome)
    assert PAYLOAD.encode() not in copy
    assert b"<script" not in copy


@pytest.mark.parametrize("content", [jpeg(exif=exif()), jpeg(xmp=XMP), heic(exif=exif()), png(exif=exif())])
def test_when_and_where_a_picture_was_taken_is_read_before_it_is_cleaned(content: bytes):
    kind = FileKind.JPEG if content[:2] == b"\xff\xd8" else FileKind.PNG if content[:2] == b"\x89P" else FileKind.HEIC
    said, parts = _clean(content, kind)
    assert (said["at"], said["place"]) == (TAKEN_AT, TAKEN_AT_PLACE)
    with Image.open(io.BytesIO(parts[0])) as copy:
        assert not copy.getexif()
        assert set(copy.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density", "dpi"}


def test_a_picture_is_turned_upright():
    with Image.open(io.BytesIO(copy_of(jpeg(exif=exif(turned=True)), FileKind.JPEG))) as copy:
        assert copy.size == (30, 40)
        red, _, blue = copy.getpixel((15, 5))
        assert red > blue


@pytest.mark.parametrize(
    ("content", "kind", "mode"),
    [
        (saved(picture(mode="L"), "JPEG"), FileKind.JPEG, "L"),
        (saved(picture().convert("CMYK"), "JPEG"), FileKind.JPEG, "RGB"),
        (saved(picture().convert("P"), "PNG"), FileKind.PNG, "RGB"),
        (saved(picture().convert("1"), "PNG"), FileKind.PNG, "L"),
        (saved(picture(mode="I;16"), "PNG"), FileKind.PNG, "L"),
        (saved(picture().convert("RGBA"), "PNG"), FileKind.PNG, "RGBA"),
    ],
)
def test_every_way_to_keep_colours_is_understood(content: bytes, kind: FileKind, mode: str):
    with Image.open(io.BytesIO(copy_of(content, kind))) as copy:
        assert copy.mode == mode
        assert copy.size == (40, 30)


def test_a_pdf_keeps_its_pages_and_what_is_drawn_on_them():
    copy = pypdf.PdfReader(io.BytesIO(copy_of(pdf_with_picture(), FileKind.PDF)))
    assert len(copy.pages) == 1
    assert copy.pages[0].images[0].image.size == (40, 30)
    assert copy.metadata is None
    assert set(copy.trailer["/Root"]) == {"/Type", "/Pages"}


def test_an_inherited_page_size_is_kept():
    with pikepdf.new() as made:
        made.add_blank_page(page_size=(100, 50))
        del made.pages[0].obj.MediaBox
        made.Root.Pages.MediaBox = [0, 0, 300, 200]
        made.Root.Pages.Rotate = 90
        target = io.BytesIO()
        made.save(target)
    copy = pypdf.PdfReader(io.BytesIO(copy_of(target.getvalue(), FileKind.PDF)))
    assert (copy.pages[0].mediabox.width, copy.pages[0].rotation) == (300, 90)


def test_a_film_loses_what_is_said_about_it_and_nothing_moves():
    content = film(about=LOCATION + box(b"meta", PAGE), extra=box(b"free", PAGE))
    said, parts = _clean(content, FileKind.MP4)
    assert said["at"].startswith("2024-05-17T")
    assert said["place"] == "42.69750, 23.32390"
    assert len(parts[0]) == len(content)
    assert parts[0].index(b"mdat") == content.index(b"mdat")
    for told in (b"Camera of Ana", b"+42.6975", b"udta", b"meta"):
        assert told not in parts[0]
    assert content[content.index(b"mvhd") + 8 :][:8] not in parts[0]


def test_a_track_that_tells_where_the_telephone_was_is_left_out():
    [copy] = _clean(film(handler=b"meta"), FileKind.MOV)[1]
    assert b"trak" not in copy


def test_a_recording_of_a_browser_does_not_know_how_long_it_is():
    content = bytearray(webm())
    for name in ("18538067", "1F43B675"):
        place = content.index(bytes.fromhex(name)) + 4
        content[place : place + 4] = b"\x1f\xff\xff\xff"
    assert len(copy_of(bytes(content), FileKind.WEBM)) == len(content)


def test_the_sound_itself_is_kept():
    assert copy_of(mp3(title=b"TIT2 x" * 9, end=b"TAG" + bytes(125)), FileKind.MP3) == FRAME * 4
    with wave.open(io.BytesIO(copy_of(HONEST[FileKind.WAV], FileKind.WAV))) as sound:
        assert (sound.getnframes(), sound.getframerate()) == (32, 16000)
    said, parts = _clean(HONEST[FileKind.OGG], FileKind.OGG)
    assert (said["same"], parts) == (True, [])


def test_a_message_keeps_its_words_and_says_what_was_attached():
    file = next(file for file in HOSTILE if file.name == "message.eml")
    said, [copy] = _clean(file.content, FileKind.EMAIL)
    assert said["at"] == TAKEN_AT
    assert b"Call me back." in copy
    assert b"From: Ana <ana@example.org>" in copy
    assert b"Content-Type: text/plain" in copy
    assert b"X-Not-In-This-Copy: application/x-msdownload; 15 bytes; SHA-256" in copy.replace(b"\r\n ", b" ")


def test_a_file_is_cleaned_by_a_process_of_its_own():
    with cleaned(io.BytesIO(HONEST[FileKind.PNG]), FileKind.PNG) as result:
        assert b"".join(result.parts or ()).startswith(b"\x89PNG")


def test_a_process_that_ended_without_a_word_is_a_file_that_takes_too_much():
    with (
        subprocess.Popen([sys.executable, "-c", "pass"], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as ended,
        pytest.raises(RefusedFile) as refused,
    ):
        _conversation(ended, io.BytesIO(bytes(1_000_000)))
    assert refused.value.reason == Refusal.TOO_COSTLY


@pytest.mark.parametrize(
    ("act", "error"),
    [("bytearray(3 * 10**9)", "MemoryError"), ("open('FILE', 'w').write('x' * 9999)", "File too large")],
)
def test_the_process_has_only_so_much_memory_and_writes_no_file(act: str, error: str, tmp_path: Path):
    program = f"from coalition.documents.cleaner import _limit; _limit(); {act.replace('FILE', str(tmp_path / 'x'))}"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False, cwd=ROOT)
    assert done.returncode
    assert error in done.stderr


@pytest.mark.parametrize("packing", [["/FlateDecode", "/DCTDecode"], ["/ASCIIHexDecode", "/FlateDecode", "/DCTDecode"]])
def test_a_picture_that_is_packed_twice_in_a_pdf_loses_its_notes_too(packing: list[str]):
    content = jpeg(exif=exif(), comment=PAYLOAD)
    packed = zlib.compress(content)
    packed = packed.hex().encode() + b">" if len(packing) == 3 else packed
    with pikepdf.open(io.BytesIO(copy_of(_repacked(packed, packing), FileKind.PDF))) as copy:
        image = copy.pages[0].Resources.XObject.Im
        assert image.Filter == "/DCTDecode"
        left = image.read_raw_bytes()
    assert PAYLOAD.encode() not in left
    assert b"Exif" not in left
    with Image.open(io.BytesIO(left)) as shown, Image.open(io.BytesIO(content)) as before:
        assert shown.tobytes() == before.tobytes()


def test_a_jpeg_2000_in_a_pdf_loses_what_is_said_about_it():
    content = saved(picture(), "JPEG2000", comment=PAYLOAD) + box(b"uuid", PAYLOAD.encode())
    assert content.count(PAYLOAD.encode()) == 2
    with pikepdf.open(io.BytesIO(copy_of(_repacked(content, ["/JPXDecode"]), FileKind.PDF))) as copy:
        left = copy.pages[0].Resources.XObject.Im.read_raw_bytes()
    assert PAYLOAD.encode() not in left
    with Image.open(io.BytesIO(left)) as shown, Image.open(io.BytesIO(content)) as before:
        assert shown.tobytes() == before.tobytes()


def _repacked(content: bytes, packing: list[str]) -> bytes:
    """Return the scan with another picture in it."""
    with pikepdf.open(io.BytesIO(pdf_with_picture())) as made:
        image = made.pages[0].Resources.XObject.Im
        image.write(content, filter=pikepdf.Array([pikepdf.Name(name) for name in packing]))
        target = io.BytesIO()
        made.save(target, stream_decode_level=pikepdf.StreamDecodeLevel.none, compress_streams=False)
        return target.getvalue()


def test_what_such_a_track_wrote_between_the_pictures_is_overwritten_too():
    whole, places = _film_with_places(), (b"+42.6975+023.3239/", b"+42.6976+023.3240/")
    assert all(place in whole for place in places)
    [copy] = _clean(whole, FileKind.MP4)[1]
    assert len(copy) == len(whole)
    assert not [place for place in places if place in copy]
    assert b"PICTURE" in copy
    assert b"SOUND" in copy


def _film_with_places() -> bytes:
    """A film of an action camera: a track of its places, in two chunks among the pictures."""
    first, second = b"+42.6975+023.3239/", b"+42.6976+023.3240/"

    def made(start: int) -> bytes:
        chunks = struct.pack(">III", 2, start + len(b"PICTURE"), start + len(b"PICTURE" + first + b"SOUND"))
        tables = (
            box(b"stsz", struct.pack(">4I", 0, 0, 2, len(first)) + struct.pack(">I", len(second)))
            + box(b"stsc", struct.pack(">5I", 0, 1, 1, 1, 1))
            + box(b"stco", bytes(4) + chunks)
        )
        handler = box(b"hdlr", bytes(8) + b"meta" + bytes(12) + b"GoPro MET\0")
        track = box(b"trak", box(b"mdia", handler + box(b"minf", box(b"stbl", tables))))
        head = box(b"ftyp", b"isom" + bytes(4) + b"isom") + box(b"moov", track)
        return head + box(b"mdat", b"PICTURE" + first + b"SOUND" + second + b"PICTURE")

    return made(made(0).index(b"mdat") + 4)
