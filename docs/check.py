"""Are the documents true, and is the house as they say?

Links lead somewhere, named make targets and files exist, every decision is dated and listed. Every function
has its files and its line in the architecture, every rule its place in the layout, every port the name of
what serves it; no file is too long.

Run by `make docs`; prints what is wrong and exits 1.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parent.parent
LINK: Final = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
TARGET: Final = re.compile(r"`make ([a-z0-9-]+)|^ {4}make ([a-z0-9-]+)", re.MULTILINE)
HEADING: Final = re.compile(r"^#+ (.+)$", re.MULTILINE)
DATED: Final = re.compile(r"^20\d\d-\d\d-\d\d · ", re.MULTILINE)
FUNCTION_FILES: Final = ("handler.py", "service.py", "settings.py")
"""Same job, same name. Functions that are asked for more than a path have `schemas.py`, too."""

GENERAL_PORTS: Final = frozenset({"pages", "runtime"})
"""What ports hand over, and what the machine gives."""

MAX_LINES: Final = 400
"""What is longer holds more than one idea."""

PRODUCT: Final = ("shared", "functions", "infra", "local", "openapi", "operations", "benchmarks")
FILE: Final = re.compile(
    r"`((?:shared|functions|infra|local|operations|tests|benchmarks|docs)/[\w./-]+)`"
)


def documents() -> list[Path]:
    """Every page of the repository."""
    return [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md"))]


def anchors(page: Path) -> set[str]:
    """The anchors of a page's headings."""
    titles = HEADING.findall(page.read_text())
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


def broken_links(page: Path) -> Iterator[str]:
    """Links of a page that lead nowhere."""
    for link in LINK.findall(page.read_text()):
        if "://" in link or link.startswith("mailto:"):
            continue
        name, _, anchor = link.partition("#")
        target = (page.parent / name).resolve() if name else page
        if not target.exists():
            yield f"the link {link} leads nowhere"
        elif anchor and anchor not in anchors(target):
            yield f"the link {link} names no heading there"


def unknown_names(page: Path, targets: set[str]) -> Iterator[str]:
    """Make targets and files that a page names and that are not there."""
    text = page.read_text()
    for pair in TARGET.findall(text):
        target = pair[0] or pair[1]
        if target not in targets:
            yield f"there is no target {target} in the Makefile"
    for file in FILE.findall(text):
        if not (ROOT / file.rstrip(".")).exists():
            yield f"there is no {file}"


def is_decision(page: Path) -> bool:
    """Whether a page is a decision, not the list of them."""
    return page.parent.name == "decisions" and page.name != "README.md"


def undated(page: Path) -> Iterator[str]:
    """Decisions without a date."""
    if is_decision(page) and not DATED.search(page.read_text()):
        yield "a decision says when it was made and whether it stands"


def unlisted(pages: list[Path]) -> Iterator[str]:
    """Decisions that the list of them does not name."""
    listed = (ROOT / "docs" / "decisions" / "README.md").read_text()
    for page in filter(is_decision, pages):
        if f"({page.name})" not in listed:
            yield f"docs/decisions/README.md: {page.name} is not in the list"


def unlike_functions() -> Iterator[str]:
    """Functions without their files, or without their line in the architecture."""
    told = (ROOT / "docs" / "architecture.md").read_text()
    for folder in sorted(path.parent for path in (ROOT / "functions").glob("*/__init__.py")):
        for file in FUNCTION_FILES:
            if not (folder / file).exists():
                yield f"functions/{folder.name}: there is no {file}"
        if f"| `{folder.name}` |" not in told:
            yield f"functions/{folder.name}: docs/architecture.md does not say what it does"


def unplaced_rules() -> Iterator[str]:
    """Files of the domain that the layout does not name."""
    told = (ROOT / "docs" / "architecture.md").read_text()
    layout = set(re.findall(r"\w+", told.partition("\n## Layout\n")[2].partition("\n## ")[0]))
    for file in sorted((ROOT / "shared" / "domain").glob("[a-z]*.py")):
        if file.stem not in layout:
            yield f"shared/domain/{file.name}: the layout in docs/architecture.md does not name it"


def unserved_ports() -> Iterator[str]:
    """Ports that no file of the store has the name of."""
    for port in sorted((ROOT / "shared" / "ports").glob("[a-z]*.py")):
        if port.stem not in GENERAL_PORTS and not (ROOT / "shared" / "store" / port.name).exists():
            yield f"shared/ports/{port.name}: nothing in shared/store has this name"


def long_files() -> Iterator[str]:
    """Files of the product with too many lines."""
    for path in sorted(path for part in PRODUCT for path in (ROOT / part).rglob("*.py")):
        lines = len(path.read_text().splitlines())
        if lines > MAX_LINES:
            yield f"{path.relative_to(ROOT)}: {lines} lines are more than one idea"


def main() -> int:
    """Check every page, and the house."""
    makefile = (ROOT / "Makefile").read_text()
    targets = set(re.findall(r"^([a-z0-9-]+(?: [a-z0-9-]+)*):", makefile, re.MULTILINE))
    names = {name for line in targets for name in line.split()}
    pages = documents()
    found = [
        f"{page.relative_to(ROOT)}: {problem}"
        for page in pages
        for problem in (*broken_links(page), *unknown_names(page, names), *undated(page))
    ]
    found += [
        *unlisted(pages),
        *unlike_functions(),
        *unplaced_rules(),
        *unserved_ports(),
        *long_files(),
    ]
    for line in found:
        sys.stderr.write(line + "\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
