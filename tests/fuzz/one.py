"""`python -m tests.fuzz.one NAME …`: one harness under atheris, with the options of libFuzzer.

The parsers are instrumented as they are imported, so nothing of them may be imported before.
"""

import sys

import atheris

with atheris.instrument_imports(include=["events", "services.feeds"]):
    from tests.fuzz.harnesses import HARNESSES

if __name__ == "__main__":
    name = sys.argv.pop(1)
    atheris.Setup(sys.argv, HARNESSES[name])
    atheris.Fuzz()
