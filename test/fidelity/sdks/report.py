"""What the SDKs' scripts have in common: where the service is, and what they report as one line of JSON."""

import json
import os
import struct
import urllib.request

API_URL = os.environ["API_URL"]
API_KEY = os.environ["API_KEY"]
PROMPT = os.environ["PROMPT"]


def size_of(picture):
    """Width and height of a PNG, by its address or its bytes."""
    if isinstance(picture, str):
        with urllib.request.urlopen(picture) as answer:
            picture = answer.read()
    assert picture[:8] == b"\x89PNG\r\n\x1a\n", picture[:80]
    return list(struct.unpack(">II", picture[16:24]))


def report(**found):
    print(json.dumps(found))
