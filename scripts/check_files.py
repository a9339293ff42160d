#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Laws every file keeps: licence line, length, `#pragma once`, Debian's Python that parses, shell that shellcheck accepts."""

import ast
import subprocess
import sys

import lint_support

LICENCE = "SPDX-License-Identifier: Apache-2.0"
SOURCE_SUFFIXES = (".cpp", ".h", ".py", ".sh", ".c")
LINES_MAX = 600


def interpreter(text):
    first = text.split("\n", 1)[0]
    return first if first.startswith("#!") else ""


def check_text(name, path, text):
    head = text.split("\n")[:2]
    if not any(LICENCE in line for line in head):
        yield f"{name}: one of the first two lines must hold `{LICENCE}`"
    lines = text.count("\n")
    if lines > LINES_MAX:
        yield f"{name}: {lines} lines, the limit is {LINES_MAX}: one idea a file"
    if path.suffix == ".h" and "#pragma once" not in text and "libbpf" not in text:
        yield f"{name}: a header starts with #pragma once"


def check_python(name, text):
    # Another python3 earlier in PATH may lack Debian's modules.
    if interpreter(text) not in ("", "#!/usr/bin/python3"):
        yield f"{name}: Python runs as #!/usr/bin/python3"
    try:
        ast.parse(text, name)
    except SyntaxError as error:
        yield f"{name}:{error.lineno}: {error.msg}"


def check_shell(files):
    if not files:
        return
    done = subprocess.run(["shellcheck", "-x", "-f", "gcc", "-S", "warning", *files], capture_output=True, text=True,
                          cwd=lint_support.ROOT)
    if done.returncode != 0:
        yield from (done.stdout + done.stderr).strip().split("\n")


def main():
    problems, shell = [], []
    for path in lint_support.tree_files():
        name = lint_support.relative(path)
        data = path.read_bytes()
        if b"\0" in data[:4096]:
            continue
        text = data.decode("utf-8", "replace")
        script = interpreter(text)
        is_python = path.suffix == ".py" or "python" in script
        is_shell = path.suffix == ".sh" or script.endswith(("sh", "bash"))
        if path.suffix in SOURCE_SUFFIXES or is_python or is_shell:
            problems += check_text(name, path, text)
        if is_python:
            problems += check_python(name, text)
        if is_shell:
            shell.append(name)
    hidden = lint_support.ROOT / ".ci" / "run"
    if hidden.is_file():
        shell.append(".ci/run")
    problems += check_shell(shell)
    return lint_support.report("files", problems)


if __name__ == "__main__":
    sys.exit(main())
