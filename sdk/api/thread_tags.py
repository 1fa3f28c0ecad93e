#!/usr/bin/env python3
"""Every function of the ABI's headers says by a tag on which thread it is called: [control], [loop] or [any].

    thread_tags.py HEADER...    names each function, function pointer and function type without one; status 1 then

A tag stands behind the declaration, or in the comment above that speaks for it (see comments.py).
"""
import re
import sys
from pathlib import Path

TAG = re.compile(r"\[(control|loop|any)\]")
NAME = re.compile(r"\(\*(\w+)\)\s*\(|\b(\w+)\([^()*]")


def declarations(text):
    """(line, code, comments) of each declaration: its comments are those around it, or of the group that it belongs to."""
    group, code, comments, begin = "", "", "", 0
    for number, line in enumerate(text.split("\n"), 1):
        alone = re.match(r"^\s*/\*(.*)$", line) if not code.strip() else None
        if group.startswith("\0"):  # inside of a comment of several lines
            group += line + " "
            if "*/" in line:
                group = group[1:]
            continue
        if alone and not line.split("*/", 1)[-1].strip() or alone and "*/" not in line:
            group = ("" if "*/" in line else "\0") + line
            continue
        if not line.strip():
            if not code.strip():
                group = ""
            continue
        if line.lstrip().startswith("#") or line.endswith("\\"):
            continue
        comments += " ".join(re.findall(r"/\*.*?\*/", line))
        bare = re.sub(r"/\*.*?\*/", "", line)
        if not code.strip():
            begin = number
        code += bare.strip() + " "
        if re.search(r"[;{}]\s*$", code):
            yield begin, code.strip(), group + comments
            if code.strip().endswith("{"):
                group = ""
            code, comments = "", ""


def untagged(header):
    depth = 0
    for number, code, comments in declarations(Path(header).read_text()):
        in_function = depth > 0
        if depth or re.match(r"(static )?inline .*\) \{$|static inline", code):
            depth += code.count("{") - code.count("}")
        if in_function:
            continue
        name = NAME.search(code)
        if name and not TAG.search(comments):
            yield f"{header}:{number}: {name.group(1) or name.group(2)} has no thread tag: add [control], [loop] or [any]"


def main():
    if len(sys.argv) < 2:
        print(__doc__, file=sys.stderr)
        return 2
    found = [line for header in sys.argv[1:] for line in untagged(header)]
    print("\n".join(found), end="\n" if found else "")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
