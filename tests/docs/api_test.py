#!/usr/bin/env python3
"""What keeps the API reference complete: a symbol without a comment and a function without a thread tag are named, and a
comment speaks for what the house style says it does."""
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

API = Path(__file__).resolve().parents[2] / "sdk" / "api"

HEADER = """\
/* "evloom.host.tea/1": makes tea. */
#include <stdint.h>

/* A pot. */
typedef struct evl_pot {
  uint32_t size;
  uint32_t reserved;
  int32_t litres; /* how much it holds */

  /* Fills it, and empties it. [loop] */
  void (*fill)(struct evl_pot* pot);
  void (*empty)(struct evl_pot* pot,
                int32_t litres);

  void (*wash)(struct evl_pot* pot); /* with `soap` @ 60 <degrees>. [any] */
} evl_pot;

/* How warm it is. */
typedef int32_t evl_warmth;
enum {
  EVL_COLD = 0, /* not at all */
  EVL_HOT = 1   /* very */
};
"""


class Api(unittest.TestCase):
    def reference(self, text, name="abi/tea.h", second=None):
        with tempfile.TemporaryDirectory(prefix="evloom-api-test-") as folder:
            (Path(folder) / "include/evloom/abi").mkdir(parents=True)
            (Path(folder) / "include/evloom" / name).write_text(text)
            if name != "abi/tea.h":
                (Path(folder) / "include/evloom/abi/tea.h").write_text(HEADER)
            folders = [Path(folder) / "include"]
            if second is not None:  # of the same name, in a folder of its own
                folders.append(Path(folder) / "kit/include")
                (folders[-1] / "evloom/kit").mkdir(parents=True)
                (folders[-1] / "evloom/kit" / name).write_text(second)
            run = subprocess.run([API / "reference.sh", Path(folder) / "out", *folders], capture_output=True, text=True)
            pages = {path.name: path.read_text() for path in (Path(folder) / "out/html").glob("*.html")}
            return run.returncode, run.stdout + run.stderr, pages

    def test_what_the_house_style_says_is_enough(self):
        status, words, pages = self.reference(HEADER)
        self.assertEqual((status, words), (0, ""))
        page = pages["structevl__pot.html"]
        self.assertEqual(page.count("Fills it, and empties it."), 2 * 2, "a comment speaks for both, in brief and in full")
        self.assertIn("with <code>soap</code> @ 60 &lt;degrees&gt;.", page)
        self.assertIn("how much it holds", page)

    def test_a_field_without_a_comment(self):
        status, words, _ = self.reference(HEADER.replace(" /* how much it holds */", ""))
        self.assertEqual(status, 1)
        self.assertIn("tea.h:8: error: Member litres (variable) of struct evl_pot is not documented", words)
        self.assertIn("write the comments that are named above", words)

    def test_a_blank_line_ends_what_a_comment_speaks_for(self):
        status, words, _ = self.reference(HEADER.replace("  void (*empty)", "\n  void (*empty)"))
        self.assertEqual(status, 1)
        self.assertIn("Member empty", words)
        self.assertIn("empty has no thread tag", words)

    def test_a_struct_without_a_comment(self):
        status, words, _ = self.reference(HEADER.replace("/* A pot. */", ""))
        self.assertEqual(status, 1)
        self.assertIn("tea.h:5: error: Compound evl_pot is not documented", words)

    def test_a_function_without_a_thread_tag(self):
        status, words, _ = self.reference(HEADER.replace(". [any] */", " */"))
        self.assertEqual(status, 1)
        self.assertIn("tea.h:15: wash has no thread tag: add [control], [loop] or [any]", words)
        self.assertNotIn("fill", words)

    def test_a_function_type_and_an_inline_function_want_one_too(self):
        status, words, _ = self.reference(HEADER + "\n/* Called when it is done. */\ntypedef void (*evl_tea_done)(void);\n"
                                          "\n/* Doubles. */\nstatic inline int evl_twice(int n) {\n  return (n)*2;\n}\n")
        self.assertEqual(status, 1)
        self.assertIn("evl_tea_done has no thread tag", words)
        self.assertIn("evl_twice has no thread tag", words)
        self.assertEqual(words.count("no thread tag"), 2)

    def test_a_class_of_the_cxx_layer(self):
        text = ("// evl::Cup: for tea.\n#pragma once\n\nnamespace evl {\n\n// A cup.\nclass Cup {\n public:\n"
                "  // Made full.\n  Cup() {\n    // not for the reference\n    sip();\n  }\n"
                "  void sip() {}  // a little\n  void spill() {}\n\n private:\n  int litres_ = 0;\n};\n\n}  // namespace evl\n")
        status, words, _ = self.reference(text, "cup.hpp")
        self.assertEqual((status, words), (0, ""))
        status, words, _ = self.reference(text.replace("  void spill", "\n  void spill"), "cup.hpp")
        self.assertEqual(status, 1)
        self.assertIn("Member spill", words)

    def test_two_folders_with_headers_of_one_name(self):
        text = ("// evl::%s: for tea.\n#pragma once\n\nnamespace evl {\n\n// Of %s.\nstruct %s {\n  int litres;  // it holds\n};\n\n"
                "}  // namespace evl\n")
        status, words, pages = self.reference(text % ("Cup", "tea", "Cup"), "cup.hpp", text % ("Mug", "milk", "Mug"))
        self.assertEqual((status, words), (0, ""))
        self.assertIn("Of tea.", pages["structevl_1_1Cup.html"])
        self.assertIn("Of milk.", pages["structevl_1_1Mug.html"])
        second = text.replace("// Of %s.\n", "") % ("Mug", "Mug")
        status, words, _ = self.reference(text % ("Cup", "tea", "Cup"), "cup.hpp", second)
        self.assertEqual(status, 1)
        self.assertIn("Compound evl::Mug is not documented", words)

    def test_a_comment_behind_a_text_and_one_that_holds_the_signs_of_comments(self):
        text = ("// evl::Cup: for tea.\n#pragma once\n\nnamespace evl {\n\n// Matches \"/tea/*\" and \"*/cup\".\nstruct Cup {\n"
                "  const char* path = \"//\";  // where it is: \"/\"\n"
                "  Cup(int litres);  // NOLINT(google-explicit-constructor): a number is a cup\n};\n\n}  // namespace evl\n")
        status, words, pages = self.reference(text.replace("  Cup(", "  // Made.\n  Cup("), "cup.hpp")
        self.assertEqual((status, words), (0, ""))
        page = pages["structevl_1_1Cup.html"]
        self.assertIn("Matches &quot;/tea/*&quot; and &quot;*/cup&quot;.", page)
        self.assertIn("where it is: &quot;/&quot;", page)
        self.assertNotIn("NOLINT", page)
        status, words, _ = self.reference(text, "cup.hpp")
        self.assertEqual(status, 1, "what is said to another tool is no comment")


if __name__ == "__main__":
    sys.exit(unittest.main())
