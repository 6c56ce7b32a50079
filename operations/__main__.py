"""`python -m operations`: whatever fails here, and be it an import, ends with 2, never with what 1 means."""

from __future__ import annotations

import sys
import traceback
from typing import Final

NOT_DONE: Final = 2


def main() -> int:
    """Run the command that the command line names."""
    try:
        from operations.running import main as run  # noqa: PLC0415 - its failure is caught, too

        return run()
    except KeyboardInterrupt:
        print("interrupted; the same command can be given again", file=sys.stderr)
    except Exception:  # noqa: BLE001 - whatever it is, it must not look like something that was found
        traceback.print_exc()
    return NOT_DONE


if __name__ == "__main__":
    sys.exit(main())
