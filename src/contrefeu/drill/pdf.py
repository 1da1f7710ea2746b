"""A PDF, small and always the same for the same text.

Enough of ISO 32000-1 for a letter: one font (Helvetica, WinAnsi), A4, pages of lines, a cross-reference table. No date
and no identifier are written, so that the same letter has the same bytes.
"""

LINES_A_PAGE = 52


def letter(title: str, text: str) -> bytes:
    """Return a PDF of *text* (lines are kept as they are) under *title*."""
    lines = text.split("\n")
    pages = [lines[i : i + LINES_A_PAGE] for i in range(0, len(lines), LINES_A_PAGE)]
    first_page = 4
    kids = " ".join(f"{first_page + 2 * n} 0 R" for n in range(len(pages)))
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {len(pages)} >>".encode(),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
    ]
    for n, page in enumerate(pages):
        content = _content(title if n == 0 else "", page)
        objects.append(
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Resources << /Font << /F1 3 0 R >> >> "
            + f"/Contents {first_page + 2 * n + 1} 0 R >>".encode()
        )
        objects.append(f"<< /Length {len(content)} >>\nstream\n".encode() + content + b"\nendstream")
    return _assemble(objects)


def _content(title: str, lines: list[str]) -> bytes:
    parts = [b"BT /F1 15 Tf 50 790 Td (" + _string(title) + b") Tj /F1 10 Tf 0 -26 Td 14 TL"]
    parts.extend(b"(" + _string(line) + b") Tj T*" for line in lines)
    return b"\n".join([*parts, b"ET"])


def _string(text: str) -> bytes:
    raw = text.encode("cp1252", "replace")
    return raw.replace(b"\\", b"\\\\").replace(b"(", b"\\(").replace(b")", b"\\)")


def _assemble(objects: list[bytes]) -> bytes:
    out = bytearray(b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n")
    offsets = []
    for number, body in enumerate(objects, 1):
        offsets.append(len(out))
        out += f"{number} 0 obj\n".encode() + body + b"\nendobj\n"
    xref = len(out)
    out += f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n".encode()
    for offset in offsets:
        out += f"{offset:010} 00000 n \n".encode()
    out += f"trailer\n<< /Size {len(objects) + 1} /Root 1 0 R >>\nstartxref\n{xref}\n%%EOF\n".encode()
    return bytes(out)
