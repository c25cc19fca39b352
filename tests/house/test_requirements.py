"""What is installed: pinned, with the hashes of its files, and no registry is named."""

import re

import pytest

from config import ROOT

KINDS = ("requirements", "requirements-dev", "requirements-mutants", "requirements-tools")
PIN = re.compile(r"([a-z0-9-]+)==([0-9][^ ;]*)(?: ; [^\\]+)? \\")
HASH = re.compile(r"    --hash=sha256:[0-9a-f]{64}(?: \\)?")


def normal(name: str) -> str:
    """A name as indexes compare it (PEP 503), without its extras."""
    return re.sub(r"[-_.]+", "-", name.partition("[")[0]).lower()


def pins(kind: str) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for line in (ROOT / f"{kind}.txt").read_text().splitlines():
        if match := PIN.fullmatch(line):
            found.setdefault(match[1], set()).add(match[2])
    return found


def wanted(kind: str) -> set[str]:
    lines = (ROOT / f"{kind}.in").read_text().split("\n")
    return {normal(line) for line in lines if line and not line.startswith("-r ")}


@pytest.mark.parametrize("kind", KINDS)
class TestRequirements:
    def test_are_pins_with_hashes_and_nothing_else(self, kind):
        lines = (ROOT / f"{kind}.txt").read_text().splitlines()
        before = ""
        for line in filter(lambda line: not line.lstrip().startswith("#"), lines):
            assert PIN.fullmatch(line) or HASH.fullmatch(line), line
            assert not PIN.fullmatch(before) or HASH.fullmatch(line), line
            before = line

    def test_hold_what_their_source_names(self, kind):
        assert wanted(kind) <= pins(kind).keys()

    def test_are_what_the_product_runs_with(self, kind):
        running, here = pins("requirements"), pins(kind)
        assert {name: here.get(name, versions) for name, versions in running.items()} == running

    def test_name_no_registry(self, kind):
        for suffix in (".in", ".txt"):
            assert "://" not in (ROOT / f"{kind}{suffix}").read_text()


def test_are_installed_by_their_hashes_alone():
    for script in ("Makefile", ".ci/mutants"):
        text = (ROOT / script).read_text()
        assert text.count("pip install") == text.count("--require-hashes")
