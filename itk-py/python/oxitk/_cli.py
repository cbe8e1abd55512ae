"""The console script `oxitk`: the command line is in the native module, and numpy is never imported."""

import sys

from oxitk._native import _run_cli


def main() -> int:
    """Run the command line of this process and return its exit code."""
    return _run_cli(sys.argv)
