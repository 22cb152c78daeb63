"""Pages that do to the process which reads them what no generated page is sure to do."""

from __future__ import annotations

import os
import signal
import time
from typing import NoReturn


class Hanging(bytes):
    """Never read to its end."""

    def __len__(self) -> NoReturn:
        while True:
            time.sleep(1)


class Deadly(bytes):
    """Kills its reader."""

    def __len__(self) -> NoReturn:
        os.kill(os.getpid(), signal.SIGKILL)
        raise AssertionError
