"""Say in one line what is missing before anything is installed. Runs on any Python 3."""

import sys

if sys.version_info < (3, 11):
    sys.exit("Hitsuka needs Python 3.11 or newer; this is %d.%d. Try: make setup PYTHON=python3.11" % sys.version_info[:2])  # noqa: UP031  (must parse on an old Python, to say so)
try:
    import ensurepip  # noqa: F401  (Debian ships venv apart)
    import venv  # noqa: F401
except ImportError:
    sys.exit("Python's venv module is missing. On Debian or Ubuntu: apt-get install python3-venv")
