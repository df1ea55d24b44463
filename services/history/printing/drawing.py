"""The program that draws one picture: a process of its own.

The library lets no other thread of Python run while it draws, and keeps 100 MB. It reads from the standard input what
Vega-Lite is to draw, and how numbers are written, and writes SVG to the standard output.
"""

import json
import sys

import vl_convert


def main() -> None:
    """Draw what stands on the standard input; nothing is loaded from anywhere."""
    asked = json.load(sys.stdin.buffer)
    drawn = vl_convert.vegalite_to_svg(asked["spec"], allowed_base_urls=[], format_locale=asked["locale"])
    sys.stdout.buffer.write(drawn.encode())


if __name__ == "__main__":
    main()
