"""What the headers of the ABI define: structs with their fields, enumerators and constants, with offsets, sizes and
values as a C compiler sees them. Used by lock.py and describe.py; draft headers (abi/draft) are not looked at.
"""
import os
import re
import subprocess
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

# What says how new the headers are must change, and what is made of it with them.
VERSIONS = {"EVL_ABI_MINOR", "EVL_ABI_VERSION", "EVL_NOTE_ABI"}


@dataclass
class Layout:
    """Offsets and sizes in bytes. `fields` of a struct are in their order."""

    sizes: dict[str, int] = field(default_factory=dict)
    fields: dict[str, dict[str, tuple[int, int]]] = field(default_factory=dict)
    fixed: set[str] = field(default_factory=set)  # structs without `size`: they can never grow
    values: dict[str, int] = field(default_factory=dict)
    texts: dict[str, str] = field(default_factory=dict)
    minor: int = 0
    note: str = ""


class Broken(Exception):
    """The headers cannot be read or compiled; the text says why."""


def headers(include: Path) -> list[Path]:
    found = sorted((include / "evloom" / "abi").glob("*.h"))
    if not found:
        raise Broken(f"{include}/evloom/abi holds no header")
    return found


def without_comments(text: str) -> str:
    return re.sub(r"/\*.*?\*/|//[^\n]*", " ", text, flags=re.S)


def field_name(declaration: str) -> str:
    function = re.search(r"\(\*\s*(\w+)\)\s*\(", declaration)
    if function:
        return function.group(1)
    plain = re.search(r"(\w+)\s*(?:\[\w+\])?\s*$", declaration)
    if not plain:
        raise Broken(f"cannot tell the field's name in `{declaration.strip()}`")
    return plain.group(1)


def structs(text: str) -> dict[str, list[str]]:
    found = {}
    for match in re.finditer(r"typedef struct (\w+) \{(.*?)\} (\w+);", text, flags=re.S):
        declarations = [part for part in match.group(2).split(";") if part.strip()]
        found[match.group(3)] = [field_name(part) for part in declarations]
    return found


def callbacks(text: str) -> list[str]:
    """Names of function types: `typedef evl_status (*evl_state_put)(...)`."""
    return re.findall(r"typedef [^;{}]*\(\*(\w+)\)\(", text)


def compiled(include: Path, source: str, arguments: list[str]) -> Path:
    """Compiles a C source and gives the result; its folder is the caller's to remove."""
    folder = Path(tempfile.mkdtemp(prefix="evloom-abi-"))
    (folder / "source.c").write_text(source)
    command = [os.environ.get("CC", "cc"), "-std=c11", "-I", str(include), *arguments, "source.c", "-o", "result"]
    run = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    if run.returncode != 0:
        raise Broken(f"{' '.join(command)} failed:\n{run.stderr}")
    return folder / "result"


def read(include: Path) -> Layout:
    layout = Layout()
    names: dict[str, list[str]] = {}
    lines = []
    for header in headers(include):
        text = without_comments(header.read_text())
        names.update(structs(text))
        for body in re.findall(r"enum \{(.*?)\}", text, flags=re.S):
            lines += [f'V({name})' for name in re.findall(r"(\w+) =", body)]
        for name, value in re.findall(r"^#define (EVL_\w*[A-Z])[ ]+(\S.*)$", text, flags=re.M):
            if value.startswith('"'):
                layout.texts[name] = value.strip()[1:-1]
            else:
                lines.append(f"V({name})")
    for struct, members in names.items():
        lines.append(f"S({struct})")
        lines += [f"F({struct}, {member})" for member in members]
    source = "#include <stdio.h>\n"
    source += "".join(f'#include "evloom/abi/{header.name}"\n' for header in headers(include))
    source += '#define V(N) printf("V %s %lld\\n", #N, (long long)(N));\n'
    source += '#define S(T) printf("S %s %zu\\n", #T, sizeof(T));\n'
    source += '#define F(T, M) printf("F %s %s %zu %zu\\n", #T, #M, offsetof(T, M), sizeof(((T*)0)->M));\n'
    source += "int main(void) {\n" + "\n".join(lines) + "\nreturn 0; }\n"
    program = compiled(include, source, [])
    for line in subprocess.run([program], capture_output=True, text=True, check=True).stdout.splitlines():
        kind, *words = line.split()
        if kind == "V":
            layout.values[words[0]] = int(words[1])
        elif kind == "S":
            layout.sizes[words[0]] = int(words[1])
            layout.fields[words[0]] = {}
        else:
            layout.fields[words[0]][words[1]] = (int(words[2]), int(words[3]))
    program.with_name("source.c").unlink()
    program.unlink()
    program.parent.rmdir()
    layout.fixed = {struct for struct, members in names.items() if members[0] != "size"}
    layout.minor = layout.values["EVL_ABI_MINOR"]
    layout.note = layout.texts["EVL_NOTE_ABI"]
    for name in VERSIONS:
        layout.values.pop(name, None)
        layout.texts.pop(name, None)
    return layout
