#!/usr/bin/env python3
"""The lock of the ABI against changes of every kind: what is appended is let through once it is locked, and what moves
or changes is refused with words that name it and say what to do."""
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

SDK = Path(__file__).resolve().parents[3] / "sdk"
HAS_ABIGAIL = shutil.which("abidw") is not None and shutil.which("abidiff") is not None


class Lock(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory(prefix="evloom-abi-test-")
        self.addCleanup(self.folder.cleanup)
        self.sdk = Path(self.folder.name)
        shutil.copytree(SDK / "include", self.sdk / "include")
        shutil.copytree(SDK / "abi", self.sdk / "abi", ignore=shutil.ignore_patterns("__pycache__"))

    def edit(self, header, before, after):
        path = self.sdk / "include/evloom/abi" / header
        text = path.read_text()
        self.assertIn(before, text)
        path.write_text(text.replace(before, after, 1))

    def run_tool(self, *command):
        run = subprocess.run([self.sdk / "abi" / command[0], *command[1:]], capture_output=True, text=True)
        return run.returncode, run.stdout + run.stderr

    def lock(self, command="check"):
        return self.run_tool("lock.py", command)

    def describe(self, command="check"):
        return self.run_tool("describe.py", command)

    def refused(self, result, *words):
        self.assertEqual(result[0], 1, result[1])
        for word in words:
            self.assertIn(word, result[1])

    def compiles(self):
        """Whether the assertions that are in the tree hold for the edited headers, as in the build."""
        run = subprocess.run(["cc", "-std=c11", "-fsyntax-only", "-x", "c", "-I", "include", "abi/layout.h"], cwd=self.sdk,
                             capture_output=True, text=True)
        return run.returncode == 0, run.stderr

    def raise_minor(self):
        text = (self.sdk / "include/evloom/abi/base.h").read_text()
        minor = int(text.split("#define EVL_ABI_MINOR ")[1].split("u")[0])
        self.edit("base.h", f"EVL_ABI_MINOR {minor}u", f"EVL_ABI_MINOR {minor + 1}u")
        self.edit("entry.h", f'EVL_NOTE_ABI "1.{minor}"', f'EVL_NOTE_ABI "1.{minor + 1}"')

    def test_as_committed(self):
        self.assertEqual(self.lock()[0], 0)
        self.assertTrue(self.compiles()[0])

    def test_a_field_appended_is_locked_by_update(self):
        self.edit("timer.h", "(*cancel)(evl_timer* timer);", "(*cancel)(evl_timer* timer);\n  void (*more)(void);")
        self.raise_minor()
        self.refused(self.lock(), "not locked yet: evl_timers.more", "./dev abi")
        self.assertTrue(self.compiles()[0], "an appended field breaks no build")
        self.assertEqual(self.lock("update")[0], 0)
        self.assertEqual(self.lock()[0], 0)

    def test_a_struct_that_grows_wants_a_new_minor_version(self):
        for name in ("base.h", "entry.h"):  # the oldest ones: whatever has grown by now counts too
            shutil.copy(self.sdk / "abi/1/include/evloom/abi" / name, self.sdk / "include/evloom/abi" / name)
        self.edit("timer.h", "(*cancel)(evl_timer* timer);", "(*cancel)(evl_timer* timer);\n  void (*more)(void);")
        self.refused(self.lock("update"), "evl_timers", "raise EVL_ABI_MINOR")

    def test_the_note_must_say_the_version(self):
        self.edit("base.h", "EVL_ABI_MINOR ", "EVL_ABI_MINOR 7")
        self.refused(self.lock(), "EVL_NOTE_ABI is")

    def test_a_field_moved(self):
        self.edit("store.h", "  int64_t amount;", "  int64_t other;\n  int64_t amount;")
        self.refused(self.lock("update"), "evl_op.amount has moved from offset 24 to 32", "append a new one")
        compiled, words = self.compiles()
        self.assertFalse(compiled)
        self.assertIn("evl_op.amount is not 8 bytes at offset 24 any more", words)

    def test_a_field_of_another_size(self):
        self.edit("request.h", "  uint32_t port; ", "  uint16_t port; ")
        self.refused(self.lock("update"), "evl_peer.port has changed from 4 to 2 bytes")

    def test_a_field_renamed(self):
        self.edit("log.h", "(*fault)", "(*failure)")
        self.refused(self.lock("update"), "evl_log.fault is gone or has another name")

    def test_a_field_in_the_padding(self):
        self.edit("request.h", "} evl_peer;", "  uint32_t zone;\n} evl_peer;")
        self.refused(self.lock("update"), "evl_peer.zone lies at 28, inside of the 32 bytes", "`reserved`")

    def test_a_struct_without_size_grows(self):
        self.edit("base.h", "} evl_bytes;", "  size_t more;\n} evl_bytes;")
        self.refused(self.lock("update"), "evl_bytes has grown from 16 to 24", "new interface id")
        self.assertFalse(self.compiles()[0])

    def test_a_struct_that_goes(self):
        self.edit("timer.h", "} evl_timers;", "} evl_clock;")
        self.refused(self.lock("update"), "evl_timers is gone")

    def test_a_value_changed(self):
        self.edit("base.h", "EVL_E_TIMEOUT = 5", "EVL_E_TIMEOUT = 50")
        self.refused(self.lock("update"), "EVL_E_TIMEOUT was 5 and is 50", "add another name")

    def test_an_id_changed(self):
        self.edit("handler.h", '"evloom.handler/1"\n\n', '"evloom.handler/2"\n\n')
        self.refused(self.lock("update"), "EVL_HANDLER was evloom.handler/1 and is evloom.handler/2")

    def test_freeze_keeps_what_is_frozen(self):
        self.refused(self.lock("freeze"), "is frozen already")

    @unittest.skipUnless(HAS_ABIGAIL, "abidw and abidiff are not installed (Debian: abigail-tools)")
    def test_types(self):
        self.assertEqual(self.describe()[0], 0)
        self.edit("timer.h", "(*cancel)(evl_timer* timer);", "(*cancel)(evl_timer* timer);\n  void (*more)(void);")
        self.refused(self.describe(), "fields were appended", "./dev abi")
        self.assertEqual(self.describe("update")[0], 0)
        self.assertEqual(self.describe()[0], 0)
        self.edit("timer.h", "int64_t delay", "uint64_t delay")
        self.refused(self.describe("update"), "evl_timers::start", "Take it back")

    @unittest.skipUnless(HAS_ABIGAIL, "abidw and abidiff are not installed (Debian: abigail-tools)")
    def test_a_type_that_keeps_its_size_beside_an_appended_field(self):
        self.edit("store.h", "  int64_t amount;", "  uint64_t amount;")
        self.edit("timer.h", "(*cancel)(evl_timer* timer);", "(*cancel)(evl_timer* timer);\n  void (*more)(void);")
        self.refused(self.describe(), "evl_op::amount")
        self.assertNotIn("evl_timers", self.describe()[1])


if __name__ == "__main__":
    sys.exit(unittest.main())
