"""Images as Hindsight reads, cuts, slants and draws them, to the bit. See `dev.hindsight.data`."""
import dataclasses
import gzip
import os
import pathlib

import numpy
import torch

from draws import Key, permutation, uniforms
from hindsight_models import MNIST10K, grey, labels

CACHE = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache") / "hindsight"


def folder(name):
    """Where the images are that a config.json names."""
    known = {"mnist10k": MNIST10K, "mnist": CACHE / "mnist", "fashion-mnist": fashion_mnist()}
    return known.get(name, pathlib.Path(name))


def fashion_mnist():
    """That of Debian's package dataset-fashion-mnist, or where Hindsight put it."""
    package = pathlib.Path("/usr/share/datasets/fashion-mnist")
    return package if package.is_dir() else CACHE / "fashion-mnist"


def read(folder, shape, stochastic, labelled=False):
    """What is for training and for tests in a folder of IDX files, perhaps with labels, or of CIFAR-10's batches."""
    batches = sorted(folder.glob("data_batch_?.bin*"))
    if not batches:
        train, test = (
            Images(grey(part, folder).numpy(), shape, stochastic, labels(part, folder).numpy() if labelled else None)
            for part in ("train", "t10k"))
        return train, test
    if labelled:
        raise ValueError(f"{folder}: classes of CIFAR-10 have no peer; train a run without --classes")
    everything = Images(cifar(batches), shape, stochastic)
    tests = sorted(folder.glob("test_batch.bin*"))
    if tests:
        return everything, Images(cifar(tests), shape, stochastic)
    kept = len(everything) - max(1, len(everything) // 10)
    test, train = everything.cut("test", kept)
    return train, test


def cifar(files):
    """Of records of a label and the planes of three channels, (N, D) with channels last."""
    whole = b"".join(gzip.open(f).read() if f.suffix == ".gz" else f.read_bytes() for f in files)
    planes = numpy.frombuffer(whole, numpy.uint8).reshape(-1, 3073)[:, 1:].reshape(-1, 3, 1024)
    return numpy.ascontiguousarray(planes.transpose(0, 2, 1)).reshape(-1, 3072)


@dataclasses.dataclass(frozen=True)
class Images:
    bytes: numpy.ndarray  # (N, D)
    shape: object
    stochastic: bool  # whether binary values are drawn
    labels: numpy.ndarray = None  # (N), or nothing

    def __len__(self):
        return len(self.bytes)

    def cut(self, purpose, count):
        """What is left, and `count` images that are drawn for a purpose."""
        drawn = numpy.zeros(len(self), bool)
        drawn[permutation(Key(0).fold(purpose), len(self))[:count]] = True
        return tuple(
            dataclasses.replace(self, bytes=self.bytes[chosen], labels=None if self.labels is None else self.labels[chosen])
            for chosen in (~drawn, drawn))

    def classes(self):
        """All labels, or nothing."""
        return None if self.labels is None else torch.from_numpy(self.labels)

    def all(self, key, epoch=0):
        """All images in their order, as they are evaluated."""
        return self.levels(self.bytes, range(len(self)), key.fold("binarize").fold(epoch))

    def batches(self, size, key, epoch, shear, dropout):
        """Pixels and labels of an epoch of training, shuffled; what is left over is dropped."""
        order = permutation(key.fold("shuffle").fold(epoch), len(self))
        bits, slants, hidden = (key.fold(purpose).fold(epoch) for purpose in ("binarize", "shear", "class dropout"))
        for chosen in order[:len(order) // size * size].reshape(-1, size):
            pixels = self.levels(self.slanted(chosen, slants, shear), chosen, bits)
            yield pixels, self.shown(chosen, hidden, dropout)

    def shown(self, numbers, key, dropout):
        """The labels of some images, -1 where one is hidden; nothing where there are none."""
        if self.labels is None:
            return None
        drawn = uniforms(key.seed, key.streams(numbers), 1)[:, 0]
        return torch.from_numpy(numpy.where(drawn < numpy.float32(dropout), -1, self.labels[numbers]))

    def levels(self, images, numbers, key):
        """Bytes (N, D) as levels; what is drawn for an image is a function of the key and its number (N)."""
        if self.stochastic and self.shape.levels == 2:
            return torch.from_numpy(uniforms(key.seed, key.streams(numbers), images.shape[1]) < images / 255).float()
        return torch.from_numpy(images.astype(int) * self.shape.levels // 256).float()

    def slanted(self, numbers, key, largest):
        """Some images whose rows move sideways by whole pixels, each image by a slant of its own."""
        images = self.bytes[numbers]
        if not largest:
            return images
        drawn = uniforms(key.seed, key.streams(numbers), 1)[:, 0].astype(float)
        slants = float(numpy.float32(largest)) * (2 * drawn - 1)
        rows, columns = (numpy.arange(side) for side in self.shape.sides)
        shifts = numpy.rint(slants[:, None] * ((len(rows) - 1) / 2 - rows)).astype(int)  # of each row, (N, H)
        sources = columns - shifts[:, :, None]  # which column comes to each place, (N, H, W)
        inside = (sources >= 0) & (sources < len(columns))
        pixels = images.reshape(*inside.shape, -1)
        moved = numpy.take_along_axis(pixels, sources.clip(0, len(columns) - 1)[..., None], 2)
        return numpy.where(inside[..., None], moved, 0).astype(images.dtype).reshape(images.shape)
