"""Are the documents true? Links lead somewhere, named make targets and files exist, every decision is dated.

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
FILE: Final = re.compile(r"`((?:shared|functions|infra|local|tests|benchmarks|docs)/[\w./-]+)`")


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


def undated(page: Path) -> Iterator[str]:
    """Decisions without a date."""
    if page.parent.name == "decisions" and not DATED.search(page.read_text()):
        yield "a decision says when it was made and whether it stands"


def main() -> int:
    """Check every page."""
    makefile = (ROOT / "Makefile").read_text()
    targets = set(re.findall(r"^([a-z0-9-]+(?: [a-z0-9-]+)*):", makefile, re.MULTILINE))
    names = {name for line in targets for name in line.split()}
    found = [
        f"{page.relative_to(ROOT)}: {problem}"
        for page in documents()
        for problem in (*broken_links(page), *unknown_names(page, names), *undated(page))
    ]
    for line in found:
        sys.stderr.write(line + "\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
