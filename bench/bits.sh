#!/usr/bin/env bash
# Prints the SHA-256 of what each model learns and draws: the numbers of its weights after an epoch of small
# images, and its sheet of samples, on `cpu` at base sizes and on the software GPU after ten steps of tiny ones.
# A change that should keep every bit is checked by running this before and after it, on one machine:
#   bench/bits.sh >before; git checkout BRANCH; bench/bits.sh | diff before -
set -euo pipefail
hindsight=${HINDSIGHT:-$(dirname "${BASH_SOURCE[0]}")/../hindsight}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# IDX folders of strokes that a fixed rule places, so that they are the same everywhere.
images() { # folder, training images, test images
  python3 - "$@" <<'END'
import gzip, os, struct, sys
folder, *counts = sys.argv[1:]
os.makedirs(folder)
for name, seed, count in (("train", 1, int(counts[0])), ("t10k", 7, int(counts[1]))):
    pixels, state = bytearray(784 * count), seed
    for image in range(count):
        row, column = 14, 14
        for _ in range(120):
            state = (state * 1103515245 + 12345) % 2**31
            row = min(25, max(2, row + state // 65536 % 3 - 1))
            column = min(25, max(2, column + state // 1048576 % 3 - 1))
            pixels[784 * image + 28 * row + column] = 255
    with open(f"{folder}/{name}-images-idx3-ubyte", "wb") as out:
        out.write(struct.pack(">4i", 2051, count, 28, 28) + pixels)
    with open(f"{folder}/{name}-labels-idx1-ubyte", "wb") as out:
        out.write(struct.pack(">2i", 2049, count) + bytes(count))
END
}

row() { # label, words of `train`
  local label=$1 run=$work/run
  rm -rf "$run"
  "$hindsight" train "${@:2}" --run "$run" >"$work/log" 2>&1 || { tail -n 5 "$work/log" >&2; exit 1; }
  printf '%s\tweights\t' "$label"
  python3 -c 'import sys; all = open(sys.argv[1], "rb").read()
sys.stdout.buffer.write(all[8 + int.from_bytes(all[:8], "little"):])' "$run/model.safetensors" | sha256sum | cut -c1-64
  printf '%s\tsheet\t%s\n' "$label" "$(sha256sum <"$run/samples.png" | cut -c1-64)"
}

images "$work/some" 600 100
images "$work/few" 120 20
while read -r model tiny; do
  for precision in fp32 bf16; do
    # shellcheck disable=SC2086 # words
    {
      kind=''
      [[ $model != pixel-rnn ]] || kind=${tiny%% --hidden*}
      row "$model $kind cpu $precision" $model $kind --backend cpu --precision $precision --data "$work/some" --epochs 1
      row "$model $kind software $precision" $model $tiny --backend cuda --device software --precision $precision \
        --data "$work/few" --epochs 1 --batch 10 --validation 20
    }
  done
done <<'END'
made --hidden 64 --layers 2
wavenet --residual-channels 16 --blocks 4 --dilation-cycle 4
pixelcnn --filters 16 --layers 2 --kernel 5
gated-pixelcnn --filters 16 --layers 2 --kernel 5
transformer --width 32 --layers 1 --heads 2
pixel-snail --filters 16 --blocks 1 --residual-blocks 1 --kernel 5
lstm --hidden 32
pixel-rnn --lstm row --hidden 16 --layers 1
pixel-rnn --lstm diagonal --hidden 16 --layers 1
END
