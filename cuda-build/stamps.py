#!/usr/bin/env python3
"""What decides each PTX, as one hash: what changed is found whatever the dates of files are.

    stamps.py stamps OUT          for each line `NAME SOURCE HOW IT IS COMPILED` of standard input: NAME and its hash
    stamps.py rows OUT NAME ...   the rows of OUT/resources.tsv of the kernels in each NAME.ptx

The hash is of the line, of SOURCE with all that it includes, of what reads the output of nvcc and ptxas, and of that
output in OUT: the PTX and its rows. An #include that a #if leaves out counts too.
"""
import hashlib
import pathlib
import re
import sys

INCLUDE = re.compile(rb'^\s*#\s*include\s+"([^"]+)"', re.M)
ENTRY = re.compile(r'\.entry (\w+)')
READERS = ('normalise.sed', 'resources.awk')


def included(path, root, found):
    """Adds to `found` the text of `path` and of all that it includes from `root`, by path."""
    if path not in found:
        found[path] = path.read_bytes()
        for name in INCLUDE.findall(found[path]):
            included(root / name.decode(), root, found)
    return found


def rows(out, ptx):
    kernels = set(ENTRY.findall(ptx))
    return [row for row in (out / 'resources.tsv').read_text().splitlines() if row.split('\t')[0] in kernels]


def stamp(out, line):
    name, source = line.split()[:2]
    ptx = out / f'{name}.ptx'
    if not ptx.exists():
        return 'missing'
    read = [pathlib.Path(reader).read_bytes() for reader in READERS]
    root = next(folder for folder in pathlib.Path(source).parents if folder.name == 'kernels')
    code = included(pathlib.Path(source), root, {})
    made = ptx.read_text()
    parts = [line.encode(), *read, *(code[path] for path in sorted(code)), made.encode(), *map(str.encode, rows(out, made))]
    return hashlib.sha256(b''.join(hashlib.sha256(part).digest() for part in parts)).hexdigest()


def main(what, out, *names):
    out = pathlib.Path(out)
    if what == 'rows':
        lines = [row for name in names for row in rows(out, (out / f'{name}.ptx').read_text())]
    else:
        lines = [line if line.startswith('tools ') else f'{line.split()[0]} {stamp(out, line)}'
                 for line in sys.stdin.read().splitlines()]
    print(''.join(f'{line}\n' for line in lines), end='')


if __name__ == '__main__':
    main(*sys.argv[1:])
