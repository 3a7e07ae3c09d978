"""PDF files: their pages, and nothing that does something.

The file is written anew from its pages. Of each only what draws it is kept, by name; so are the drawings and pictures
on it. Whatever else a PDF can hold goes: JavaScript, actions, links, forms (XFA too), embedded files, media, notes,
layers, metadata, and what stood before, between and after (ISO 32000-2, 12.6; OWASP File Upload Cheat Sheet).
Runs in the process of `coalition.documents.cleaner` only.
"""

import io
import re
from collections.abc import Collection, Iterator
from typing import BinaryIO, Final

import pikepdf
from pikepdf import Dictionary, Name, Pdf, Stream

from coalition.documents.jpeg2000 import without_words
from coalition.domain.errors import RefusedFile
from coalition.domain.evidence import Captured, Refusal

MOST_PAGES: Final = 2000
_OF_PAGES: Final = frozenset(
    {"/Type", "/Parent", "/Contents", "/Resources", "/MediaBox", "/CropBox", "/Rotate", "/UserUnit", "/Group"}
)
_OF_RESOURCES: Final = frozenset({"/ColorSpace", "/ExtGState", "/Font", "/Pattern", "/ProcSet", "/Shading", "/XObject"})
_OF_DRAWINGS: Final = frozenset(
    {"/Type", "/Subtype", "/FormType", "/BBox", "/Matrix", "/Resources", "/Group", "/Filter", "/DecodeParms", "/Length"}
)
_OF_PICTURES: Final = _OF_DRAWINGS | {
    "/Width", "/Height", "/ColorSpace", "/BitsPerComponent", "/Intent", "/ImageMask", "/Mask", "/SMask", "/SMaskInData",
    "/Decode", "/Interpolate", "/Matte",
}  # fmt: skip
_OUTSIDE: Final = ("/F", "/FFilter", "/FDecodeParms", "/Metadata", "/PieceInfo", "/AF")
"""What any stream may name that lies outside of it, or says something about it."""
_DATE: Final = re.compile(r"D:(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)?(?:([+-]\d\d)'?(\d\d)|Z)?")


def cleaned_pdf(source: BinaryIO) -> tuple[Captured, Iterator[bytes]]:
    """Return when a PDF says it was made, and its pages written anew.

    Raises RefusedFile for one with a password or without pages, and what the library raises for one that is broken.
    """
    try:
        read = Pdf.open(source)
    except pikepdf.PasswordError:
        raise RefusedFile(Refusal.LOCKED) from None
    with read, Pdf.new() as clean:
        if not 0 < len(read.pages) <= MOST_PAGES:
            raise RefusedFile(Refusal.TOO_COSTLY if len(read.pages) else Refusal.BROKEN)
        for page in read.pages:
            clean.pages.append(page)
        for page in clean.pages:
            _keep(page.obj, _OF_PAGES)
        # What no page names any more is left out when the file is written, so the rest is looked at only then.
        once = io.BytesIO()
        clean.save(once, object_stream_mode=pikepdf.ObjectStreamMode.disable)
        captured = _captured(read)
    return captured, _pared(once)


def _pared(once: BinaryIO) -> Iterator[bytes]:
    once.seek(0)
    target = io.BytesIO()
    with Pdf.open(once) as clean:
        for item in clean.objects:
            if isinstance(item, Stream):
                _pare_stream(item)
                _clean_picture(clean, item)
            elif isinstance(item, Dictionary):
                _pare(item)
        for page in clean.pages:
            _keep_resources(page.obj)
        clean.save(target, deterministic_id=True, object_stream_mode=pikepdf.ObjectStreamMode.disable)
    yield target.getvalue()


def _keep(item: pikepdf.Object, names: Collection[str]) -> None:
    for name in [name for name in item.keys() if name not in names]:  # noqa: SIM118 - its own kind of mapping
        del item[name]


def _keep_resources(item: pikepdf.Object) -> None:
    resources = item.get(Name.Resources)
    if isinstance(resources, Dictionary):
        _keep(resources, _OF_RESOURCES)


def _pare(item: Dictionary) -> None:
    """Take out of a font, a colour or a pattern what only says something about it."""
    for name in ("/Metadata", "/PieceInfo", "/AF"):
        if name in item:
            del item[name]


def _pare_stream(stream: Stream) -> None:
    subtype = stream.get(Name.Subtype)
    if subtype == Name.Form:
        _keep(stream, _OF_DRAWINGS)
        _keep_resources(stream)
    elif subtype == Name.Image:
        _keep(stream, _OF_PICTURES)
    else:
        for name in _OUTSIDE:
            if name in stream:
                del stream[name]


_PICTURES: Final = frozenset({"/DCTDecode", "/DCT", "/JPXDecode"})


def _clean_picture(clean: Pdf, stream: Stream) -> None:
    """Take out what stands beside the pixels of a JPEG or JPEG 2000, however often it is packed.

    Raises RefusedFile for one that is packed otherwise than as the last step.
    """
    filters, parms = _as_list(stream.get(Name.Filter)), _as_list(stream.get(Name.DecodeParms))
    names = [str(name) for name in filters]
    if not _PICTURES.intersection(names):
        return
    if _PICTURES.intersection(names[:-1]):
        raise RefusedFile(Refusal.BROKEN)
    content = stream.read_raw_bytes()
    if names[:-1]:
        packed = Stream(clean, content)
        packed.Filter = pikepdf.Array(filters[:-1])
        if parms:
            packed.DecodeParms = pikepdf.Array(parms[: len(filters) - 1])
        content = packed.read_bytes()
    own = parms[len(filters) - 1] if len(parms) >= len(filters) else None
    pare = without_words if names[-1] == "/JPXDecode" else without_notes
    stream.write(pare(content), filter=Name(names[-1]), decode_parms=own if isinstance(own, Dictionary) else None)


def _as_list(item: pikepdf.Object | None) -> list[pikepdf.Object]:
    if item is None:
        return []
    return list(item) if isinstance(item, pikepdf.Array) else [item]


_START_OF_SCAN, _APP0, _APP14, _COMMENT, _FIRST_APP, _LAST_APP = 0xDA, 0xE0, 0xEE, 0xFE, 0xE0, 0xEF
_END: Final = b"\xff\xd9"


def without_notes(jpeg: bytes) -> bytes:
    """Return a JPEG without EXIF, XMP, comments and what follows its end; its pixels are left as they are."""
    kept, place = [jpeg[:2]], 2
    while jpeg[place : place + 1] == b"\xff" and place + 4 <= len(jpeg):
        marker = jpeg[place + 1]
        if marker == _START_OF_SCAN:
            end = jpeg.rfind(_END)
            return b"".join((*kept, jpeg[place : end + len(_END) if end > place else len(jpeg)]))
        after = place + 2 + int.from_bytes(jpeg[place + 2 : place + 4], "big")
        is_note = marker == _COMMENT or (_FIRST_APP <= marker <= _LAST_APP and marker not in {_APP0, _APP14})
        if not is_note:
            kept.append(jpeg[place:after])
        place = after
    raise RefusedFile(Refusal.BROKEN)


def _captured(read: Pdf) -> Captured:
    info = read.trailer.get(Name.Info)
    said = str(info.get(Name.CreationDate, "")) if isinstance(info, Dictionary) else ""
    found = _DATE.match(said)
    if not found:
        return Captured()
    year, month, day, hour, minute, second, east, past = found.groups()
    zone = f"{east}:{past}" if east else ("Z" if found[0].endswith("Z") else "")
    return Captured(f"{year}-{month}-{day}T{hour}:{minute}:{second or '00'}{zone}")
