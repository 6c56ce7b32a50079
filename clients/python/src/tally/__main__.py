"""`python -m tally`: the command line, where `tally` itself is not on the path."""

from __future__ import annotations

import sys

from tally.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
