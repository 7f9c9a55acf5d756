#!/usr/bin/env python3
"""sass.py on test/known_loop.cu, whose loops are known. Needs nvcc, ptxas and nvdisasm."""
import os
import subprocess
import sys
import tempfile

import sass

HERE = os.path.dirname(os.path.abspath(__file__))
WANTED = {  # of one turn of known_loop: 8 x 32 multiply-adds, a store and 8 loads of 16 bytes, 16 bytes fetched
    'threads': 128, 'shared_bytes': 2048, 'spills': 0, 'fetch_bytes': 16, 'stages': 1,
    'turn_ffma': 256, 'turn_mma': 0, 'turn_tensor': 0, 'turn_shared': 9, 'turn_global': 1, 'turn_mufu': 0,
    'again_global': 1, 'again_tensor': 0, 'again_shared': 0,
}
NO_LOOP = {'threads': 64, 'fetch_bytes': 4, 'turn_ffma': 0, 'turn_fma': 0, 'turn_global': 0, 'path_global': 2,
           'again_global': 0, 'split_global': 0}
SPLIT = {'threads': 64, 'path_global': 2, 'split_global': 2, 'split_copy': 0}  # a store and a load; one thread counts


def known(arch, folder):
    nvcc, ptxas = os.environ.get('NVCC', 'nvcc'), os.environ.get('PTXAS', 'ptxas')
    ptx, cubin = os.path.join(folder, 'known.ptx'), os.path.join(folder, f'{arch}.cubin')
    subprocess.run([nvcc, '-ptx', '-arch=compute_75', '-o', ptx, os.path.join(HERE, 'test', 'known_loop.cu')], check=True)
    log = subprocess.run([ptxas, '-v', f'-arch={arch}', '-o', cubin, ptx], check=True, capture_output=True, text=True)
    rows = [dict(zip(sass.COLUMNS, row)) for row in sass.rows(arch, ptx, cubin, log.stderr)]
    return {row['kernel']: row for row in rows}


def differences(row, wanted):
    return [f"{row['kernel']} on {row['arch']}: wanted {column} {value}, got {row[column]}"
            for column, value in wanted.items() if row[column] != value]


def inside(row):
    """A turn is part of the path, and the path of what is there."""
    return [f"{row['kernel']} on {row['arch']}: {pipe}: turn {row['turn_' + pipe]}, path {row['path_' + pipe]}, "
            f"all {row['all_' + pipe]}"
            for pipe in sass.PIPES
            if not row['turn_' + pipe] <= row['path_' + pipe] <= row['all_' + pipe]]


def main():
    wrong = []
    with tempfile.TemporaryDirectory() as folder:
        for arch in ('sm_75', 'sm_80', 'sm_89', 'sm_90'):
            rows = known(arch, folder)
            loop = rows['known_loop']
            wrong += differences(loop, WANTED) + inside(loop)
            wrong += differences(rows['no_loop'], NO_LOOP)
            wrong += differences(rows['known_split'], SPLIT)
            fits = loop['blocks'] * loop['threads'] * -(-loop['registers'] // 8) * 8 <= 65536
            if not fits or loop['bytes_in_flight'] != 16 * loop['threads'] * loop['blocks']:
                wrong.append(f"known_loop on {arch}: {loop['blocks']} blocks, {loop['bytes_in_flight']} bytes in flight")
    # 97 registers are rounded up to 104: 4 warps x 32 x 104 of 65,536 leave room for 4 blocks of 128 threads
    if sass.resident('sm_90', 97, 0, 128) != 4:
        wrong.append('wanted 4 resident blocks of 97 registers')
    print('\n'.join(wrong) or 'sass.py: the known loops are counted right')
    return 1 if wrong else 0


if __name__ == '__main__':
    sys.exit(main())
