"""Files as a seller's computer has them, for the tests of uploads."""

import io
from typing import Any

import requests

from .conftest import Running

PDF = b"%PDF-1.4\nA receipt for cheese.\n"
PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 64


def paper(content: bytes = PDF, name: str = "receipt.pdf") -> Any:
    """An open file with a name, as `open(…, "rb")` answers it."""
    opened = io.BytesIO(content)
    opened.name = name
    return opened


def upload(sandbox: Running, purpose: str, content: bytes = PDF, name: str = "a.pdf") -> str:
    """Upload a file as the platform; answers its id."""
    return sandbox.client().v1.files.create({"file": paper(content, name), "purpose": purpose}).id


def fetch(sandbox: Running, url: str) -> requests.Response:
    """Download with the platform's secret key."""
    return sandbox.http.get(url, headers={"Authorization": f"Bearer {sandbox.key}"}, timeout=60)
