"""Pictures: read, turned upright, written anew. Nothing but their pixels goes on.

What stands beside the pixels (EXIF, XMP, IPTC, comments, thumbnails, colour profiles, a second picture, whatever was
appended) tells who took a picture where, or is something else than a picture. When and where it was taken is read first
and returned. Runs in the process of `coalition.documents.cleaner` only.
"""

import io
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any, BinaryIO, Final

from PIL import ExifTags, Image, ImageCms, ImageOps

from coalition.domain.errors import RefusedFile
from coalition.domain.evidence import Captured, FileKind, Refusal

MOST_PIXELS: Final = 80_000_000
"""A telephone's largest pictures have 50 million; a small file can claim any number."""
_QUALITY: Final = 92
_FORMATS: Final = {FileKind.JPEG: ("JPEG", "MPO"), FileKind.PNG: ("PNG",), FileKind.HEIC: ("HEIF",)}
_XMP_DATE: Final = re.compile(
    r"(?:exif:DateTimeOriginal|xmp:CreateDate|photoshop:DateCreated)\s*(?:=\s*[\"']|>)\s*([0-9T:+.Z-]{10,35})"
)
_XMP_PLACE: Final = r"exif:GPS%s\s*(?:=\s*[\"']|>)\s*(\d{1,3}),(\d{1,2}(?:\.\d{1,12})?)([NSEW])"
_MOMENT: Final = re.compile(r"(\d{4})[:-](\d\d)[:-](\d\d)[ T](\d\d:\d\d(?::\d\d)?)")
_ZONE: Final = re.compile(r"[+-]\d\d:\d\d")


def cleaned_image(source: BinaryIO, kind: FileKind) -> tuple[Captured, Iterator[bytes]]:
    """Return when and where a picture was taken, and the picture written anew: PNG as PNG, all others as JPEG.

    Raises RefusedFile for one with too many pixels, and whatever a decoder raises for one that is broken.
    """
    if kind is FileKind.HEIC:
        # Twenty megabytes of codecs, for telephones' pictures only.
        import pillow_heif  # noqa: PLC0415

        pillow_heif.register_heif_opener(thumbnails=False)
    Image.MAX_IMAGE_PIXELS = None  # asked here, before anything is decoded
    with Image.open(source, formats=_FORMATS[kind]) as picture:
        if picture.width * picture.height > MOST_PIXELS:
            raise RefusedFile(Refusal.TOO_MANY_PIXELS)
        picture.load()
        captured = _captured(picture)
        upright = _plain(ImageOps.exif_transpose(picture), keeps_clear=kind is FileKind.PNG)
    return captured, _written(upright, "PNG" if kind is FileKind.PNG else "JPEG")


def _plain(picture: Image.Image, *, keeps_clear: bool) -> Image.Image:
    """Return the pixels alone, in the colours that every program takes them for."""
    profile = picture.info.get("icc_profile")
    if picture.mode.startswith("I;16"):
        picture = picture.point(lambda value: value / 256).convert("L")
    elif keeps_clear and (picture.mode in {"LA", "PA", "RGBA"} or "transparency" in picture.info):
        picture = picture.convert("RGBA")
    elif picture.mode not in {"L", "RGB"}:
        picture = picture.convert("L" if picture.mode == "1" else "RGB")
    if profile and picture.mode == "RGB":
        with suppress(ImageCms.PyCMSError, OSError, ValueError):
            own = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            changed = ImageCms.profileToProfile(picture, own, ImageCms.createProfile("sRGB"))
            picture = changed or picture
    plain = Image.new(picture.mode, picture.size)
    plain.paste(picture)
    return plain


def _written(picture: Image.Image, form: str) -> Iterator[bytes]:
    target = io.BytesIO()
    picture.save(target, form, **({"quality": _QUALITY} if form == "JPEG" else {"compress_level": 4}))
    yield target.getvalue()


def _captured(picture: Image.Image) -> Captured:
    exif = picture.getexif()
    details = exif.get_ifd(ExifTags.IFD.Exif)
    at = _moment(
        str(details.get(ExifTags.Base.DateTimeOriginal) or exif.get(ExifTags.Base.DateTime) or ""),
        str(details.get(ExifTags.Base.OffsetTimeOriginal) or ""),
    )
    place = _place(exif.get_ifd(ExifTags.IFD.GPSInfo))
    xmp = _xmp_of(picture)
    return Captured(at or _xmp_moment(xmp), place or _xmp_place(xmp))


def _moment(text: str, zone: str) -> str:
    found = _MOMENT.match(text)
    if not found or found[1] == "0000":
        return ""
    year, month, day, time = found.groups()
    return f"{year}-{month}-{day}T{time}{zone if _ZONE.fullmatch(zone) else ''}"


def _place(tags: Mapping[int, Any]) -> str:
    with suppress(KeyError, TypeError, ValueError, ZeroDivisionError):
        latitude = _degrees(tags[ExifTags.GPS.GPSLatitude], str(tags[ExifTags.GPS.GPSLatitudeRef]))
        longitude = _degrees(tags[ExifTags.GPS.GPSLongitude], str(tags[ExifTags.GPS.GPSLongitudeRef]))
        return place_of(latitude, longitude)
    return ""


def _degrees(parts: Any, side: str) -> float:  # noqa: ANN401 - three fractions, if the file is as it should be
    degrees, minutes, seconds = (float(part) for part in parts)
    return (degrees + minutes / 60 + seconds / 3600) * (-1 if side[:1] in {"S", "W"} else 1)


def place_of(latitude: float, longitude: float) -> str:
    """Return a place as it is kept; empty where there is no such place."""
    if not (-90 <= latitude <= 90 and -180 <= longitude <= 180):  # noqa: PLR2004 - the poles and the date line
        return ""
    return f"{latitude:.5f}, {longitude:.5f}"


def _xmp_of(picture: Image.Image) -> str:
    xmp = picture.info.get("xmp") or picture.info.get("XML:com.adobe.xmp") or b""
    return xmp.decode("utf-8", "replace") if isinstance(xmp, bytes) else str(xmp)


def _xmp_moment(xmp: str) -> str:
    found = _XMP_DATE.search(xmp)
    return found[1].rstrip(".") if found else ""


def _xmp_place(xmp: str) -> str:
    sides = [re.search(_XMP_PLACE % name, xmp) for name in ("Latitude", "Longitude")]
    if None in sides:
        return ""
    latitude, longitude = (
        (int(found[1]) + float(found[2]) / 60) * (-1 if found[3] in "SW" else 1) for found in sides if found
    )
    return place_of(latitude, longitude)
