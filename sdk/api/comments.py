#!/usr/bin/env python3
"""Turns the comments of a header into Doxygen's, on standard output: its INPUT_FILTER. Lines stay where they are.

The house style says what belongs together without a second kind of comment, and this reads it so:
- a comment on lines of its own speaks for the declarations below it, up to the next blank line or comment;
- a comment behind a declaration speaks for that alone;
- the first comment of a file speaks for the file;
- what stands inside of a function's body, and a line of dashes, speaks to readers of the source.
"""
import re
import sys
from pathlib import Path

# Fields that mean the same in every struct of the ABI (the rules in base.h).
EVERYWHERE = {
    "uint32_t size;": "sizeof of the struct that its maker was compiled with; a reader looks at no field beyond it.",
    "uint32_t reserved;": "0.",
}
SCOPE = re.compile(r"\b(namespace|class|struct|union|enum|concept)\b|extern \"\"")


def comment_at(lines, i):
    """The text of a comment that begins on line i and stands alone, and the number of its lines; none: (None, 0)."""
    stripped = lines[i].strip()
    if stripped.startswith("//"):
        n = i
        while n < len(lines) and lines[n].strip().startswith("//"):
            n += 1
        return [line.strip()[2:].strip() if not line.strip()[2:].startswith("   ") else line.strip()[2:]
                for line in lines[i:n]], n - i
    if stripped.startswith("/*"):
        n = i
        while "*/" not in lines[n]:
            n += 1
        if lines[n].split("*/", 1)[1].strip():
            return None, 0
        text = "\n".join(lines[i:n + 1]).split("/*", 1)[1].rsplit("*/", 1)[0]
        return [re.sub(r"^\s*\* ?", "", line).strip() for line in text.split("\n")], n + 1 - i
    return None, 0


def trailing(line):
    """Splits code from the comment behind it."""
    line = re.sub(r"\s*// NOLINT.*$", "", line)  # for another tool
    match = re.match(r"^(.*\S.*?)\s*/\*(.*?)\*/\s*(\\?)$", line) or re.match(
        r"^((?:[^\"/]|\"(?:\\.|[^\"\\])*\"|/(?!/))*[^\s/])\s+//\s(.*?)()$", line)
    return (match.group(1), match.group(2).strip()) if match and not match.group(3) else (line, None)


def escaped(text):
    """Text in which nothing is a command or HTML to Doxygen; what stands in backticks is code."""
    parts = text.split("`")
    if len(parts) % 2 == 0:
        return quoted(text)
    return "".join(f"<code>{quoted(part)}</code>" if n % 2 else quoted(part) for n, part in enumerate(parts))


def quoted(text):
    # What would begin or end a comment stands inside of one.
    return re.sub(r"/(?=\*)|\*(?=/)", lambda m: m.group(0) + "<!-- -->", re.sub(r"([\\@<>#%&$\"])", lambda m: {"<": "&lt;", ">": "&gt;", "&": "&amp;", '"': "&quot;"}.get(
        m.group(1), "\\" + m.group(1)), text))


def paragraphs(words):
    """Lines of a comment; what is indented (an example, a list) keeps its lines."""
    out, code = [], False
    for line in words:
        indented = line.startswith("   ")
        if indented and not code:
            out.append("<pre>")
        if code and not indented and line:
            out.append("</pre>")
        code = indented or (code and not line)
        out.append(escaped(line))
    if code:
        out.append("</pre>")
    return out


class Filter:
    def __init__(self, text, name):
        self.name = name
        self.lines = text.split("\n")
        self.out = []
        self.scopes = []  # for each open brace: does it hold declarations?
        self.parentheses = 0
        self.statement = ""  # code since the last declaration ended
        self.group = None    # the comment that speaks for the declarations to come
        self.taken = True    # by the first of them

    def in_body(self):
        return any(not scope for scope in self.scopes)

    def follow(self, code):
        """Keeps track of braces; the code holds no comment."""
        if code.lstrip().startswith("#"):
            return
        for c in re.sub(r"\"(\\.|[^\"\\])*\"|'(\\.|[^'\\])'", '""', code):
            if c in "([":
                self.parentheses += 1
            elif c in ")]":
                self.parentheses -= 1
            if c == "{":
                is_scope = self.parentheses == 0 and bool(SCOPE.search(self.statement)) and "=" not in self.statement
                is_scope = is_scope and not self.statement.rstrip().endswith(")")
                self.scopes.append(is_scope)
                if is_scope:
                    self.statement = ""
                    self.group = None
                continue
            if c == "}":
                was_scope = self.scopes.pop() if self.scopes else True
                if not was_scope and not self.in_body() and self.parentheses == 0:
                    self.statement = ""
                continue
            self.statement += c
            if c in ";," and self.parentheses == 0 and not self.in_body():
                if c == ";" or not self.statement.strip(" ,").startswith("template"):
                    self.statement = ""
        if self.statement.strip() in ("public:", "private:", "protected:"):
            self.statement = ""

    def code(self, line):
        code, behind = trailing(line)
        bare = code.strip()
        outside = not self.in_body()
        declares = outside and bare and not self.statement.strip() and not re.match(
            r"(#|}|public:|private:|protected:|extern \"C\")", bare)
        declares = declares or (outside and bare.startswith("#define EVL"))
        before = ""
        if declares:
            # The first declaration below a comment has it already; each further one gets a copy.
            if behind is None and bare in EVERYWHERE:
                before = f"/** {EVERYWHERE[bare]} */ "
            elif behind is None and self.group and self.taken:
                before = "/** " + " ".join(part for part in self.group if part) + " */ "
            self.taken = True
        self.follow(code)
        if bare.endswith("= delete;"):
            return ""
        if behind is not None and outside and not self.in_body():
            return f"{before}{code} /**< {escaped(behind)} */"
        return before + line

    def run(self):
        i, first = 0, True
        while i < len(self.lines):
            line = self.lines[i]
            words, count = comment_at(self.lines, i)
            if words is None:
                if not line.strip():
                    self.group = None
                self.out.append(self.code(line))
                i += 1
                continue
            if self.in_body() or re.match(r"^-{3}", words[0]) or (self.statement.strip() and self.parentheses):
                self.out += self.lines[i:i + count]
            else:
                text = paragraphs(words)
                self.group, self.taken = (None, True) if first else (text, False)
                head = f"/** \\file {self.name} " if first else "/** "
                if first:
                    text[0] = "\\brief " + text[0]
                shown = [head + text[0]] + text[1:]
                shown[-1] += " */"
                # <pre> adds lines that the source does not have.
                while len(shown) > count and len(shown) > 1:
                    shown[-2:] = [shown[-2] + "\n" + shown[-1]] if "pre>" in shown[-1] + shown[-2] else [
                        shown[-2] + " " + shown[-1]]
                self.out += shown + [""] * (count - len(shown))
                first = False
            i += count
        return "\n".join(self.out)


if __name__ == "__main__":
    path = Path(sys.argv[1]).resolve()
    # As it is included: of headers of the same name Doxygen would know one.
    shown = path.as_posix().rsplit("/include/", 1)[-1]
    sys.stdout.write(Filter(path.read_text(), shown).run())
