"""The English texts: `extract` gathers the msgids, `compile` makes the .mo, `check` says what is missing.

A msgid is the Japanese text itself. A thin layer over Babel, run by `make setup` and by hand:
`python tools/translations.py extract|compile|check`.
"""

from __future__ import annotations

import io
import re
import sys
from collections.abc import Callable
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parent.parent
SOURCES = ROOT / "shop"
PO = SOURCES / "translations" / "en" / "LC_MESSAGES" / "messages.po"
METHODS = [("**.py", "python"), ("templates/**.html", "jinja2"), ("templates/**.txt", "jinja2")]
KEYWORDS: dict[str, tuple[int, ...] | None] = {
    "_": None,
    "gettext": None,
    "lazy_gettext": None,
    "ngettext": (1, 2),
}

_PLACE = re.compile(r"%\(\w+\)[sd]|%%")


def extracted() -> Catalog:
    """Every msgid of the sources, in the order of files."""
    catalog = Catalog(locale="en", project="hitsuka", charset="utf-8")
    found = extract_from_dir(
        str(SOURCES), METHODS, {"**.html": {"trimmed": "true"}}, keywords=KEYWORDS, strip_comment_tags=True
    )
    for filename, _line, message, _comments, _context in sorted(found, key=lambda entry: entry[:2]):
        catalog.add(message, locations=[(f"shop/{filename}", 0)])
    return catalog


def translated() -> Catalog:
    """What messages.po holds."""
    with PO.open("rb") as file:
        return read_po(file, locale="en")


def extract() -> int:
    """Bring messages.po up to the sources: new msgids are empty, those of no use go."""
    catalog = translated() if PO.exists() else Catalog(locale="en", charset="utf-8")
    catalog.update(extracted(), no_fuzzy_matching=True)
    catalog.obsolete.clear()
    buffer = io.BytesIO()
    write_po(buffer, catalog, omit_header=True, no_location=True, sort_output=True, width=110)
    PO.parent.mkdir(parents=True, exist_ok=True)
    PO.write_bytes(HEADER + buffer.getvalue())
    return report(faults())


HEADER = b"""msgid ""
msgstr ""
"Language: en\\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"Content-Transfer-Encoding: 8bit\\n"
"Plural-Forms: nplurals=2; plural=(n != 1);\\n"

"""


def compile_() -> int:
    """Write messages.mo beside messages.po."""
    with PO.with_suffix(".mo").open("wb") as file:
        write_mo(file, translated())
    return 0


def faults() -> list[str]:
    """What stands between messages.po and a whole English shop, one line each."""
    wanted, there = extracted(), translated()
    found = [f"missing: {message.id}" for message in wanted if message.id and there.get(message.id) is None]
    for message in there:
        if not message.id:
            continue
        if wanted.get(message.id) is None:
            found.append(f"obsolete: {message.id}")
        elif message.fuzzy:
            found.append(f"fuzzy: {message.id}")
        elif not message.string:
            found.append(f"untranslated: {message.id}")
        elif _places(str(message.id)) != _places(str(message.string)):
            found.append(f"other placeholders: {message.id}")
        elif "%" in _PLACE.sub("", str(message.string)):
            # Jinja formats every text, so a lone sign would break the page.
            found.append(f"percent sign: {message.id}")
    return found + [f"obsolete: {message.id}" for message in _obsolete(there)]


def _obsolete(catalog: Catalog) -> list[Message]:
    return list(catalog.obsolete.values())


def _places(text: str) -> set[str]:
    return set(_PLACE.findall(text)) - {"%%"}


def check() -> int:
    """Print what `faults` finds."""
    return report(faults())


def report(found: list[str]) -> int:
    """Print the faults; exit status 1 where there are any."""
    for fault in found:
        print(fault)
    print(f"{len(found)} to mend" if found else "every text has its English")
    return 1 if found else 0


def main(arguments: list[str]) -> int:
    commands: dict[str, Callable[[], int]] = {"extract": extract, "compile": compile_, "check": check}
    if len(arguments) != 1 or arguments[0] not in commands:
        print("usage: python tools/translations.py extract|compile|check", file=sys.stderr)
        return 2
    return commands[arguments[0]]()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
