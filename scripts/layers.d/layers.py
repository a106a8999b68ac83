"""Who uses whom among the Swift files of Sources: see scripts/layers."""

import argparse
import collections
import pathlib
import re
import sys

LARGEST_KNOT_OF_FILES = 4
# Calls of the C library that touch files. They may be made in System alone.
FILE_CALLS = set(
    """access chmod chown creat dup dup2 faccessat fallocate fchmod fchown fdatasync fdopendir flock fstat fstatat
    fstatfs fstatvfs fsync ftruncate inotify_add_watch inotify_init1 link linkat lseek lstat mkdir mkdirat mkstemp open openat
    opendir pread pwrite read readdir readlink rename renameat rmdir stat statvfs symlink sync_file_range syncfs
    truncate umask unlink unlinkat write""".split()
)
# Where they may not.
CONFINED = {"Formats", "KHOINS", "Journal", "Ledger"}
# What tells errors apart by number or by a call's name. It belongs into System, whose errors tell it by case.
ERROR_NUMBERS = {"errno", "strerror", "perror"}
TOKEN = re.compile(r"[A-Za-z_][A-Za-z0-9_]*|[{}().:,\[\]@#`]|\S")
TYPES = {"struct", "class", "enum", "protocol", "actor"}
MODIFIERS = {"private", "fileprivate"}


def code(text):
    """The text without comments and without what strings say; what is put into a string stays."""
    out, i = [], 0
    while i < len(text):
        if text.startswith("//", i):
            i = text.find("\n", i) if "\n" in text[i:] else len(text)
        elif text.startswith("/*", i):
            i = text.index("*/", i) + 2
        elif match := re.compile(r'(#*)("""|")').match(text, i):
            inner, i = string(text, match.end(), match[2], match[1])
            out.append(' "" ' + inner)
        else:
            out.append(text[i])
            i += 1
    return "".join(out)


def string(text, i, quote, hashes):
    """Reads a string from behind its opening quote: the code that is put into it, and the index behind it."""
    inner, escape = [], "\\" + hashes
    while i < len(text) and not text.startswith(quote + hashes, i):
        if text.startswith(escape + "(", i):
            i += len(escape) + 1
            depth, start = 1, i
            while depth and i < len(text):
                if match := re.compile(r'(#*)("""|")').match(text, i):
                    _, i = string(text, match.end(), match[2], match[1])
                    continue
                depth += {"(": 1, ")": -1}.get(text[i], 0)
                i += 1
            inner.append(code(text[start : i - 1]))
        else:
            i += len(escape) + 1 if text.startswith(escape, i) else 1
    return " ".join(inner), i + len(quote + hashes)


class File:
    """What one file declares for others, and every name in it."""

    def __init__(self, path, root):
        self.path = path.relative_to(root)
        self.target = self.path.parts[0]
        self.folder = "/".join(self.path.parts[1:-1]) or "(root)"
        self.tokens = TOKEN.findall(code(path.read_text()))
        self.declared = set()  # types and functions that stand alone
        self.extending = set()  # members of extensions
        self.members = set()  # members of its types
        self.own = set()  # everything that is declared here, private or not
        self.imports = {b for a, b in zip(self.tokens, self.tokens[1:]) if a == "import"}
        self.read()

    def read(self):
        scopes, pending, hidden, paren = [], None, False, 0
        for index, token in enumerate(self.tokens):
            after = self.tokens[index + 1] if index + 1 < len(self.tokens) else ""
            before = self.tokens[index - 1] if index else ""
            if token in "([":
                paren += 1
            elif token in ")]":
                paren -= 1
            elif token == "{":
                scopes.append((pending or "code", hidden, paren))
                pending, paren = None, 0
                hidden = False
            elif token == "}" and scopes:
                paren = scopes.pop()[2]
                hidden = False
            elif paren or before == "." or any(kind == "code" for kind, _, _ in scopes):
                continue
            elif token in MODIFIERS and after != "(":
                hidden = True
            elif token in TYPES and after not in {"func", "var", "let"} or token == "typealias":
                self.declare(after, "type", scopes, hidden)
                pending = None if token == "typealias" else "type"
                hidden = hidden if pending else False
            elif token == "extension":
                pending = "extension"
            elif token in {"func", "var", "let", "case"} or token in {"init", "subscript"}:
                self.declare(after, "member", scopes, hidden)
                hidden = False
                pending = None

    def declare(self, name, what, scopes, hidden):
        self.own.add(name)
        if hidden or any(scope[1] for scope in scopes) or not re.match(r"[A-Za-z_]", name):
            return
        if what == "type" or not scopes:
            self.declared.add(name)
        elif scopes[-1][0] == "extension":
            self.extending.add(name)
        else:
            self.members.add(name)


def uses(files):
    """Each file's uses of others: {file: {other: count}}."""
    owner = collections.defaultdict(set)
    for file in files:
        for name in file.declared | file.extending | file.members:
            owner[name].add(file)
    result = {file: collections.Counter() for file in files}
    for file in files:
        for index, name in enumerate(file.tokens):
            if name in file.own or len(owner.get(name, ())) != 1:
                continue
            (other,) = owner[name]
            # A member of a type is found by way of the type; one of an extension may be all that is used of a file.
            before = file.tokens[index - 1] if index else ""
            if other is file or name in other.members or before == "import":
                continue
            after = file.tokens[index + 1] if index + 1 < len(file.tokens) else ""
            if name in other.extending and (before not in ".\\" and after != "(" or after == ":"):
                continue
            if name in other.declared and after == ":" and before in "(,":
                continue
            result[file][other] += 1
    return result


def knots(nodes, edges):
    """The strongly connected sets of more than one node (Tarjan)."""
    index, low, stack, found = {}, {}, [], []

    def visit(node):
        index[node] = low[node] = len(index)
        stack.append(node)
        for other in edges.get(node, ()):
            if other not in index:
                visit(other)
                low[node] = min(low[node], low[other])
            elif other in stack:
                low[node] = min(low[node], index[other])
        if low[node] == index[node]:
            knot = stack[stack.index(node) :]
            del stack[stack.index(node) :]
            if len(knot) > 1:
                found.append(sorted(knot, key=str))

    for node in nodes:
        if node not in index:
            visit(node)
    return found


def grouped(used, key, within=None):
    """Uses between groups of files: {group: {other: count}}."""
    result = collections.defaultdict(collections.Counter)
    for file, others in used.items():
        for other, count in others.items():
            if within in (None, file.target) and (within is None or other.target == within):
                if key(file) != key(other):
                    result[key(file)][key(other)] += count
    return result


def table(title, names, edges):
    """Prints who uses whom, those first that use nobody."""
    ordered, rest = [], sorted(names)
    while rest:
        free = [name for name in rest if not set(edges.get(name, ())) & set(rest)] or rest[:1]
        ordered += free
        rest = [name for name in rest if name not in free]
    width = max(map(len, ordered + [title]))
    columns = [max(4, len(name)) for name in ordered]
    print(title.ljust(width), *(name.rjust(size) for name, size in zip(ordered, columns)), sep="  ")
    for name in ordered:
        counts = (str(edges.get(name, {}).get(other, 0) or "·") for other in ordered)
        print(name.ljust(width), *(count.rjust(size) for count, size in zip(counts, columns)), sep="  ")
    print()


def file_calls(files, confined):
    """Calls that belong into System, in the targets to which that applies."""
    for file in files:
        if file.target not in confined or not file.imports & {"Glibc", "CLinux", "Musl", "Foundation"}:
            continue
        parameters = set(zip(file.tokens, file.tokens[1:]))
        for index, name in enumerate(file.tokens[:-1]):
            before = file.tokens[index - 1] if index else ""
            own = name in file.own or before in {".", "try"} and file.tokens[index - 2 : index - 1] != ["Glibc"]
            own = own or (name, ":") in parameters
            if name in FILE_CALLS and file.tokens[index + 1] == "(" and not own:
                yield f"{file.path} calls {name}, which belongs into System"


def error_numbers(files):
    """Uses of errno outside System, and comparisons with the name of a call."""
    for file in files:
        if file.target == "System":
            continue
        for index, name in enumerate(file.tokens):
            call = name == "error" and file.tokens[index + 1 : index + 3] == [".", "call"]
            if name in ERROR_NUMBERS or call or re.fullmatch(r"E(?!POLL|FD_)[A-Z0-9]{3,}", name):
                yield f"{file.path} looks at {name}{'.call' if call else ''}, which belongs into System"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--files", action="store_true")
    parser.add_argument("sources", type=pathlib.Path)
    arguments = parser.parse_args()
    files = [File(path, arguments.sources) for path in sorted(arguments.sources.rglob("*.swift"))]
    if not files:
        sys.exit(f"layers: no Swift files in {arguments.sources}")
    used, wrong = uses(files), []
    targets = sorted({file.target for file in files})
    edges = grouped(used, lambda file: file.target)
    table("from \\ to", targets, edges)
    wrong += [f"targets in a circle: {', '.join(knot)}" for knot in knots(targets, edges)]
    for target in targets:
        folders = sorted({file.folder for file in files if file.target == target})
        edges = grouped(used, lambda file: file.folder, within=target)
        if len(folders) > 1:
            table(target, folders, edges)
        wrong += [f"folders of {target} in a circle: {', '.join(knot)}" for knot in knots(folders, edges)]
    within = {file: [other for other in others if other.target == file.target] for file, others in used.items()}
    for knot in sorted(knots(files, within), key=len):
        names = ", ".join(str(file.path) for file in knot)
        if len(knot) > LARGEST_KNOT_OF_FILES:
            wrong.append(f"{len(knot)} files in a circle: {names}")
        elif arguments.files:
            print(f"{len(knot)} files know each other: {names}")
    if arguments.files:
        for file in files:
            for other, count in sorted(used[file].items(), key=lambda item: str(item[0].path)):
                print(f"{file.path} -> {other.path} {count}")
    wrong += [*file_calls(files, CONFINED), *error_numbers(files)]
    for sentence in wrong:
        print(f"layers: {sentence}", file=sys.stderr)
    sys.exit(1 if wrong else 0)


main()
