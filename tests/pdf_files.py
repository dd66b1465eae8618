"""Writes small PDF files by hand, for tests."""

from __future__ import annotations

import base64
import zlib

_LOCKED = (
    "JVBERi0xLjMKJeLjz9MKMSAwIG9iago8PAovVHlwZSAvQ2F0YWxvZwovUGFnZXMgMiAwIFIKL05hbWVzIDUgMCBSCj4+CmVuZG9iagoyIDAgb2"
    "JqCjw8Ci9UeXBlIC9QYWdlcwovQ291bnQgMQovS2lkcyBbIDMgMCBSIF0KPj4KZW5kb2JqCjMgMCBvYmoKPDwKL1R5cGUgL1BhZ2UKL1Jlc291"
    "cmNlcyA8PAovRm9udCA8PAovRjEgPDwKL1R5cGUgL0ZvbnQKL1N1YnR5cGUgL1R5cGUxCi9CYXNlRm9udCAvSGVsdmV0aWNhCj4+Cj4+Cj4+Ci"
    "9NZWRpYUJveCBbIDAuMCAwLjAgMjAwIDIwMCBdCi9QYXJlbnQgMiAwIFIKL0NvbnRlbnRzIDQgMCBSCj4+CmVuZG9iago0IDAgb2JqCjw8Ci9M"
    "ZW5ndGggNTEKPj4Kc3RyZWFtCvwmMNCg5D3uLUB/71CtluqewptRcc/tA/RHqvvtafPU9dHrzOqFQfUq2ADntWj1ikk6kAplbmRzdHJlYW0KZW"
    "5kb2JqCjUgMCBvYmoKPDwKL0VtYmVkZGVkRmlsZXMgNiAwIFIKPj4KZW5kb2JqCjYgMCBvYmoKPDwKL05hbWVzIFsgPGVhNWY0NzMzYjg3NTRj"
    "MGMyND4gNyAwIFIgXQo+PgplbmRvYmoKNyAwIG9iago8PAovVHlwZSAvRmlsZXNwZWMKL0YgPDNkM2Y3NzAzOGM5NzM0ODllYz4KL0VGIDw8Ci"
    "9GIDggMCBSCj4+Cj4+CmVuZG9iago4IDAgb2JqCjw8Ci9UeXBlIC9FbWJlZGRlZEZpbGUKL0xlbmd0aCAxOQo+PgpzdHJlYW0KGiKpQEX4cZbK"
    "CVA+8Tlgz5enkAplbmRzdHJlYW0KZW5kb2JqCjkgMCBvYmoKPDwKL1Byb2R1Y2VyIDxmOTkxOTFhOTE1PgovQXV0aG9yIDxjMjg5OTNhNDUzMz"
    "gxMjVlNjUxODI4NTE2ND4KPj4KZW5kb2JqCjEwIDAgb2JqCjw8Ci9WIDIKL1IgMwovTGVuZ3RoIDEyOAovUCA0Mjk0OTY3MjkyCi9GaWx0ZXIg"
    "L1N0YW5kYXJkCi9PIDw1MDM3MWE3NjdhYzIwOTQ5NzllYzZhZTRlYjgyZjdjMWIyYjdjNDI2ZmE5Mzg4NGM2MTBhNmE5ZDYzOTVmYzA3PgovVS"
    "A8MDBiZTFkMjM1ZjVjNTBiMjEzNzBiMTA2YzkzMjQxZDgyOGJmNGU1ZTRlNzU4YTQxNjQwMDRlNTZmZmZhMDEwOD4KPj4KZW5kb2JqCnhyZWYK"
    "MCAxMQowMDAwMDAwMDAwIDY1NTM1IGYgCjAwMDAwMDAwMTUgMDAwMDAgbiAKMDAwMDAwMDA3NyAwMDAwMCBuIAowMDAwMDAwMTM2IDAwMDAwIG"
    "4gCjAwMDAwMDAzMTcgMDAwMDAgbiAKMDAwMDAwMDQxOCAwMDAwMCBuIAowMDAwMDAwNDYwIDAwMDAwIG4gCjAwMDAwMDA1MTkgMDAwMDAgbiAK"
    "MDAwMDAwMDU5OSAwMDAwMCBuIAowMDAwMDAwNjg4IDAwMDAwIG4gCjAwMDAwMDA3NjkgMDAwMDAgbiAKdHJhaWxlcgo8PAovU2l6ZSAxMQovUm"
    "9vdCAxIDAgUgovSW5mbyA5IDAgUgovSUQgWyA8ZTc0YTVkZTk2OTJjYjMzYzU5YzAyMWRjM2RkYjgxMjA+IDxlNzRhNWRlOTY5MmNiMzNjNTlj"
    "MDIxZGMzZGRiODEyMD4gXQovRW5jcnlwdCAxMCAwIFIKPj4Kc3RhcnR4cmVmCjk4NQolJUVPRgo="
)
_EMPTY = (
    "JVBERi0xLjMKJeLjz9MKMSAwIG9iago8PAovVHlwZSAvQ2F0YWxvZwovUGFnZXMgMiAwIFIKL05hbWVzIDUgMCBSCj4+CmVuZG9iagoyIDAgb2"
    "JqCjw8Ci9UeXBlIC9QYWdlcwovQ291bnQgMQovS2lkcyBbIDMgMCBSIF0KPj4KZW5kb2JqCjMgMCBvYmoKPDwKL1R5cGUgL1BhZ2UKL1Jlc291"
    "cmNlcyA8PAovRm9udCA8PAovRjEgPDwKL1R5cGUgL0ZvbnQKL1N1YnR5cGUgL1R5cGUxCi9CYXNlRm9udCAvSGVsdmV0aWNhCj4+Cj4+Cj4+Ci"
    "9NZWRpYUJveCBbIDAuMCAwLjAgMjAwIDIwMCBdCi9QYXJlbnQgMiAwIFIKL0NvbnRlbnRzIDQgMCBSCj4+CmVuZG9iago0IDAgb2JqCjw8Ci9M"
    "ZW5ndGggNTEKPj4Kc3RyZWFtChabHZfTjZoZD/r+ujqSivoynxhuYeD9jsVpDGzdW+1DpA7C4n6WAFT4kGNSYbrIvL//QAplbmRzdHJlYW0KZW"
    "5kb2JqCjUgMCBvYmoKPDwKL0VtYmVkZGVkRmlsZXMgNiAwIFIKPj4KZW5kb2JqCjYgMCBvYmoKPDwKL05hbWVzIFsgPDY3MTc4ODc1ZGI4ZjY4"
    "OTQyMj4gNyAwIFIgXQo+PgplbmRvYmoKNyAwIG9iago8PAovVHlwZSAvRmlsZXNwZWMKL0YgPDU2OGY0ZmNlZTg3NmM5MTYyNj4KL0VGIDw8Ci"
    "9GIDggMCBSCj4+Cj4+CmVuZG9iago4IDAgb2JqCjw8Ci9UeXBlIC9FbWJlZGRlZEZpbGUKL0xlbmd0aCAxOQo+PgpzdHJlYW0Kx8JVXjziTBnb"
    "8RQLJfA5VB3lDQplbmRzdHJlYW0KZW5kb2JqCjkgMCBvYmoKPDwKL1Byb2R1Y2VyIDw5YmIzZmUxMGJhPgovQXV0aG9yIDxhMGFiZmMxZGZjMz"
    "YwN2MwMWUxYzVlOGQ4Yj4KPj4KZW5kb2JqCjEwIDAgb2JqCjw8Ci9WIDIKL1IgMwovTGVuZ3RoIDEyOAovUCA0Mjk0OTY3MjkyCi9GaWx0ZXIg"
    "L1N0YW5kYXJkCi9PIDwxMGVkMzk0NTUxZGJlYTZmMzU1MzZhZWM1YTBkN2M4OGY4OTk4YWM2ZDUwMWI3YzQ2MDI4YzNkNWQ3YWVhYmZkPgovVS"
    "A8ZTY1YTI4Mzc5Mjg5YTFlZjZlMzhiYzExNjA5NDM1YjYyOGJmNGU1ZTRlNzU4YTQxNjQwMDRlNTZmZmZhMDEwOD4KPj4KZW5kb2JqCnhyZWYK"
    "MCAxMQowMDAwMDAwMDAwIDY1NTM1IGYgCjAwMDAwMDAwMTUgMDAwMDAgbiAKMDAwMDAwMDA3NyAwMDAwMCBuIAowMDAwMDAwMTM2IDAwMDAwIG"
    "4gCjAwMDAwMDAzMTcgMDAwMDAgbiAKMDAwMDAwMDQxOCAwMDAwMCBuIAowMDAwMDAwNDYwIDAwMDAwIG4gCjAwMDAwMDA1MTkgMDAwMDAgbiAK"
    "MDAwMDAwMDU5OSAwMDAwMCBuIAowMDAwMDAwNjg4IDAwMDAwIG4gCjAwMDAwMDA3NjkgMDAwMDAgbiAKdHJhaWxlcgo8PAovU2l6ZSAxMQovUm"
    "9vdCAxIDAgUgovSW5mbyA5IDAgUgovSUQgWyA8NTZmMWY0OGUwMTE0MDkyZTdmMGZmZDE2YmFjYjVlOGE+IDw1NmYxZjQ4ZTAxMTQwOTJlN2Yw"
    "ZmZkMTZiYWNiNWU4YT4gXQovRW5jcnlwdCAxMCAwIFIKPj4Kc3RhcnR4cmVmCjk4NQolJUVPRgo="
)

# Both made once with pypdf 7 (RC4-128): one page with "fnr 15888010030 side", author "Kari Eksempel", an attachment.
LOCKED = base64.b64decode(_LOCKED)
"""Needs the password `hemmelig`."""
LOCKED_EMPTY = base64.b64decode(_EMPTY)
"""Needs no password to open."""

FONT = (
    "/Resources << /Font << /F1 << /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >> >> >>"
)


def assemble(objects: dict[int, bytes], trailer: str) -> bytes:
    """Objects by number, with the cross-reference table and the trailer (ISO 32000-1, 7.5)."""
    out = bytearray(b"%PDF-1.7\n")
    places = {}
    for number, data in objects.items():
        places[number] = len(out)
        out += b"%d 0 obj\n%s\nendobj\n" % (number, data)
    start = len(out)
    size = max(objects) + 1
    out += b"xref\n0 %d\n0000000000 65535 f \n" % size
    for number in range(1, size):
        out += b"%010d 00000 n \n" % places[number] if number in places else b"0000000000 65535 f \n"
    return bytes(out + f"trailer << /Size {size} /Root 1 0 R {trailer} >>\nstartxref\n{start}\n%%EOF\n".encode())


def stream(data: bytes, entries: str = "", compress: bool = False) -> bytes:
    if compress:
        data, entries = zlib.compress(data), entries + " /Filter /FlateDecode"
    return f"<< /Length {len(data)} {entries} >>\nstream\n".encode() + data + b"\nendstream"


def show_text(*lines: str) -> bytes:
    """Page content that shows these lines."""
    drawn = "".join(f"({line}) Tj 0 -20 Td " for line in lines)
    return f"BT /F1 12 Tf 20 700 Td {drawn} ET".encode("cp1252")


def document(
    pages: list[bytes],
    extra: dict[int, bytes] | None = None,
    page: str = "",
    catalog: str = "",
    trailer: str = "",
    resources: str = FONT,
) -> bytes:
    """A document of pages with this content; `extra` objects are numbered from 100 on."""
    kids = " ".join(f"{10 + 2 * n} 0 R" for n in range(len(pages)))
    objects = {
        1: f"<< /Type /Catalog /Pages 2 0 R {catalog} >>".encode(),
        2: f"<< /Type /Pages /Kids [{kids}] /Count {len(pages)} >>".encode(),
    }
    for n, content in enumerate(pages):
        box = "/MediaBox [0 0 600 800]"
        own = f"<< /Type /Page /Parent 2 0 R {box} {resources} /Contents {11 + 2 * n} 0 R {page} >>"
        objects[10 + 2 * n] = own.encode()
        objects[11 + 2 * n] = stream(content, compress=True)
    return assemble({**objects, **(extra or {})}, trailer)
