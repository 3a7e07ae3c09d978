"""Files that people send, honest and hostile, made here and nowhere else.

PAYLOAD stands in each hostile one, in the place where it would run, load or be read.
"""

import gzip
import io
import struct
import zipfile
import zlib
from dataclasses import dataclass

import pikepdf
import pillow_heif
from PIL import ExifTags, Image
from PIL.PngImagePlugin import PngInfo

from coalition.domain.evidence import FileKind, Refusal

PAYLOAD = "PAYLOAD7f3a91"
PAGE = f"<!DOCTYPE html><html><body><script>fetch('//{PAYLOAD}.example')</script></body></html>".encode()
SCRIPT = f"#!/bin/sh\necho {PAYLOAD}\n".encode()
TAKEN_AT, TAKEN_AT_PLACE = "2024-05-17T21:30:05+03:00", "42.69750, 23.32389"

pillow_heif.register_heif_opener()


# --- honest files ------------------------------------------------------------------------------------------


def picture(size: tuple[int, int] = (40, 30), mode: str = "RGB") -> Image.Image:
    """A picture, red on the left and blue on the right."""
    made = Image.new(mode, size, "blue" if mode == "RGB" else 128)
    if mode == "RGB":
        made.paste("red", (0, 0, size[0] // 2, size[1]))
    return made


def exif(*, turned: bool = False) -> Image.Exif:
    """What a telephone writes beside a picture."""
    made = Image.Exif()
    made[ExifTags.Base.Make] = PAYLOAD
    made[ExifTags.Base.Orientation] = 6 if turned else 1
    made.get_ifd(ExifTags.IFD.Exif).update(
        {ExifTags.Base.DateTimeOriginal: "2024:05:17 21:30:05", ExifTags.Base.OffsetTimeOriginal: "+03:00"}
    )
    made.get_ifd(ExifTags.IFD.GPSInfo).update({1: "N", 2: (42.0, 41.0, 51.0), 3: "E", 4: (23.0, 19.0, 26.0)})
    return made


XMP = (
    f'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:Description dc:creator="{PAYLOAD}" '
    'exif:DateTimeOriginal="2024-05-17T21:30:05+03:00" exif:GPSLatitude="42,41.85N" '
    'exif:GPSLongitude="23,19.4333E"/></x:xmpmeta>'
).encode()


def saved(made: Image.Image, form: str, **options: object) -> bytes:
    """A picture as a file."""
    target = io.BytesIO()
    made.save(target, form, **options)
    return target.getvalue()


def jpeg(**options: object) -> bytes:
    """A JPEG."""
    return saved(picture(), "JPEG", **options)


def png(**options: object) -> bytes:
    """A PNG."""
    return saved(picture(), "PNG", **options)


def heic(**options: object) -> bytes:
    """A picture of a telephone."""
    return saved(picture((64, 48)), "HEIF", **options)


def pdf(**root: object) -> bytes:
    """A PDF of one page, with more in its catalogue."""
    with pikepdf.new() as made:
        made.add_blank_page(page_size=(200, 200))
        made.pages[0].Contents = made.make_stream(b"0 0 1 rg 20 20 100 100 re f")
        for name, value in root.items():
            made.Root[f"/{name}"] = value
        target = io.BytesIO()
        made.save(target)
        return target.getvalue()


def box(name: bytes, content: bytes = b"") -> bytes:
    """A box of a film."""
    return struct.pack(">I", 8 + len(content)) + name + content


MADE = struct.pack(">II", 3_798_815_405, 3_798_815_405)
"""The evening of 17 May 2024, in seconds since 1904."""


def film(brand: bytes = b"isom", *, about: bytes = b"", extra: bytes = b"", handler: bytes = b"vide") -> bytes:
    """A film of one track, with boxes that say something about it."""
    head = box(b"mvhd", bytes(4) + MADE + bytes(88))
    track = box(b"trak", box(b"mdia", box(b"hdlr", bytes(8) + handler + bytes(12) + b"Camera of Ana\0")))
    return box(b"ftyp", brand + bytes(4) + brand) + box(b"moov", head + track + about) + extra + box(b"mdat", bytes(64))


LOCATION = box(b"udta", box(b"\xa9xyz", b"\0\x16\x15\xc7+42.6975+023.3239+550.0/" + PAYLOAD.encode()))


def element(name: str, content: bytes) -> bytes:
    """An element of a WebM."""
    return bytes.fromhex(name) + (len(content) | 1 << 28).to_bytes(4, "big") + content


def webm(*, kind: bytes = b"webm", more: bytes = b"") -> bytes:
    """A WebM, or something else in the same boxes."""
    head = element("1A45DFA3", element("4282", kind).replace(b"\x42\x82\x10\0\0\4", b"\x42\x82\x84"))
    return head + element("18538067", element("1549A966", b"") + more + element("1F43B675", bytes(32)))


def ogg(first: bytes = b"OpusHead\1\1") -> bytes:
    """A sound recording of two pages."""

    def page(content: bytes) -> bytes:
        return b"OggS\0" + bytes(21) + b"\1" + bytes([len(content)]) + content

    return page(first) + page(bytes(64))


def wav(*, more: bytes = b"", data: bytes = bytes(64)) -> bytes:
    """A sound recording of four milliseconds."""
    form = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, 1, 16000, 32000, 2, 16)
    body = b"WAVE" + form + more + struct.pack("<4sI", b"data", len(data)) + data
    return b"RIFF" + struct.pack("<I", len(body)) + body


def block(name: bytes, content: bytes) -> bytes:
    """A block of a WAV."""
    return name + struct.pack("<I", len(content)) + content + b"\0" * (len(content) % 2)


FRAME = b"\xff\xfb\x90\x00" + bytes(413)
"""A frame of an MP3 of 128 kilobits a second and 44.1 kHz: 417 bytes."""


def mp3(*, title: bytes = b"", end: bytes = b"") -> bytes:
    """A sound recording of a tenth of a second."""
    tag = b"ID3\4\0\0" + bytes([0, 0, len(title) >> 7, len(title) & 127]) + title if title else b""
    return tag + FRAME * 4 + end


def mail(body: bytes = b"Call me back.\r\n", kind: bytes = b"text/plain") -> bytes:
    """A message."""
    return (
        b"Received: from a.example by b.example; Fri, 17 May 2024 21:30:05 +0300\r\n"
        b"From: Ana <ana@example.org>\r\nTo: help@example.org\r\nDate: Fri, 17 May 2024 21:30:05 +0300\r\n"
        b"Subject: Threats\r\nMIME-Version: 1.0\r\nContent-Type: " + kind + b"; charset=utf-8\r\n\r\n" + body
    )


HONEST: dict[FileKind, bytes] = {
    FileKind.JPEG: jpeg(exif=exif()),
    FileKind.PNG: png(),
    FileKind.HEIC: heic(exif=exif()),
    FileKind.PDF: pdf(),
    FileKind.MP3: mp3(title=b"TPE1 Ana"),
    FileKind.M4A: film(b"M4A ", handler=b"soun"),
    FileKind.OGG: ogg(),
    FileKind.WAV: wav(),
    FileKind.MP4: film(about=LOCATION),
    FileKind.MOV: film(b"qt  "),
    FileKind.WEBM: webm(),
    FileKind.EMAIL: mail(),
}
"""One file of every kind that is taken."""


# --- hostile files -----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Hostile:
    """A file that is not what it says, and what has to become of it."""

    name: str
    content: bytes
    outcome: FileKind | Refusal
    """The kind as which it is cleaned, or why it is refused."""


def _png_claiming(width: int, height: int) -> bytes:
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + _chunk(b"IHDR", head)
        + _chunk(b"IDAT", zlib.compress(bytes(1000)))
        + _chunk(b"IEND", b"")
    )


def _chunk(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))


def _zip(*names: str, size: int = 10) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in names:
            archive.writestr(name, PAYLOAD.encode() + bytes(size))
    return target.getvalue()


def _pdf_with_action(**action: object) -> bytes:
    return pdf(OpenAction=pikepdf.Dictionary(**action))


def _pdf_with_javascript() -> bytes:
    return _pdf_with_action(S=pikepdf.Name.JavaScript, JS=f"app.launchURL('//{PAYLOAD}')")


def _pdf_with_launch() -> bytes:
    return _pdf_with_action(S=pikepdf.Name.Launch, F=f"{PAYLOAD}.exe")


def _pdf_with_file() -> bytes:
    with pikepdf.open(io.BytesIO(pdf())) as made:
        made.attachments[f"{PAYLOAD}.exe"] = b"MZ" + PAYLOAD.encode()
        made.docinfo[pikepdf.Name.Author] = PAYLOAD
        with made.open_metadata() as about:
            about["dc:creator"] = [PAYLOAD]
        target = io.BytesIO()
        made.save(target, stream_decode_level=pikepdf.StreamDecodeLevel.none, compress_streams=False)
        return target.getvalue()


def _pdf_with_form() -> bytes:
    with pikepdf.open(io.BytesIO(pdf())) as made:
        form = made.make_stream(f"<xdp:xdp><script>{PAYLOAD}</script></xdp:xdp>".encode())
        made.Root.AcroForm = pikepdf.Dictionary(XFA=form, Fields=pikepdf.Array())
        target = io.BytesIO()
        made.save(target, compress_streams=False)
        return target.getvalue()


def _pdf_with_link() -> bytes:
    with pikepdf.open(io.BytesIO(pdf())) as made:
        uri = pikepdf.Dictionary(S=pikepdf.Name.URI, URI=f"https://{PAYLOAD}.example/")
        media = made.make_stream(f"{PAYLOAD} media".encode())
        kinds = (("Link", {"A": uri}), ("RichMedia", {"RichMediaContent": media}), ("FileAttachment", {"FS": media}))
        made.pages[0].Annots = pikepdf.Array(
            [pikepdf.Dictionary(Subtype=pikepdf.Name(f"/{kind}"), Rect=[0, 0, 9, 9], **more) for kind, more in kinds]
        )
        made.pages[0].AA = pikepdf.Dictionary(O=uri)
        made.pages[0].Metadata = made.make_stream(PAYLOAD.encode())
        target = io.BytesIO()
        made.save(target, compress_streams=False)
        return target.getvalue()


def pdf_with_picture() -> bytes:
    """A scan: its picture is a JPEG with all that a telephone wrote beside it."""
    with pikepdf.open(io.BytesIO(pdf())) as made:
        image = made.make_stream(jpeg(exif=exif(), comment=PAYLOAD) + PAGE)
        image.update(
            {
                "/Type": pikepdf.Name.XObject, "/Subtype": pikepdf.Name.Image, "/Width": 40, "/Height": 30,
                "/ColorSpace": pikepdf.Name.DeviceRGB, "/BitsPerComponent": 8, "/Filter": pikepdf.Name.DCTDecode,
                "/Metadata": made.make_stream(PAYLOAD.encode()),
            }
        )  # fmt: skip
        made.pages[0].Resources = pikepdf.Dictionary(XObject=pikepdf.Dictionary(Im=image))
        made.pages[0].Contents = made.make_stream(b"40 0 0 30 0 0 cm /Im Do")
        target = io.BytesIO()
        made.save(target)
        return target.getvalue()


def _pdf_locked() -> bytes:
    with pikepdf.open(io.BytesIO(pdf())) as made:
        target = io.BytesIO()
        made.save(target, encryption=pikepdf.Encryption(owner="one", user="two"))
        return target.getvalue()


def _png_with_words() -> bytes:
    words = PngInfo()
    words.add_text("Author", PAYLOAD)
    words.add_itxt("XML:com.adobe.xmp", XMP.decode())
    return png(pnginfo=words, exif=exif()) + PAGE


def _mail_with_page() -> bytes:
    page = b"<p>Call me <b>back</b>.</p><script>" + PAYLOAD.encode() + b"</script>"
    inner = b"--x\r\nContent-Type: text/html; charset=utf-8\r\n\r\n" + page
    file = (
        b"\r\n--x\r\nContent-Type: application/x-msdownload\r\nContent-Disposition: attachment; filename=a.exe\r\n\r\n"
    )
    return mail(inner + file + b"MZ" + PAYLOAD.encode() + b"\r\n--x--\r\n", b"multipart/mixed; boundary=x")


SVG = f'<svg xmlns="http://www.w3.org/2000/svg" onload="{PAYLOAD}()"/>'.encode()
_KIND = FileKind
_GIF = saved(picture(), "GIF")

HOSTILE: tuple[Hostile, ...] = (
    Hostile("drawing.png", SVG, Refusal.OTHER_PICTURE),
    Hostile("drawing.svg", b'<?xml version="1.0"?>\n<!-- x -->' + SVG, Refusal.OTHER_PICTURE),
    Hostile("page.jpg", PAGE, Refusal.WEB_PAGE),
    Hostile("page.pdf", b"<!-- " + PAYLOAD.encode() + b" -->\n" + pdf(), Refusal.WEB_PAGE),
    Hostile("script.gif", b"GIF89a/*" + PAGE + b"*/=1;" + PAYLOAD.encode(), Refusal.OTHER_PICTURE),
    Hostile("photo.webp", saved(picture(), "WEBP"), Refusal.OTHER_PICTURE),
    Hostile("photo.tiff", saved(picture(), "TIFF"), Refusal.OTHER_PICTURE),
    Hostile("photo.bmp", saved(picture(), "BMP"), Refusal.OTHER_PICTURE),
    Hostile("photo.ico", saved(picture(), "ICO"), Refusal.OTHER_PICTURE),
    Hostile("photo.jpeg", _GIF, Refusal.OTHER_PICTURE),
    Hostile("photo.avif", saved(picture(), "AVIF"), Refusal.OTHER_PICTURE),
    Hostile("bomb.png", _png_claiming(100_000, 100_000), Refusal.TOO_MANY_PIXELS),
    Hostile("flat.png", _png_claiming(0, 0), Refusal.BROKEN),
    Hostile("cut.png", png()[:-60], Refusal.BROKEN),
    Hostile("cut.jpg", jpeg()[:200], Refusal.BROKEN),
    Hostile("cut.heic", heic()[:300], Refusal.BROKEN),
    Hostile("head.jpg", b"\xff\xd8\xff" + PAGE, Refusal.BROKEN),
    Hostile("place.jpg", jpeg(exif=exif(turned=True), xmp=XMP, comment=PAYLOAD), _KIND.JPEG),
    Hostile("page-after.jpg", jpeg(comment=PAYLOAD) + PAGE, _KIND.JPEG),
    Hostile("archive-after.jpg", jpeg() + _zip(f"{PAYLOAD}.exe"), _KIND.JPEG),
    Hostile("words.png", _png_with_words(), _KIND.PNG),
    Hostile("place.heic", heic(exif=exif(), xmp=XMP) + PAGE, _KIND.HEIC),
    Hostile("javascript.pdf", _pdf_with_javascript(), _KIND.PDF),
    Hostile("launch.pdf", _pdf_with_launch(), _KIND.PDF),
    Hostile("embedded.pdf", _pdf_with_file(), _KIND.PDF),
    Hostile("form.pdf", _pdf_with_form(), _KIND.PDF),
    Hostile("link.pdf", _pdf_with_link(), _KIND.PDF),
    Hostile("scan.pdf", pdf_with_picture() + PAGE, _KIND.PDF),
    Hostile("locked.pdf", _pdf_locked(), Refusal.LOCKED),
    Hostile("broken.pdf", b"%PDF-1.7\n" + PAGE, Refusal.BROKEN),
    Hostile("bomb.docx", _zip("[Content_Types].xml", "word/document.xml", size=5_000_000), Refusal.OFFICE),
    Hostile("table.xlsx", _zip("[Content_Types].xml", "xl/workbook.xml"), Refusal.OFFICE),
    Hostile("old.doc", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + PAYLOAD.encode(), Refusal.OFFICE),
    Hostile("letter.rtf", b"{\\rtf1 " + PAYLOAD.encode() + b"}", Refusal.OFFICE),
    Hostile("files.zip", _zip("a.txt"), Refusal.ARCHIVE),
    Hostile("files.gz", gzip.compress(PAYLOAD.encode()), Refusal.ARCHIVE),
    Hostile("files.7z", b"7z\xbc\xaf\x27\x1c" + PAYLOAD.encode(), Refusal.ARCHIVE),
    Hostile("program.exe", b"MZ\x90\0" + PAYLOAD.encode(), Refusal.UNKNOWN),
    Hostile("program.mp4", b"\x7fELF" + PAYLOAD.encode(), Refusal.UNKNOWN),
    Hostile("script.mp3", SCRIPT, Refusal.UNKNOWN),
    Hostile("notes.txt", PAYLOAD.encode(), Refusal.UNKNOWN),
    Hostile("nothing.jpg", b"", Refusal.EMPTY),
    Hostile("page.mp4", box(b"ftyp", b"html") + PAGE, Refusal.OTHER_RECORDING),
    Hostile("page-in.mp4", box(b"ftyp", b"isom") + PAGE, Refusal.BROKEN),
    Hostile("place.mp4", film(about=LOCATION, extra=box(b"free", PAGE) + box(b"uuid", PAGE)), _KIND.MP4),
    Hostile("film.mkv", webm(kind=b"mkvx"), Refusal.OTHER_RECORDING),
    Hostile("tags.webm", webm(more=element("1254C367", PAGE) + element("1941A469", PAGE)), _KIND.WEBM),
    Hostile("page-after.webm", webm() + PAGE, Refusal.BROKEN),
    Hostile("script.wav", b"RIFF\xff\xff\xff\0WAVE" + SCRIPT, Refusal.BROKEN),
    Hostile("title.wav", wav(more=block(b"LIST", b"INFOIART" + PAYLOAD.encode())) + PAGE, _KIND.WAV),
    Hostile("page-after.ogg", ogg() + PAGE, Refusal.BROKEN),
    Hostile("title.mp3", mp3(title=b"TIT2" + PAYLOAD.encode() + b"\xff\xfb", end=PAGE), _KIND.MP3),
    Hostile("page-inside.mp3", b"ID3\4\0\0\0\0\0\0" + PAGE, Refusal.BROKEN),
    Hostile("message.eml", _mail_with_page(), _KIND.EMAIL),
    Hostile("page.eml", PAGE, Refusal.WEB_PAGE),
    Hostile(f"{'n' * 300}.jpg", jpeg(), Refusal.NAME_TOO_LONG),
    Hostile("../../../etc/passwd.jpg", jpeg(comment="1"), _KIND.JPEG),
    Hostile("a\0b.jpg", jpeg(comment="2"), _KIND.JPEG),
    Hostile("photo\u202egpj.exe", jpeg(comment="3"), _KIND.JPEG),
    Hostile("CON", jpeg(comment="4"), _KIND.JPEG),
)
"""Each of them is refused, or cleaned of its payload."""
