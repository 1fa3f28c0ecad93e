#!/usr/bin/env python3
"""Keeps the description of the ABI's types by abidw (evloom.abi), and holds the headers against it by abidiff: it sees
what offsets do not tell, such as another type of an argument.

    describe.py check     status 1 when a type is not as described, 77 when libabigail is not installed
    describe.py update    describes what was added; refuses when something that is described has changed

`./dev abi` runs update, the test run runs check.
"""
import argparse
import platform
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

sys.dont_write_bytecode = True
import headers  # noqa: E402

HERE = Path(__file__).resolve().parent
DESCRIPTION = HERE / "evloom.abi"
SKIPPED = 77


def surface(include: Path) -> str:
    """A library that names every struct and function type of the ABI, so that its debug information holds them all."""
    lines = [f'#include "evloom/abi/{header.name}"' for header in headers.headers(include)]
    for header in headers.headers(include):
        text = headers.without_comments(header.read_text())
        for name in headers.structs(text):
            lines.append(f"void uses_{name}({name}* it);\nvoid uses_{name}({name}* it) {{ (void)it; }}")
        for name in headers.callbacks(text):
            lines.append(f"void uses_{name}({name} it);\nvoid uses_{name}({name} it) {{ (void)it; }}")
    return "\n".join(lines) + "\n"


def described(include: Path, folder: Path) -> Path:
    library = headers.compiled(include, surface(include), ["-g", "-O0", "-fPIC", "-shared"])
    out = folder / "now.abi"
    subprocess.run(["abidw", "--no-corpus-path", "--no-comp-dir-path", "--no-show-locs", "--no-elf-needed", "--out-file", out,
                    library], check=True)
    shutil.rmtree(library.parent)
    return out


def differences(now: Path) -> str:
    """What abidiff says, one paragraph for each type that is not as described; empty when there is none."""
    run = subprocess.run(["abidiff", "--no-show-locs", "--leaf-changes-only", DESCRIPTION, now], capture_output=True, text=True)
    if run.returncode & 3:
        raise headers.Broken(f"abidiff failed:\n{run.stdout}{run.stderr}")
    return run.stdout if run.returncode else ""


def is_addition(paragraph: str) -> bool:
    """True for a struct that has grown at its end and for a new one, and for nothing that abidiff could say besides."""
    lines = paragraph.splitlines()
    if re.match(r"\d+ Added functions?:", lines[0]) or all(" [A] 'function void uses_evl_" in line for line in lines):
        return True
    expected = [r"'struct \w+' changed:", r"  type size changed from \d+ to \d+ \(in bits\)", r"  \d+ data member insertions?:"]
    return (len(lines) > 3 and all(re.fullmatch(rule, line) for rule, line in zip(expected, lines))
            and all(re.fullmatch(r"    '.*', at offset \d+ \(in bits\).*", line) for line in lines[3:]))


def breaking(report: str) -> str:
    paragraphs = [part for part in report.split("\n\n") if part.strip()]
    found = [part for part in paragraphs[1:] if not is_addition(part.strip("\n"))]  # the first one counts the others
    return "\n\n".join(found)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("command", choices=["check", "update"])
    parser.add_argument("--include", type=Path, default=HERE.parent / "include")
    arguments = parser.parse_args()
    if not shutil.which("abidw") or not shutil.which("abidiff"):
        print("skipped: abidw and abidiff are not installed (Debian: abigail-tools)")
        return SKIPPED if arguments.command == "check" else 1
    if platform.machine() != "x86_64":
        print("skipped: the description is that of x86-64")
        return SKIPPED if arguments.command == "check" else 1
    with tempfile.TemporaryDirectory(prefix="evloom-abi-") as folder:
        try:
            now = described(arguments.include, Path(folder))
            if DESCRIPTION.exists():
                report = differences(now)
                if not report:
                    print("the types are as described")
                    return 0
                if broken := breaking(report):
                    print("The types of the ABI have changed under plugins that are compiled already. Take it back, or give the "
                          f"changed thing a new name or id (docs/abi.md).\n\n{broken}", file=sys.stderr)
                    return 1
                if arguments.command == "check":
                    print("fields were appended, and evloom.abi does not describe them: run `./dev abi` and commit what it writes",
                          file=sys.stderr)
                    return 1
        except (headers.Broken, subprocess.CalledProcessError) as error:
            print(error, file=sys.stderr)
            return 1
        if arguments.command == "check":
            print(f"{DESCRIPTION} is missing: run `./dev abi`", file=sys.stderr)
            return 1
        shutil.copy(now, DESCRIPTION)
        print("described anew: evloom.abi")
    return 0


if __name__ == "__main__":
    sys.exit(main())
