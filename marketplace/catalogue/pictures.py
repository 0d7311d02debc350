"""Pictures of products: looked at, drawn anew, and kept under a name of our own.

Nothing of the file that came is kept: it is decoded within limits and encoded again, which drops
hidden data (where it was taken), scripts, and whatever else a file can carry besides an image. The
rule that bites: a few kilobytes can unpack to gigabytes, so the size is read before the pixels.
"""

import os
import re
import secrets
from pathlib import Path
from typing import IO

from PIL import Image, ImageOps, UnidentifiedImageError

from marketplace.errors import Invalid, Sentence

FORMATS = ("JPEG", "PNG", "WEBP")
MOST_BYTES = 5 * 1024 * 1024
MOST_PIXELS = 30_000_000
LONGEST_SIDE = 1200
QUALITY = 82

_NAME = re.compile(r"[0-9a-f]{32}\.webp")
_BROKEN = (
    UnidentifiedImageError,
    OSError,
    ValueError,
    SyntaxError,  # what Pillow raises for a broken PNG
    EOFError,
    MemoryError,
)
_TOO_LARGE = (Image.DecompressionBombError, Image.DecompressionBombWarning)


def keep(source: IO[bytes], folder: Path) -> str:
    """Read a picture, draw it anew into `folder`, and return the name it is kept under.

    Raises Invalid (field `image`) for what is no JPEG, PNG or WebP, or is too large.
    """
    data = source.read(MOST_BYTES + 1)
    if len(data) > MOST_BYTES:
        raise _unusable(Sentence("Choose a picture of at most 5 MB."))
    source.seek(0)
    picture = _decode(source)
    name = f"{secrets.token_hex(16)}.webp"
    folder.mkdir(parents=True, exist_ok=True)
    draft = folder / f".{name}.{os.getpid()}"
    try:
        picture.save(draft, "WEBP", quality=QUALITY)
        draft.replace(folder / name)
    finally:
        draft.unlink(missing_ok=True)
    return name


def is_name(name: str) -> bool:
    """Tell whether this can be the name of a kept picture."""
    return _NAME.fullmatch(name) is not None


def forget(name: str | None, folder: Path) -> None:
    """Delete a kept picture that nothing shows any more; a missing one is no error."""
    if name and is_name(name):
        (folder / name).unlink(missing_ok=True)


def _decode(source: IO[bytes]) -> Image.Image:
    try:
        with Image.open(source, formats=FORMATS) as found:
            width, height = found.size
            if width * height > MOST_PIXELS:
                raise Image.DecompressionBombError
            found.draft("RGB", (LONGEST_SIDE, LONGEST_SIDE))
            found.load()
            upright = ImageOps.exif_transpose(found)
            upright.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
            return _on_white(upright)
    except _TOO_LARGE as error:
        why = Sentence("Choose a picture with fewer pixels: 30 million at most.")
        raise _unusable(why) from error
    except _BROKEN as error:
        why = Sentence("Choose a JPEG, PNG or WebP picture; this could not be read.")
        raise _unusable(why) from error


def _on_white(picture: Image.Image) -> Image.Image:
    if not picture.has_transparency_data:
        return picture.convert("RGB")
    layer = picture.convert("RGBA")
    white = Image.new("RGBA", layer.size, "white")
    return Image.alpha_composite(white, layer).convert("RGB")


def _unusable(why: Sentence) -> Invalid:
    return Invalid("The picture cannot be used.", {"image": why})
