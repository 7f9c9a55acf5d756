#!/usr/bin/env python3
"""What `make ptx` compiles and `make check` finds, on three small kernels and stand-ins for nvcc and ptxas."""
import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

HERE = pathlib.Path(__file__).parent
KERNELS = {
    'common.cuh': '// shared\n',
    'plain.cu': '#include "common.cuh"\n',
    'tiled.cu': '#ifdef BF16\n#include "common.cuh"\n#endif\nIN_PRECISION(tiled)\n',
    'stored.cu': '  #  include "plain.cu"\nIN_STORAGE(stored)\n',
}
ALL = {'plain', 'tiled', 'tiled_bf16', 'tiled_large', 'tiled_large_bf16', 'tiled_large_tf32', 'tiled_tall_bf16',
       'tiled_tall_tf32', 'tiled_tf32', 'stored', 'stored_bf16'}
# Writes a kernel that is named after the output, with the source and what it includes in a comment.
NVCC = r'''#!/bin/sh
[ "$1" = --version ] && { echo "release 13.0, V13.0.$NVCC_PATCH"; exit; }
for last in "$@"; do [ "$before" = -o ] && out=$last; before=$last; done
{ echo ".version 9.0"; echo ".entry $(basename $out .ptx.raw)( $NVCC_ADDS"; cat $last $(dirname $last)/*.cuh | sed 's|^|//|'; } > $out
'''
PTXAS = r'''#!/bin/sh
[ "$1" = --version ] && { echo "release 13.0, V13.0.1"; exit; }
for last in "$@"; do :; done
echo "ptxas info : Function properties for $(basename $last .ptx)"
echo "    0 bytes stack frame, ${SPILLS:-0} bytes spill stores, 0 bytes spill loads"
echo "ptxas info : Used 7 registers"
'''


class StampsTest(unittest.TestCase):
    built = tempfile.TemporaryDirectory()

    @classmethod
    def setUpClass(cls):
        cls.addClassCleanup(cls.built.cleanup)
        first = cls()
        first.at(pathlib.Path(cls.built.name))
        first.ptx.mkdir(parents=True)
        for name in ('Makefile', 'stamps.py', 'normalise.sed', 'resources.awk', 'table.awk'):
            shutil.copy(HERE / name, first.here)
        for name, code in {'nvcc': NVCC, 'ptxas': PTXAS}.items():
            first.write(name, code).chmod(0o755)
        for name, code in KERNELS.items():
            first.write('kernels/' + name, code)
        for name in ('stamps', 'resources.tsv'):
            first.write('cuda-build/ptx/' + name, '')
        first.assertEqual(ALL, first.compiled())

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.at(shutil.copytree(self.built.name, pathlib.Path(folder.name) / 'copy'))

    def at(self, root):
        self.root, self.here, self.ptx = root, root / 'cuda-build', root / 'cuda-build/ptx'

    def write(self, name, text):
        path = self.root / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
        os.utime(path, (0, 0))  # older than whatever was made of it
        return path

    def make(self, target, *arguments, fails=False, **environment):
        command = ['make', '-C', self.here, target, f'NVCC={self.root}/nvcc', f'PTXAS={self.root}/ptxas', 'LARGE=tiled',
                   *arguments]
        environment = {'PATH': os.environ['PATH'], 'NVCC_PATCH': '1', **environment}
        done = subprocess.run(command, env=environment, capture_output=True, text=True)
        self.assertEqual(fails, done.returncode != 0, done.stdout + done.stderr)
        return done.stdout + done.stderr

    def compiled(self, target='ptx', *arguments, **environment):
        lines = [line.split() for line in self.make(target, *arguments, **environment).splitlines()]
        names = {words[1] for words in lines if words[:1] == ['nvcc']}
        self.assertEqual(names, {words[1] for words in lines if words[:1] == ['ptxas']})
        return names

    def test_dates_decide_nothing(self):
        for path in [*self.here.iterdir(), *(self.root / 'kernels').iterdir()]:
            os.utime(path)
        self.assertEqual(set(), self.compiled('check'))
        self.assertEqual(set(), self.compiled())

    def test_a_source_changes_what_is_made_of_it(self):
        self.write('kernels/plain.cu', '// changed\n')
        wanted = {'plain', 'stored', 'stored_bf16'}
        self.assertEqual(wanted, self.compiled('check', fails=True))
        self.assertEqual(wanted, self.compiled())
        self.assertEqual(set(), self.compiled('check'))

    def test_a_header_changes_what_includes_it(self):
        self.write('kernels/plain.cu', '// includes nothing\n')
        self.make('ptx')
        self.write('kernels/common.cuh', '// changed\n')
        self.assertEqual({name for name in ALL if name.startswith('tiled')}, self.compiled())

    def test_flags_change_what_is_compiled_with_them(self):
        makefile = self.here / 'Makefile'
        makefile.write_text(makefile.read_text().replace('if $(variants),7.0', 'if $(variants),7.1'))
        self.assertEqual(ALL - {'plain', 'stored', 'tiled'}, self.compiled())

    def test_ptx_edited_by_hand_is_found(self):
        with open(self.ptx / 'plain.ptx', 'a') as ptx:
            ptx.write('// by hand\n')
        self.assertIn('ptx/plain.ptx', self.make('check', fails=True))
        self.assertEqual({'plain'}, self.compiled())

    def test_a_row_edited_by_hand_is_found(self):
        table = self.ptx / 'resources.tsv'
        table.write_text(table.read_text().replace('plain\tsm_80\t7', 'plain\tsm_80\t6'))
        self.assertIn('ptx/resources.tsv', self.make('check', fails=True))
        self.assertEqual({'plain'}, self.compiled())

    def test_checksums_and_files_of_no_kernel_are_found(self):
        for name, text in {'SHA256SUMS': '', 'stray.ptx': '.entry stray(\n'}.items():
            before = self.ptx / name
            kept = before.read_text() if before.exists() else None
            before.write_text(text)
            self.assertIn(name, self.make('check', fails=True))
            before.unlink() if kept is None else before.write_text(kept)
        self.make('check')

    def test_a_removed_kernel_takes_its_rows_along(self):
        (self.root / 'kernels/plain.cu').unlink()
        self.write('kernels/stored.cu', 'IN_STORAGE(stored)\n')
        self.assertEqual({'stored', 'stored_bf16'}, self.compiled())
        self.assertFalse((self.ptx / 'plain.ptx').exists())
        self.assertNotIn('plain', (self.ptx / 'resources.tsv').read_text())
        self.make('check')

    def test_another_compiler_compiles_everything(self):
        self.assertEqual(ALL, self.compiled('check', NVCC_PATCH='2'))
        self.assertEqual(ALL, self.compiled(NVCC_PATCH='2'))
        self.assertEqual(set(), self.compiled('check', NVCC_PATCH='2'))

    def test_all_finds_what_a_stamp_cannot(self):
        self.write('kernels/plain.cu', '// changed\n')
        self.make('ptx', NVCC_ADDS='// not from the source')
        self.assertEqual(set(), self.compiled('check'))
        self.assertEqual(ALL, self.compiled('check', 'ALL=1', fails=True))
        self.assertEqual(ALL, self.compiled('ptx', 'ALL=1'))
        self.assertEqual(ALL, self.compiled('check', 'ALL=1'))

    def test_spills_fail_and_are_found_again(self):
        self.write('kernels/plain.cu', '// spills\n')
        for _ in range(2):
            self.assertIn('spill: plain', self.make('ptx', fails=True, SPILLS='8'))
        self.assertEqual({'plain', 'stored', 'stored_bf16'}, self.compiled())


if __name__ == '__main__':
    unittest.main()
