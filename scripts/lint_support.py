# SPDX-License-Identifier: Apache-2.0
"""What the checks of the lint suite share: the files of the tree, compile commands, and a cache of clean results."""

import concurrent.futures
import hashlib
import json
import os
import pathlib
import re
import resource
import shlex
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
# Where an include path may start, in the order the compiler is given them.
INCLUDE_ROOTS = ("include", "dataplane", "controlplane", "model", "daemon", "cli", "tests", "bench", "")
CXX_SUFFIXES = (".cpp", ".h")
INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*([<"])([^>"]+)[>"]', re.M)


def tree_files(*suffixes):
    """Every file of the tree with one of these suffixes, build directories and hidden folders left out."""
    found = []
    for folder, folders, names in os.walk(ROOT):
        folders[:] = sorted(f for f in folders if not f.startswith((".", "build", "__pycache__")))
        found += [pathlib.Path(folder, n) for n in sorted(names) if not suffixes or n.endswith(suffixes)]
    return found


def relative(path):
    return str(pathlib.Path(path).resolve().relative_to(ROOT))


def resolve_include(name, includer=None):
    """The file of the tree that `#include "name"` means, or None when it is a library's."""
    roots = [includer.parent] if includer else []
    for root in roots + [ROOT / r for r in INCLUDE_ROOTS]:
        candidate = root / name
        if candidate.is_file():
            return candidate.resolve()
    return None


def code_only(text):
    """The text with comments and string literals blanked, line numbers kept."""
    pattern = r'//[^\n]*|/\*.*?\*/|R"(\w*)\(.*?\)\1"|"(?:\\.|[^"\\\n])*"' + r"|'(?:\\.|[^'\\\n])'"
    return re.sub(pattern, lambda m: re.sub(r"[^\n]", " ", m.group(0)), text, flags=re.S)


class CompileCommands:
    """Flags of the compile database, made fit for another compiler or for a header."""

    def __init__(self, build_dir):
        self.build_dir = pathlib.Path(build_dir).resolve()
        database = self.build_dir / "compile_commands.json"
        if not database.is_file():
            sys.exit(f"{database} is missing: run `meson setup {relative(self.build_dir)}` first")
        self.by_file = {}
        for entry in json.loads(database.read_text()):
            source = pathlib.Path(entry["directory"], entry["file"]).resolve()
            self.by_file.setdefault(source, self._flags(entry))

    @staticmethod
    def _flags(entry):
        """Include paths, definitions and language options; neither compiler, input, output nor dependency files."""
        words = shlex.split(entry["command"])
        flags, skip = [], False
        for index, word in enumerate(words):
            if skip:
                skip = False
            elif word in ("-o", "-MF", "-MQ", "-MT"):
                skip = True
            elif word in ("-include", "-isystem", "-I", "-D"):
                flags += [word, words[index + 1]]
                skip = True
            elif word.startswith(("-I", "-D", "-isystem", "-std", "-m", "-f", "-W", "-pthread")):
                flags.append(word)
        return [f for f in flags if not f.startswith(("-fdiagnostics", "-fsanitize", "-fpch"))]

    def nearest(self, path):
        """The flags of the translation unit that lives closest to this file, in the same top folder."""
        top = ROOT / pathlib.Path(relative(path)).parts[0]
        sources = [s for s in self.by_file if top in s.parents]

        def shared(source):
            return len(pathlib.Path(os.path.commonpath([source, path])).parts), str(source)

        return self.by_file[max(sources, key=shared)] if sources else []


class Closure:
    """Hashes of a file together with every header of the tree it reaches."""

    def __init__(self):
        self._direct = {}

    def _read(self, path):
        if path not in self._direct:
            data = path.read_bytes()
            text = data.decode("utf-8", "replace")
            headers = {resolve_include(name, path if quote == '"' else None) for quote, name in INCLUDE.findall(text)}
            self._direct[path] = (hashlib.sha256(data).hexdigest(), headers - {None})
        return self._direct[path]

    def digest(self, path):
        seen, todo = {}, [path.resolve()]
        while todo:
            current = todo.pop()
            if current not in seen:
                seen[current], headers = self._read(current)
                todo += headers
        lines = sorted(f"{relative(p)} {h}" for p, h in seen.items())
        return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def run_cached(name, build_dir, jobs, workers=None):
    """Runs jobs in parallel and remembers clean ones.

    `jobs` is a list of (label, key, command, stdin). A job whose key was clean before is not run again. Returns the
    labels of those that failed, after printing their output.
    """
    cache = pathlib.Path(build_dir).resolve() / "lint-cache" / name
    cache.mkdir(parents=True, exist_ok=True)
    clean_file = lambda key: cache / hashlib.sha256(key.encode()).hexdigest()
    todo = [job for job in jobs if not clean_file(job[1]).exists()]
    started = time.monotonic()

    def run(job):
        label, key, command, stdin = job
        begun = time.monotonic()
        done = subprocess.run(command, input=stdin, capture_output=True, text=True, cwd=build_dir)
        if done.returncode == 0:
            clean_file(key).touch()
        return label, done, time.monotonic() - begun

    failed, timings = [], []
    with concurrent.futures.ThreadPoolExecutor(workers or os.cpu_count()) as pool:
        for label, done, seconds in pool.map(run, todo):
            timings.append((seconds, label))
            if done.returncode != 0:
                failed.append(label)
                print(f"{label}:\n{(done.stdout + done.stderr).strip()}\n", flush=True)
    print(f"{name}: {len(jobs)} files, {len(jobs) - len(todo)} known clean, {len(failed)} failed, "
          f"{time.monotonic() - started:.0f} s, {resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime:.0f} s of one core")
    for seconds, label in sorted(timings, reverse=True)[:5]:
        print(f"    {seconds:5.1f} s  {label}")
    return failed


def report(name, problems):
    """Prints problems one a line and returns the exit status of the check."""
    for problem in problems:
        print(problem)
    print(f"{name}: {len(problems)} problem{'' if len(problems) == 1 else 's'}")
    return 1 if problems else 0
