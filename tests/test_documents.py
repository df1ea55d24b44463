"""What the documents point to is there."""

import re
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parents[1]
DOCUMENTS = [*CHECKOUT.glob("*.md"), *(CHECKOUT / "docs").rglob("*.md")]
TREES = ("docs", "events", "projections", "services", "tests")


def links(text: str) -> set[str]:
    """Give the files that a page links to."""
    return {target.split("#")[0] for target in re.findall(r"\]\(([^)#][^)]*)\)", text) if "://" not in target}


def named(text: str) -> set[str]:
    """Give the files of ours that a page names in code; a pattern or a placeholder is no file."""
    words = re.findall(rf"(?<![\w./-])(?:{'|'.join(TREES)})/[\w./*-]*", text)
    return {word.rstrip(".") for word in words if "*" not in word}


@pytest.mark.parametrize("page", DOCUMENTS, ids=lambda page: str(page.relative_to(CHECKOUT)))
def test_what_a_page_points_to_is_there(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    missing = {link for link in links(text) if not (page.parent / link).exists()}
    missing |= {name for name in named(text) if not (CHECKOUT / name).exists()}
    assert missing <= {"projections/queue_campaign.sql"}, "only the example that a reader writes may be missing"
