"""What is printed, checked by programs that did not print it: qpdf's library, poppler, and PDFium, which Chromium uses.

No validator of PDF/A or PDF/UA could be installed here (veraPDF is on no registry that we reach). What ISO 19005-2 and
ISO 14289-1 ask and a file can show is checked one by one; `test_the_checks_can_fail` breaks each on purpose.
"""

import io
import random
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pikepdf
import pypdfium2
import pytest

from tests.builders import a_file
from tests.cases.dossiers import WORDS, export, keep_case

ODD = (
    "أعرف أين تسكنين وسأجدك الليلة، لا تحاولي الهرب " * 3,
    "😡🔪💀 " * 30,
    "👩‍👩‍👧‍👦🏳️‍🌈🇫🇷",
    "mot " * 2500,
    "Я знаю где ты живёшь",
    "日本語のメッセージ",
    "हिन्दी संदेश",
    "שלום אני יודע איפה את גרה",
    "https://example.org/" + "a" * 300,
    "W" * 900,
    "ligne\n" * 60,
    "tab\tulé\r\nretour",
    "\u202eenvers\u202c",
    "Z̷̡͝a̶l̵g̸o̴ " * 20,
    *WORDS,
)
MARGIN = 50  # points: the page's margin is 57
FOOT = 30  # points: header and footer keep this distance from the edge


@cache
def two_hundred(folder: Path) -> bytes:
    """A dossier of 200 exhibits of every sort."""
    dice = random.Random(4)
    store = a_file(folder)
    keep_case(store, [f"{dice.choice(ODD)} {number}" for number in range(200)])
    made, _ = export(store)
    store.close()
    return made


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return two_hundred(tmp_path_factory.mktemp("dossier"))


def faults(content: bytes) -> list[str]:
    """What a PDF/A-2a and PDF/UA-1 file must have and this one lacks."""
    with pikepdf.open(io.BytesIO(content)) as pdf:
        return [*_head(pdf), *_pages(pdf), *_structure(pdf)]


def _head(pdf: pikepdf.Pdf) -> Iterator[str]:
    root: Any = pdf.Root
    xmp = root.Metadata.read_bytes().decode()
    for name, value in (("pdfaid:part", "2"), ("pdfaid:conformance", "A"), ("pdfuaid:part", "1")):
        if f"<{name}>{value}<" not in xmp and f'{name}="{value}"' not in xmp:
            yield f"{name} is not {value}"
    if "dc:title" not in xmp:
        yield "no title"
    said = {
        "no language": str(root.get("/Lang", "")) == "fr",
        "not marked": bool(root.get("/MarkInfo", {}).get("/Marked", False)),
        "the title is not displayed": bool(root.get("/ViewerPreferences", {}).get("/DisplayDocTitle", False)),
    }
    yield from (fault for fault, holds in said.items() if not holds)
    profiles = [i for i in root.get("/OutputIntents", []) if str(i.S) == "/GTS_PDFA1" and "/DestOutputProfile" in i]
    if len(profiles) != 1:
        yield "no output intent with a profile"
    yield from _nothing_hidden(pdf, root)


def _nothing_hidden(pdf: pikepdf.Pdf, root: Any) -> Iterator[str]:
    if pdf.is_encrypted or "/ID" not in pdf.trailer:
        yield "encrypted, or without an identifier"
    for name in ("/JavaScript", "/EmbeddedFiles"):
        if name in root.get("/Names", {}):
            yield f"{name} stands in it"
    if "/OpenAction" in root or "/AcroForm" in root:
        yield "something to run stands in it"


def _pages(pdf: pikepdf.Pdf) -> Iterator[str]:
    used: dict[str, set[int]] = {}
    fonts: dict[str, Any] = {}
    for number, page in enumerate(pdf.pages, 1):
        if "/Annots" in page and str(page.get("/Tabs", "")) != "/S":
            yield f"page {number}: order of tabulation"
        depth, font = 0, ""
        for instruction in pikepdf.parse_content_stream(page):
            operator = str(instruction.operator)
            depth += {"BDC": 1, "BMC": 1, "EMC": -1}.get(operator, 0)
            if depth < 0:
                yield f"page {number}: marked content is not balanced"
            if operator == "Tf":
                each = page.Resources.Font[str(instruction.operands[0])]
                font = str(each.BaseFont)
                fonts[font] = each
            if operator in ("Tj", "TJ"):
                if depth == 0:
                    yield f"page {number}: text is neither tagged nor an artifact"
                used.setdefault(font, set()).update(_codes(instruction.operands[0]))
        if depth != 0:
            yield f"page {number}: marked content is not balanced"
    for name, each in fonts.items():
        yield from _font(name, each, used.get(name, set()))


def _codes(shown: Any) -> Iterator[int]:
    for part in shown if isinstance(shown, pikepdf.Array) else [shown]:
        if isinstance(part, pikepdf.String):
            raw = bytes(part)
            yield from (int.from_bytes(raw[at : at + 2], "big") for at in range(0, len(raw), 2))


def _font(name: str, font: Any, used: set[int]) -> Iterator[str]:
    below = font.DescendantFonts[0]
    if not {"/FontFile2", "/FontFile3"} & set(below.FontDescriptor.keys()):
        yield f"{name} is not embedded"
    if "/ToUnicode" not in font:
        yield f"{name} does not say its letters"
    if 0 in used:
        yield f"{name}: a glyph is missing"
    bits = below.FontDescriptor.get("/CIDSet")
    if bits is not None:
        there = {8 * at + bit for at, byte in enumerate(bits.read_bytes()) for bit in range(8) if byte & 0x80 >> bit}
        if used - there:
            yield f"{name}: its set of glyphs is not whole"


def _structure(pdf: pikepdf.Pdf) -> Iterator[str]:
    if "/StructTreeRoot" not in pdf.Root:
        yield "no structure"
        return
    found = list(_walk(pdf.Root.StructTreeRoot))
    roles = [str(element.S) for element in found]
    if "/H1" not in roles or "/Table" not in roles:
        yield "no heading or no table"
    levels = [int(role[2]) for role in roles if re.fullmatch(r"/H[1-6]", role)]
    if any(later > before + 1 for before, later in zip([0, *levels], levels, strict=False)):
        yield "a level of heading is left out"
    for element in found:
        if str(element.S) == "/TH" and "/Scope" not in str(element.get("/A", "")):
            yield "a head of a table says not of what"
            return


def _walk(element: Any) -> Iterator[Any]:
    children = element.get("/K", [])
    for child in children if isinstance(children, pikepdf.Array) else [children]:
        if isinstance(child, pikepdf.Dictionary) and "/S" in child:
            yield child
            yield from _walk(child)


def test_it_has_what_pdf_a_and_pdf_ua_ask(made: bytes) -> None:
    assert faults(made) == []


def broken(content: bytes, change: Callable[[pikepdf.Pdf], None]) -> bytes:
    with pikepdf.open(io.BytesIO(content)) as pdf:
        change(pdf)
        out = io.BytesIO()
        pdf.save(out)
    return out.getvalue()


def _untag(pdf: pikepdf.Pdf) -> None:
    page = pdf.pages[0]
    kept = [i for i in pikepdf.parse_content_stream(page) if str(i.operator) not in ("BDC", "BMC", "EMC")]
    page.Contents = pdf.make_stream(pikepdf.unparse_content_stream(kept))


def _bare_font(pdf: pikepdf.Pdf) -> None:
    font = next(iter(pdf.pages[0].Resources.Font.values()))
    for name in ("/FontFile2", "/FontFile3"):
        if name in font.DescendantFonts[0].FontDescriptor:
            del font.DescendantFonts[0].FontDescriptor[name]


BREAKS: dict[str, Callable[[pikepdf.Pdf], None]] = {
    "profile": lambda pdf: pdf.Root.__delitem__("/OutputIntents"),
    "structure": lambda pdf: pdf.Root.__delitem__("/StructTreeRoot"),
    "language": lambda pdf: pdf.Root.__delitem__("/Lang"),
    "title": lambda pdf: pdf.Root.__delitem__("/ViewerPreferences"),
    "marks": _untag,
    "font": _bare_font,
}


@pytest.mark.parametrize("what", sorted(BREAKS))
def test_the_checks_can_fail(made: bytes, what: str) -> None:
    assert faults(broken(made, BREAKS[what]))


@pytest.fixture(scope="module")
def file(made: bytes, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("file") / "dossier.pdf"
    path.write_bytes(made)
    return path


def run(tool: str, *arguments: str | Path) -> str:
    if shutil.which(tool) is None:
        pytest.skip(f"{tool} is not installed; .ci/run installs it")
    return subprocess.run([tool, *arguments], capture_output=True, check=True).stdout.decode()


def test_qpdf_finds_no_fault(file: Path) -> None:
    assert "No syntax or stream encoding errors found" in run("qpdf", "--check", file)


def test_no_word_leaves_the_page(file: Path) -> None:
    seen = 0
    for page in run("pdftotext", "-bbox", file, "-").split("<page ")[1:]:
        wide, high = (float(size) for size in re.findall(r'(?:width|height)="([\d.]+)"', page)[:2])
        for x_min, y_min, x_max, y_max in re.findall(
            r'<word xMin="([-\d.]+)" yMin="([-\d.]+)" xMax="([-\d.]+)" yMax="([-\d.]+)"', page
        ):
            assert float(x_min) >= MARGIN
            assert float(x_max) <= wide - MARGIN
            assert float(y_min) >= FOOT
            assert float(y_max) <= high - FOOT
            seen += 1
    assert seen > 10_000


def test_every_exhibit_stands_there_and_the_letter_is_short(file: Path) -> None:
    words = run("pdftotext", "-layout", file, "-")
    numbers = {int(number) for number in re.findall(r"^ *Pièce (\d+) *$", words, re.MULTILINE)}
    assert numbers == set(range(1, 201))
    assert "Et 180 autres pièces" in words
    assert "\ufffd" not in words
    assert "⟨U+65E5⟩" in words
    assert "Я знаю где ты живёшь" in words


def test_chromiums_own_reader_opens_and_draws_every_page(made: bytes) -> None:
    pdf = pypdfium2.PdfDocument(made)
    assert len(pdf) > 50
    for page in pdf:
        drawn = page.render(scale=0.3).to_pil().convert("L")
        assert drawn.getextrema()[0] < 200  # ink
        edge = drawn.crop((drawn.width - 8, 0, drawn.width, drawn.height))
        assert edge.getextrema()[0] > 240  # none of it on the edge
    pdf.close()
