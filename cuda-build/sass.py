#!/usr/bin/env python3
"""What the machine code of each kernel does: a row for each kernel of a cubin.

    sass.py rows ARCH FILE.ptx FILE.cubin    rows, as sass.tsv has them
    sass.py names                            the names of the columns
    sass.py tool                             the path of nvdisasm, or one line that says how to get it

nvdisasm is $NVDISASM, or else on PATH, or else in the CUDA toolkit. Five counts of each pipe: on the path
of one turn of the main loop (`turn_`), on the path of a whole thread that takes every loop once (`path_`), of that
what lies in a loop beside the main one (`again_`), what comes on top where blocks share a sum (`split_`), and of all
instructions that are there (`all_`).
Blocks that share one ask by a barrier that votes who comes last; a thread that shares none passes none.

The main loop is the one that owns most of the multiplying, else of the loading; a loop inside another one
owns its instructions alone. A path is the one through a loop's body that does the most work in the widest
pieces: the way past an unaligned pointer, a ragged edge or a diagonal is not on it.
"""
import functools
import os
import re
import shutil
import subprocess
import sys

PIPES = ('fma', 'tensor', 'shared', 'global', 'copy', 'mufu', 'integer', 'uniform', 'control')
COLUMNS = (['kernel', 'arch', 'threads', 'registers', 'shared_bytes', 'spills', 'blocks', 'warps',
            'fetch_bytes', 'stages', 'bytes_in_flight', 'turn_ffma', 'turn_mma']
           + [f'{what}_{pipe}' for what in ('turn', 'path', 'again', 'split', 'all') for pipe in PIPES])

# What a multiprocessor holds: CUDA C++ Programming Guide, "Technical Specifications per Compute Capability".
# registers, shared bytes, warps, blocks, shared bytes that the system takes of each block
ROOM = {
    'sm_75': (65536, 64 << 10, 32, 16, 0),
    'sm_80': (65536, 164 << 10, 64, 32, 1024),
    'sm_86': (65536, 100 << 10, 48, 16, 1024),
    'sm_89': (65536, 100 << 10, 48, 24, 1024),
    'sm_90': (65536, 228 << 10, 64, 32, 1024),
}

BASES = {
    'fma': 'FFMA FADD FMUL FFMA32I FADD32I FMUL32I FSWZADD HFMA2 HADD2 HMUL2 IMAD IMAD32I DFMA DADD DMUL',
    'tensor': 'HMMA IMMA BMMA HGMMA DMMA',
    'shared': 'LDS LDSM STS STSM ATOMS SHFL',
    'global': 'LDG STG LD ST LDL STL RED ATOM ATOMG CCTL',
    'copy': 'LDGSTS',
    'mufu': 'MUFU I2F F2I F2F I2I FRND POPC FLO BREV',
    'control': 'BRA EXIT BAR BSSY BSYNC CALL RET NOP WARPSYNC DEPBAR LDGDEPBAR MEMBAR ERRBAR YIELD BREAK BRX BMOV '
               'KILL NANOSLEEP B2R FENCE ELECT SYNCS JMP RPCMOV BPT',
    'uniform': 'R2UR S2UR LDC REDUX',
}
PIPE = {base: pipe for pipe, bases in BASES.items() for base in bases.split()}
WIDTH = {'128': 16, '64': 8, 'U8': 1, 'S8': 1, 'U16': 2, 'S16': 2}


class Instruction:
    def __init__(self, predicate, op, operands):
        self.predicate, self.op, self.operands = predicate, op, operands
        self.parts = op.split('.')
        self.base = self.parts[0]

    @property
    def pipe(self):
        if self.base in PIPE:
            return PIPE[self.base]
        return 'uniform' if self.base.startswith('U') else 'integer'

    @property
    def always(self):
        return self.predicate in (None, 'PT', 'UPT')

    @property
    def width(self):
        """Bytes that each thread moves."""
        return next((WIDTH[part] for part in self.parts if part in WIDTH), 4)


class Kernel:
    """The instructions of one kernel, and where its branches lead."""

    def __init__(self, name):
        self.name, self.code, self.labels = name, [], {}
        self.in_bf16 = name.endswith('_bf16')

    def target(self, at):
        """Where the branch at this place leads, or None where it is not one within the kernel.

        ptxas leaves some loops by a call on a condition that never returns.
        """
        instruction = self.code[at]
        leaves = instruction.base == 'CALL' and not instruction.always
        if not leaves and (instruction.base not in ('BRA', 'JMP') or instruction.parts[1:2] == ['DIV']):
            return None
        label = re.search(r'(\.L_x_\d+)', instruction.operands)
        return self.labels.get(label.group(1)) if label else None

    def falls_through(self, at):
        instruction = self.code[at]
        if instruction.base in ('EXIT', 'RET', 'KILL'):
            return not instruction.always or re.match(r'!?U?P\d', instruction.operands) is not None
        if instruction.base in ('BRA', 'JMP') and self.target(at) is not None:
            return not instruction.always or re.match(r'!?U?P\d', instruction.operands) is not None
        return True

    def onward(self, at):
        """The places that may follow this one."""
        ways = [at + 1] if self.falls_through(at) and at + 1 < len(self.code) else []
        target = self.target(at)
        return ways + [target] if target is not None and target < len(self.code) else ways

    @functools.cached_property
    def walk(self):
        """All that can be reached, each place behind those that follow it, and the edges that close a loop."""
        order, back, state = [], [], {}
        stack = [(0, iter(self.onward(0)))]
        state[0] = 'open'
        while stack:
            at, ways = stack[-1]
            way = next(ways, None)
            if way is None:
                stack.pop()
                state[at] = 'done'
                order.append(at)
            elif way not in state:
                state[way] = 'open'
                stack.append((way, iter(self.onward(way))))
            elif state[way] == 'open':
                back.append((at, way))
        return order, back

    def loops(self):
        """first -> the places of each loop; a jump of an instruction to itself is the end's padding."""
        order, back = self.walk
        before = {}
        for at in order:
            for way in self.onward(at):
                before.setdefault(way, []).append(at)
        found = {}
        for last, first in back:
            if last == first:
                continue
            body, todo = found.setdefault(first, {first}), [last]
            while todo:
                at = todo.pop()
                if at not in body:
                    body.add(at)
                    todo += before.get(at, [])
        return found

    def main_loop(self):
        """(first, places) of the loop that owns most work, or None."""
        loops = self.loops()
        best, most = None, None
        for first, body in loops.items():
            inner = set().union(*(b for f, b in loops.items() if f != first and f in body and len(b) < len(body)))
            own = [self.code[at] for at in body - inner]
            tensor = sum(i.pipe == 'tensor' for i in own)
            ffma = sum(i.base == 'FFMA' for i in own)
            moved = sum(i.width for i in own if i.base in ('LDG', 'STG', 'LDGSTS', 'LD', 'ST'))
            work = (tensor, ffma if ffma >= 16 else 0, moved, len(own))
            if most is None or work > most:
                best, most = (first, body), work
        return best

    def votes(self):
        """The places at which a block asks whether it comes last."""
        return {at for at, i in enumerate(self.code) if i.base == 'BAR' and 'RED' in i.parts}

    def path(self, first, body=None, through=(), without=()):
        """The places that a turn of the loop passes, or, without one, a whole thread.

        through: places that lie on the path if they can
        without: places that it avoids; nothing where it cannot
        """
        order, back = self.walk
        back = set(back)
        best = {}
        for at in order:
            if (body is not None and at not in body) or at in without:
                continue
            ends = (at, first) in back if body is not None else self.code[at].base == 'EXIT'
            ways = [(best[way][0], way) for way in self.onward(at) if (at, way) not in back and way in best]
            if ways or ends:
                weight, way = max(ways) if ways else (0, None)
                best[at] = (weight + (1000000 if at in through else worth(self.code[at], self.in_bf16)), way)
        path, at = [], first
        while at in best:
            path.append(at)
            at = best[at][1]
        return path

    def beside(self, main):
        """The places of the innermost loops without those that lead to the main one."""
        loops = self.loops()
        return set().union(*(body for first, body in loops.items() if main not in body
                             and not any(other in body for other in loops if other != first)))


def worth(instruction, in_bf16):
    """How much a path is liked for this instruction: work, in wide pieces, without detours.

    In bf16 four bytes that are stored are a pair; those that are loaded may be one number of fp32.
    """
    if instruction.pipe == 'tensor':
        return 60
    if in_bf16 and instruction.base in ('STG', 'ST') and instruction.width == 4:
        return 60
    if instruction.base in ('LDG', 'STG', 'LD', 'ST', 'LDGSTS'):
        return {16: 1000, 8: 300}.get(instruction.width, -300)
    if instruction.base in ('FFMA', 'STS', 'LDS', 'LDSM', 'BAR'):
        return 50
    return -1


def kernels(text):
    """The kernels in what `nvdisasm -c` prints."""
    found, kernel = [], None
    for line in text.splitlines():
        section = re.match(r'^\.text\.(\S+):', line)
        label = re.match(r'^(\.L_x_\d+):', line)
        code = re.match(r'^\s*/\*[0-9a-f]+\*/\s+(?:@(!?U?PT|!?U?P\d)\s+)?([A-Za-z0-9_.]+)(.*?);', line)
        if section:
            kernel = Kernel(section.group(1))
            found.append(kernel)
        elif kernel and label:
            kernel.labels[label.group(1)] = len(kernel.code)
        elif kernel and code:
            kernel.code.append(Instruction(code.group(1), code.group(2), code.group(3).strip()))
    return [kernel for kernel in found if kernel.code]


def counts(code):
    return [sum(i.pipe == pipe for i in code) for pipe in PIPES]


def stages(code):
    """How many turns ahead data is fetched: asynchronous copies wait for all groups but the last so many."""
    if not any(i.base == 'LDGSTS' for i in code):
        return 1
    left = [re.search(r'SB0, 0x([0-9a-f]+)', i.operands) for i in code if i.base == 'DEPBAR']
    return 1 + max([int(m.group(1), 16) for m in left if m], default=0)


def resident(arch, registers, shared, threads):
    """Blocks that a multiprocessor holds at once."""
    all_registers, all_shared, all_warps, all_blocks, system = ROOM[arch]
    warps = -(-threads // 32)
    by_registers = all_registers // 4 // (-(-max(registers, 1) * 32 // 256) * 256) * 4 // warps
    by_shared = all_shared // (-(-(shared + system) // 128) * 128) if shared + system else all_blocks
    return min(by_registers, by_shared, all_warps // warps, all_blocks)


def resources(log):
    """kernel -> registers, shared bytes, spilled bytes, from `ptxas -v`."""
    found, kernel, spills = {}, None, 0
    for line in log.splitlines():
        if m := re.search(r'Function properties for (\S+)', line):
            kernel = m.group(1)
        if m := re.search(r'(\d+) bytes spill stores, (\d+) bytes spill loads', line):
            spills = int(m.group(1)) + int(m.group(2))
        if m := re.search(r'Used (\d+) registers', line):
            shared = re.search(r'(\d+) bytes smem', line)
            found[kernel] = (int(m.group(1)), int(shared.group(1)) if shared else 0, spills)
    return found


def block_threads(ptx):
    """kernel -> threads of a block, as the PTX bounds them."""
    found, kernel = {}, None
    for line in ptx.splitlines():
        if m := re.match(r'\.(?:visible )?\.?entry (\w+)', line):
            kernel = m.group(1)
        if m := re.match(r'\.(?:max|req)ntid (\d+)(?:, (\d+))?', line):
            found[kernel] = int(m.group(1)) * int(m.group(2) or 1)
    return found


def row(arch, kernel, taken, threads):
    registers, shared, spills = taken
    loop = kernel.main_loop()
    votes = kernel.votes()
    through = {loop[0]} if loop else set()
    code = lambda places: [kernel.code[at] for at in places]
    turn = code(kernel.path(*loop)) if loop else []
    places = kernel.path(0, through=through, without=votes)
    sharing = kernel.path(0, through=through | votes) if votes else places
    places = places or sharing
    path = code(places)
    beside = kernel.beside(loop[0]) if loop else set()
    again = counts(code(at for at in places if at in beside))
    split = [max(0, more - own) for more, own in zip(counts(code(sharing)), counts(path))]
    fetched = sum(i.width for i in turn or path if i.base in ('LDG', 'LDGSTS', 'LD'))
    blocks = resident(arch, registers, shared, threads)
    ahead = stages(turn)
    return ([kernel.name, arch, threads, registers, shared, spills, blocks, blocks * -(-threads // 32),
             fetched, ahead, fetched * ahead * threads * blocks,
             sum(i.base == 'FFMA' for i in turn), sum(i.pipe == 'tensor' for i in turn)]
            + counts(turn) + counts(path) + again + split + counts(kernel.code))


def nvdisasm():
    toolkit = '/usr/local/cuda/bin/nvdisasm'
    given = os.environ.get('NVDISASM')
    if given:
        if not os.access(given, os.X_OK):
            sys.exit(f'sass: NVDISASM names {given}, which cannot be run; name nvdisasm or leave it out')
        return given
    found = shutil.which('nvdisasm') or (toolkit if os.access(toolkit, os.X_OK) else None)
    if not found:
        sys.exit("sass: nvdisasm was not found on PATH nor in /usr/local/cuda/bin; install NVIDIA's cuda-nvdisasm "
                 'or Debian\'s nvidia-cuda-toolkit (non-free), or let NVDISASM name it')
    return found


def rows(arch, ptx, cubin, log):
    printed = subprocess.run([nvdisasm(), '-c', cubin], capture_output=True, text=True)
    if printed.returncode != 0:
        sys.exit(f'sass: nvdisasm cannot read {cubin}: {printed.stderr.strip().splitlines()[-1]}')
    taken = resources(log)
    with open(ptx) as file:
        threads = block_threads(file.read())
    return [row(arch, kernel, taken[kernel.name], threads.get(kernel.name, 1024))
            for kernel in kernels(printed.stdout) if kernel.name in taken]


def main(arguments):
    if arguments == ['names']:
        print('\t'.join(COLUMNS))
    elif arguments == ['tool']:
        print(nvdisasm())
    elif len(arguments) == 4 and arguments[0] == 'rows' and arguments[1] in ROOM:
        for cells in rows(*arguments[1:], sys.stdin.read()):
            print('\t'.join(map(str, cells)))
    else:
        sys.exit(__doc__)


if __name__ == '__main__':
    main(sys.argv[1:])
