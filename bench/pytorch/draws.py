"""Hindsight's random numbers in NumPy, to the bit: Philox 4x32-10 (Salmon et al. 2011) named by keys.

A number is a function of a key and an index and nothing is consumed, so PyTorch can be given the very pixels, batches
and initial weights that Hindsight has. See `dev.hindsight.random`.
"""
import dataclasses

import numpy

ROUNDS = 10
MULTIPLIERS = 0xD2511F53, 0xCD9E8D57
WEYL = 0x9E3779B9, 0xBB67AE85
LOW = 2**32 - 1
WORD = 2**64 - 1
TO_UNIT = numpy.float32(2**-24)


def mixed(z):
    """The finaliser of SplitMix64, of 64-bit words."""
    z = (z ^ (z >> 30)) * numpy.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> 27)) * numpy.uint64(0x94D049BB133111EB)
    return z ^ (z >> 31)


@dataclasses.dataclass(frozen=True)
class Key:
    """Names a stream of random numbers."""
    seed: int
    stream: int = 0

    def streams(self, numbers):
        """The streams of `fold` for an array of numbers."""
        ahead = numpy.asarray(numbers, numpy.uint64) + numpy.uint64(1)
        return mixed(numpy.uint64(self.stream) + numpy.uint64(0x9E3779B97F4A7C15) * ahead)

    def fold(self, purpose):
        """An independent stream for a purpose, which is a word or a number."""
        if isinstance(purpose, str):
            number = 0xCBF29CE484222325  # FNV-1a
            for letter in purpose:
                number = (number ^ ord(letter)) * 0x100000001B3 & WORD
        else:
            number = purpose
        return Key(self.seed, int(self.streams([number])[0]))


def words(seed, streams, count):
    """The first `count` words of each stream, (streams, count), 32 bits in 64."""
    streams = numpy.asarray(streams, numpy.uint64)[:, None]
    c0 = numpy.arange((count + 3) // 4, dtype=numpy.uint64)[None]
    c1, c2, c3 = numpy.uint64(0), streams & LOW, streams >> 32
    k0, k1 = seed & LOW, seed >> 32 & LOW
    for _ in range(ROUNDS):
        p0, p1 = c0 * MULTIPLIERS[0], c2 * MULTIPLIERS[1]
        c0, c1, c2, c3 = p1 >> 32 ^ c1 ^ numpy.uint64(k0), p1 & LOW, p0 >> 32 ^ c3 ^ numpy.uint64(k1), p0 & LOW
        k0, k1 = k0 + WEYL[0] & LOW, k1 + WEYL[1] & LOW
    return numpy.stack(numpy.broadcast_arrays(c0, c1, c2, c3), -1).reshape(len(streams), -1)[:, :count]


def uniforms(seed, streams, count):
    """The first `count` numbers of each stream, in [0, 1), (streams, count)."""
    return (words(seed, streams, count) >> 8).astype(numpy.float32) * TO_UNIT


def normals(seed, streams, count):
    """The first `count` standard normals of each stream, in double, (streams, count): Box and Muller's."""
    drawn = words(seed, streams, (count + 3) // 4 * 4) >> 8
    radius = numpy.sqrt(-2 * numpy.log((drawn[:, 0::2] + 1) * float(TO_UNIT)))
    angle = 2 * numpy.pi * (drawn[:, 1::2] * float(TO_UNIT))
    pairs = numpy.stack([radius * numpy.cos(angle), radius * numpy.sin(angle)], -1)
    return pairs.reshape(len(drawn), -1)[:, :count]


def permutation(key, count):
    """0 to count - 1 in a random order (Fisher and Yates)."""
    chosen = uniforms(key.seed, [key.stream], count)[0].astype(float) * numpy.arange(1, count + 1)
    order = [0] * count
    for i, j in enumerate(chosen.astype(int).tolist()):
        order[i] = order[j]
        order[j] = i
    return numpy.array(order)
