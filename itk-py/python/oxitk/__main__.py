"""`python -m oxitk` is the command line."""

import sys

from oxitk._cli import main

sys.exit(main())
