"""Install the browser that the tests drive, where it is missing: `python -m tests.browser.prepare`.

It is Debian's Chromium, driven as it is: no browser is downloaded. The Python packages come with the extra `browser`.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

CHROMIUM = "/usr/bin/chromium"
PACKAGES = ("playwright", "axe_playwright_python")
#: without a font for them, Chinese signs are boxes in the pictures
_FONT = Path("/usr/share/fonts/truetype/wqy/wqy-microhei.ttc")
_WANTED = ("chromium", "fonts-liberation", "fonts-wqy-microhei", "pngquant")
_INSTALL = ("apt-get", "install", "--yes", "--no-install-recommends", *_WANTED)


def main() -> int:
    """Install what is missing, and return the exit code."""
    if Path(CHROMIUM).exists() and _FONT.exists() and shutil.which("pngquant"):
        return 0
    if os.geteuid() or not shutil.which("apt-get"):
        print(
            f"{CHROMIUM}, a Chinese font and pngquant are needed; on Debian, as root: {' '.join(_INSTALL)}",
            file=sys.stderr,
        )
        return 1
    print(f"installing {', '.join(_WANTED)}", flush=True)
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in (("apt-get", "update"), _INSTALL):
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        if done.returncode:
            print(f"{' '.join(command)} failed:\n{done.stdout}{done.stderr}", file=sys.stderr)
            return done.returncode
    return 0


if __name__ == "__main__":
    sys.exit(main())
