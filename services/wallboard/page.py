"""The page, in the language that a screen asks for; when its libraries are not installed, a page that says so."""

import base64
import hashlib
import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from string import Template

from services.runtime.languages import preferred
from services.wallboard.vendor import COMMAND, Vendor

STATIC = Path(__file__).parent / "static"
LANGUAGES = ("ru", "en")
_TITLES = {"ru": "Квота: продажи сегодня", "en": "Kvota: sales today"}
_WAIT = {
    "ru": "Табло загружается. Для него нужен браузер с включённым JavaScript.",
    "en": "The board is loading. It needs a browser with JavaScript switched on.",
}
_MISSING = {
    "ru": "Библиотеки табло не установлены. Выполните команду и обновите страницу:",
    "en": "The libraries of the board are not installed. Run this command, then reload the page:",
}
_IMPORT_MAP = re.compile(r'<script type="importmap">(.*?)</script>', re.DOTALL)


@dataclass(frozen=True)
class Page:
    """The page and whatever is served with it."""

    vendor: Vendor

    @cached_property
    def version(self) -> str:
        """Moves with every change of what a screen loads, so that one that is never switched off loads it anew."""
        digest = hashlib.sha256()
        for path in sorted(STATIC.iterdir()):
            if path.is_file():
                digest.update(path.read_bytes())
        return digest.hexdigest()[:12]

    @cached_property
    def security_policy(self) -> str:
        """What the page may load: its own files, and nothing from anywhere else."""
        found = _IMPORT_MAP.search(self._template("page.html"))
        import_map = base64.b64encode(hashlib.sha256(found.group(1).encode()).digest()).decode() if found else ""
        return (
            f"default-src 'none'; script-src 'self' 'sha256-{import_map}'; style-src 'self'; font-src 'self'; "
            "img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'"
        )

    def html(self, language: str) -> str:
        """The page in a language."""
        words = {"lang": language, "title": _TITLES[language], "version": self.version}
        if not self.vendor.is_installed():
            return Template(self._template("missing.html")).substitute(
                words, message=_MISSING[language], command=COMMAND
            )
        return Template(self._template("page.html")).substitute(words, wait=_WAIT[language])

    def _template(self, name: str) -> str:
        return (STATIC / name).read_text("utf-8")


def language_of(wanted: str | None, accepted: str | None) -> str:
    """The language of a screen: the one asked for by name, else the first that it accepts, else English."""
    if wanted in LANGUAGES:
        return wanted
    return preferred(accepted)
