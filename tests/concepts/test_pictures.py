"""Pictures that people upload: drawn anew within limits, or refused; never kept as they came."""

import io
from pathlib import Path

import pytest
from PIL import Image

from marketplace.catalogue import pictures
from marketplace.errors import Invalid


def drawn(kind: str, size: tuple[int, int] = (40, 30), mode: str = "RGB") -> io.BytesIO:
    """A picture of one colour, as a file."""
    file = io.BytesIO()
    exif = Image.Exif()
    exif[0x010E] = "taken at home"
    Image.new(mode, size).save(file, kind, exif=exif)
    file.seek(0)
    return file


@pytest.mark.parametrize("kind", pictures.FORMATS)
def test_a_picture_is_drawn_anew_without_what_it_tells_about_its_maker(
    tmp_path: Path, kind: str
) -> None:
    name = pictures.keep(drawn(kind), tmp_path)
    assert pictures.is_name(name)
    with Image.open(tmp_path / name) as kept:
        assert (kept.format, kept.size) == ("WEBP", (40, 30))
        assert not kept.getexif()
    assert b"taken at home" not in (tmp_path / name).read_bytes()
    assert [file.name for file in tmp_path.iterdir()] == [name]


def test_a_large_picture_is_made_to_fit_and_a_transparent_one_gets_white_paper(
    tmp_path: Path,
) -> None:
    with Image.open(tmp_path / pictures.keep(drawn("PNG", (3000, 1000)), tmp_path)) as kept:
        assert kept.size == (1200, 400)
    with Image.open(tmp_path / pictures.keep(drawn("PNG", mode="RGBA"), tmp_path)) as kept:
        pixel = kept.convert("RGB").getpixel((5, 5))
    assert pixel == (255, 255, 255)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
        b"GIF89a" + b"\0" * 30,
        drawn("PNG").getvalue()[:60],
        drawn("JPEG").getvalue()[:200],
        b"\x89PNG\r\n\x1a\n" + b"\xff" * 100,
    ],
)
def test_what_is_no_whole_picture_of_a_known_kind_is_refused(tmp_path: Path, data: bytes) -> None:
    with pytest.raises(Invalid) as refused:
        pictures.keep(io.BytesIO(data), tmp_path)
    assert list(refused.value.fields) == ["image"]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("side", [6000, 12000, 20000])
def test_few_bytes_that_unpack_to_many_pixels_are_refused_by_their_size(
    tmp_path: Path, side: int
) -> None:
    file = io.BytesIO()
    Image.new("1", (side, side)).save(file, "PNG")
    file.seek(0)
    with pytest.raises(Invalid, match="picture"):
        pictures.keep(file, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_more_than_five_megabytes_are_not_read(tmp_path: Path) -> None:
    with pytest.raises(Invalid) as refused:
        pictures.keep(io.BytesIO(b"\0" * (pictures.MOST_BYTES + 1)), tmp_path)
    assert "5 MB" in refused.value.fields["image"]


def test_only_names_of_our_own_making_are_looked_up_or_deleted(tmp_path: Path) -> None:
    name = pictures.keep(drawn("PNG"), tmp_path / "uploads")
    keep = tmp_path / "secret_key"
    keep.write_text("x")
    pictures.forget("../secret_key", tmp_path / "uploads")
    assert keep.exists()
    assert not pictures.is_name("../secret_key")
    pictures.forget(name, tmp_path / "uploads")
    assert not (tmp_path / "uploads" / name).exists()
