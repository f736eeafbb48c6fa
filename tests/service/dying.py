"""A process that kills itself at its n-th act on the file system: ``backup DATA OUT N`` or ``restore DATA BACKUP N``.

With N of 0 it lives, and prints how many acts there were.
"""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

from countenance.assembly import House, backup_of, open_house, restore_from
from countenance.settings import read_settings

ACTS = {"open", "os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.truncate", "sqlite3.connect", "shutil.rmtree"}


def main(verb: str, data: Path, place: Path, last: int) -> None:
    """Count acts that write from the moment where the verb's own work begins."""
    count = 0
    counting = False

    def seen(event: str, arguments: tuple[object, ...]) -> None:
        nonlocal count
        if not counting or event not in ACTS:
            return
        if event == "open" and not (isinstance(arguments[2], int) and arguments[2] & (os.O_WRONLY | os.O_RDWR)):
            return
        count += 1
        if count == last:
            os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(seen)
    if verb == "backup":
        with open_house(data) as house:
            counting = True
            backup_of(house, place)
            counting = False
    else:
        counting = True
        restore_from(read_settings(data), place)
        with House.open(read_settings(data)):
            counting = False
    sys.stdout.write(f"{count}\n")


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]), int(sys.argv[4]))
