"""Who uses the demo workspace: forty people, a few of them heavy, and what each of them does."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

KINDS: Final[dict[str, dict[str, int]]] = {
    "developer": {"code": 52, "assistant": 25, "research": 6, "search": 14, "images": 3},
    "analyst": {"documents": 38, "assistant": 22, "research": 12, "search": 28},
    "writer": {"assistant": 58, "documents": 22, "images": 10, "speech": 10},
    "support": {"helpdesk": 62, "assistant": 28, "speech": 10},
}
"""What people of a kind use, in parts of a hundred calls."""

PLATFORMS: Final[dict[str, dict[str, int]]] = {
    "developer": {"vscode": 60, "api": 30, "web": 10},
    "analyst": {"web": 65, "desktop": 35},
    "writer": {"web": 50, "ios": 30, "android": 20},
    "support": {"web": 80, "android": 20},
}


@dataclass(frozen=True, slots=True)
class Person:
    """A user. `weight` is their share of the calls, `country` where they mostly are."""

    user_id: str
    name: str
    kind: str
    weight: int
    country: str

    @property
    def pack(self) -> int:
        """The credits they buy at a time: more than any single call costs."""
        if self.kind in ("writer", "support"):
            return 2_000
        return 10_000 if self.weight >= 60 else 5_000


_TABLE: Final = """
alice  Alice Meyer       developer 190 DE
bob    Bob Laurent       analyst   150 FR
carol  Carol Novak       support   140 CZ
david  David Schmidt     developer 100 DE
emma   Emma Rossi        writer     80 IT
farid  Farid Haddad      analyst    60 AE
grace  Grace Kim         developer  55 KR
hugo   Hugo Jansen       support    50 NL
ines   Ines Costa        writer     45 PT
jakob  Jakob Fischer     developer  40 DE
kate   Kate Brown        support    36 GB
liam   Liam Murphy       analyst    32 IE
mina   Mina Sato         writer     30 JP
nils   Nils Andersson    developer  28 SE
olga   Olga Wojcik       support    26 PL
pablo  Pablo Garcia      analyst    24 ES
quinn  Quinn Taylor      writer     22 US
rosa   Rosa Lopez        support    20 ES
somchai Somchai Srisuk   developer  19 TH
tara   Tara Singh        analyst    18 IN
umar   Umar Khan         writer     17 GB
vera   Vera Huber        support    16 AT
wim    Wim Peeters       developer  15 BE
xenia  Xenia Papadaki    analyst    14 GR
yuna   Yuna Park         writer     13 KR
zoe    Zoe Martin        support    12 FR
anton  Anton Weber       developer  11 DE
bianca Bianca Moretti    analyst    10 IT
cleo   Cleo Dubois       writer     10 FR
dirk   Dirk Vogel        support     9 DE
elif   Elif Yilmaz       developer   9 TR
felix  Felix Keller      analyst     8 CH
gita   Gita Sharma       writer      8 IN
hana   Hana Dvorak       support     7 CZ
ivan   Ivan Petrov       developer   7 BG
julia  Julia Wagner      analyst     6 DE
karl   Karl Hansen       writer      6 DK
lena   Lena Braun        support     5 DE
marco  Marco Bianchi     developer   5 IT
nora   Nora Lindgren     analyst     4 SE
"""


def _person(line: str) -> Person:
    user_id, *names, kind, weight, country = line.split()
    return Person(user_id, " ".join(names), kind, int(weight), country)


PEOPLE: Final = tuple(_person(line) for line in _TABLE.strip().splitlines())

TRAVELLED_TO: Final = ("DE", "FR", "US", "GB", "ES", "TH", "JP")
