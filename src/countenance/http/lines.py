"""Log lines as JSON, one a line: ids and words of ours; never what an error says of somebody's input."""

from __future__ import annotations

import json
import logging
import traceback
from datetime import UTC, datetime


class JsonLines(logging.Formatter):
    """``time``, ``level``, ``logger``, ``message`` and the fields of ``extra={"fields": …}``.

    Of an exception it tells the kind and where it was raised, not its words: those may quote a name.
    """

    def format(self, record: logging.LogRecord) -> str:
        """See logging.Formatter."""
        said: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        said |= getattr(record, "fields", {})
        if record.exc_info and record.exc_info[0] is not None:
            said["error"] = record.exc_info[0].__name__
            said["at"] = [
                f"{frame.filename.rpartition('site-packages/')[2]}:{frame.lineno} {frame.name}"
                for frame in traceback.extract_tb(record.exc_info[2])[-8:]
            ]
        return json.dumps(said, ensure_ascii=True)


def log_as_json(level: str) -> None:
    """All logging of this process goes to standard error in such lines."""
    handler = logging.StreamHandler()
    handler.setFormatter(JsonLines())
    logging.basicConfig(level=level, handlers=[handler], force=True)
    for chatty in ("uvicorn.access", "alembic", "httpx"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
