#!/usr/bin/env python3
"""pages_test.py ROOT BUILD WORK: what the pages say agrees with the tree. Links lead somewhere, in the tree and as the
pages are installed; what the guide says of the schema, of the ABI and of stores is what the sources have."""
import re
import shutil
import subprocess
import sys
import unittest
from pathlib import Path

ROOT, BUILD, WORK = (Path(argument).resolve() for argument in sys.argv[1:4])
GUIDE = (ROOT / "docs" / "plugin-guide.md").read_text()


def prose(text):
    """Without code, in which brackets are brackets."""
    text = re.sub(r"^( *)```.*?^\1```", "", text, flags=re.M | re.S)
    text = re.sub(r"(?<=\n\n)(?: {4}.*\n|\n)+", "", text)
    return re.sub(r"`[^`\n]*`", "", text)


def anchors(page):
    """The names that a page's headings get: lower case, signs left out, a hyphen for each blank."""
    headings = re.findall(r"^#+ +(.*)$", re.sub(r"^```.*?^```", "", page.read_text(), flags=re.M | re.S), re.M)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def broken_links(pages):
    for page in pages:
        for target in re.findall(r"\]\(([^)\s]*)\)", prose(page.read_text())):
            if re.match(r"[a-z]+:", target):
                continue
            name, _, anchor = target.partition("#")
            file = page.parent / name if name else page
            if not file.exists():
                yield f"{page}: {target} is not there"
            elif anchor and anchor not in anchors(file):
                yield f"{page}: {target}: no such heading"


def pages_below(folder):
    return [folder / "README.md", folder / "CHANGELOG.md", *sorted((folder / "docs").rglob("*.md"))]


class Links(unittest.TestCase):
    def test_in_the_tree(self):
        self.assertEqual(list(broken_links([*pages_below(ROOT), ROOT / "tests" / "README.md"])), [])

    def test_as_installed(self):
        shutil.rmtree(WORK, ignore_errors=True)
        subprocess.run(["cmake", "--install", BUILD, "--component", "doc", "--prefix", WORK], check=True,
                       stdout=subprocess.DEVNULL)
        [readme] = WORK.rglob("README.md")
        self.assertTrue((readme.parent / "docs" / "plugin-guide.md").exists())
        self.assertEqual(list(broken_links(pages_below(readme.parent))), [])

    def test_a_broken_one_is_found(self):
        WORK.mkdir(parents=True, exist_ok=True)
        page = WORK / "page.md"
        page.write_text("# A page, here\n[a](page.md#a-page-here) [b](none.md) [c](#nothing) [d](https://x.invalid)\n"
                        "`[e](code)`\n\n    [f](code)\n\n```cpp\n[g](code)\n```\n")
        self.assertEqual([broken.split(": ", 1)[1] for broken in broken_links([page])],
                         ["none.md is not there", "#nothing: no such heading"])


class Guide(unittest.TestCase):
    def test_names_every_keyword_of_the_schema(self):
        source = (ROOT / "host" / "config" / "plugin_schema.cpp").read_text()
        [known] = re.findall(r"keywords\(\) \{.*?= \{(.*?)\};", source, re.S)
        keywords = re.findall(r'"([^"]+)"', known)
        self.assertIn("minLength", keywords)
        self.assertEqual([word for word in keywords if f"`{word}`" not in GUIDE], [])

    def test_states_this_version_of_the_abi(self):
        base = (ROOT / "sdk" / "include" / "evloom" / "abi" / "base.h").read_text()
        version = ".".join(re.findall(r"define EVL_ABI_(?:MAJOR|MINOR) (\d+)u", base))
        said = re.findall(r"this host has (\d+\.\d+)", GUIDE)
        self.assertTrue(said)
        self.assertEqual(set(said), {version})

    def test_states_the_limits_of_stores(self):
        store = (ROOT / "sdk" / "include" / "evloom" / "abi" / "store.h").read_text()
        [text] = re.findall(r"EVL_STORE_TEXT_MAX (\d+)u", store)
        [operations] = re.findall(r"Submits 1 to (\d+) operations", store)
        self.assertIn("EVL_STORE_VALUE_MAX (1u << 20)", store)
        for words in (f"1 to {text} bytes", f"1 to {operations} operations", "1 MiB"):
            self.assertIn(words, GUIDE)

    def test_names_no_file_of_the_tree_alone(self):
        self.assertNotIn("tests/", GUIDE)
        self.assertNotIn("`plugins/", GUIDE)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
