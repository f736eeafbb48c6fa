"""Write docs/openapi.json anew: ``python -m countenance.http.native.describe > docs/openapi.json``."""

from __future__ import annotations

import json
import sys

from countenance.http.native.openapi import openapi
from countenance.http.native.operations import OPERATIONS

if __name__ == "__main__":
    sys.stdout.write(json.dumps(openapi(OPERATIONS), indent=1, ensure_ascii=False) + "\n")
