"""Say in one line what is missing before anything is installed. Runs on any Python 3."""

import sys

if sys.version_info < (3, 11):
    here = "%d.%d" % sys.version_info[:2]
    sys.exit("Hitsuka needs Python 3.11 or newer; this is " + here + ". Try: make setup PYTHON=python3.11")
try:
    import ensurepip  # noqa: F401  (Debian ships venv apart)
    import venv  # noqa: F401  (as above)
except ImportError:
    sys.exit("Python's venv module is missing. On Debian or Ubuntu: apt-get install python3-venv")
