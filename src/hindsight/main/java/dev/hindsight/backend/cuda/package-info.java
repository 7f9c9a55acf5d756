/// The CUDA backend: loads the PTX that ships and launches it through JCuda's driver API.
///
/// ## PTX
///
/// nvcc 13.0 compiles for compute_75; `.version` is lowered to 6.3, paths are normalised, and
/// `ptxas` must accept the result for sm_75 to sm_120 without a spill. The PTX is committed, so a
/// build needs only a JDK; `make -C cuda-build check` fails when it is stale.
///
/// ## Precision
///
/// A kernel follows the type of the activations that it is given: on fp32 those that are compiled
/// for sm_75 run, on bf16 their `_bf16` variants, which load, compute in fp32, round once and store
/// (`Stored`, `load4` and `store4` in `common.cuh`; one source for both). All that are no products
/// are in one module, `untiled.cu`. Weights that are multiplied come in the same type, biases,
/// statistics and gradients of weights as fp32. tf32 stores fp32 and rounds the factors of products
/// on their way to shared memory.
///
/// Products of bf16, or of factors rounded to tf32, run on tensor cores with sums in fp32.
/// `tile.cuh` is the one product: operands, spans, split-K and what becomes of a sum; its `Tile` is
/// how a step is multiplied, `tile_fma.cuh` or `tile_mma.cuh` (of `mma.cuh`). A file of tiled
/// products is compiled three times (compute_80 and `.version` 7.0 for the variants). An mma cannot
/// select, so in steps that the staircase cuts it sees 0 for what is masked and for what is not
/// finite, and the latter is added by selects afterwards: a mask stays structure, and no bit
/// depends on a neighbour's NaN. `Tolerance` derives how far each precision may differ; on integers
/// it may not differ at all, but for the rounding of a stored result (`TensorCoreTest`).
///
/// ## Three tiles
///
/// From compute capability 8.0 on, linear layers and convolutions have a second tile of 128 x 128:
/// the same files compiled once more with `-DLARGE` (`linear_large`, `linear_large_tf32`,
/// `linear_large_bf16`, ...), in which `tile.cuh` takes `Operand`, `Tile` and `multiply` from
/// `tile_large.cuh`, not from `tile_small.cuh`. On tensor cores, which L2 cannot feed with such
/// squares, a third one has 256 x 128 (`-DTALL`: `linear_tall_tf32`, `linear_tall_bf16`, ...): the
/// same source with twice the warps, and stages that a launch has to give, since a kernel may not
/// declare so much. Numbers go to shared memory by `cp.async`, past the registers and as they lie
/// in memory, two steps ahead of the one that is multiplied; what does not exist is filled with
/// zeros and not read. `tile_large_mma.cuh` reads them with `ldmatrix`, `tile_large_fma.cuh` 16
/// bytes a lane, both through a swizzle without which they would meet in banks. A Problem is the
/// same for all tiles, but for how its operand finds its rows (`taps_large.cuh` and what includes
/// it).
///
/// `TileProduct` chooses for each launch: a larger tile where rows of all operands begin at
/// multiples of 16 bytes, so that no kernel asks, and where `LaunchGeometry` finds blocks for most
/// multiprocessors; the tall one, which asks L2 for least, before the other, on GPUs that have much
/// shared memory and tensor cores to match (an A100, an H100; not an RTX 4090). Where all k of the
/// weights of a tall tile fit on the chip, there are as many blocks as multiprocessors: each goes
/// down a column of tiles and fetches the weights once. Sums of K have another order in each, where
/// K is cut into other chunks; without a cut fp32 adds in the order of k in both.
///
/// A new family of tiled products gets there in three lines: its kernels' names in
/// `IN_PRECISION(...)`, its file in `TILED` of `cuda-build/Makefile`, its op in
/// `Tolerance.ON_TENSOR_CORES`. It is launched through `TileProduct`, which finds the variant. Any
/// other kernel of activations has its name in `IN_STORAGE(...)` and its file in `untiled.cu`.
///
/// A product that ends in a gate has its columns in another order (`gated.cuh`), so that one thread
/// has both halves of a channel: WaveNet's block and Gated PixelCNN's. Both keep tanh and σ, which
/// become the gradient before the gate where that behind it ends (`residual_block_dab`).
///
/// ## Long sums
///
/// Where tiles are few, blocks share one: each multiplies a chunk of K, leaves its sums in a slot
/// of the backend's scratch memory and comes to a counter. Of four neighbours the last adds up all
/// four in the order of K and goes on to the next counter; whoever has the whole sum finishes the
/// tile (`add_chunks` in `tile.cuh`). Nobody waits, so any number of blocks may be resident, and
/// the order of the additions follows from the geometry alone. `atomicInc` wraps, so a counter is 0
/// again when the last has come. On the software GPU `ChunksTest` runs such products under twenty
/// schedules, and `MutantTest` takes away each fence, the barrier and the counter.
///
/// A gradient of weights has dy at hand, and its blocks in the first column of tiles add up the
/// gradient of the biases with it: in the small tile from registers, in the large one of bf16 by a
/// product with ones. In fp32 and tf32 the large tile leaves that to `column_sum.cu`. The small
/// products of `masked_linear.cu` also take the activation's slope on the way, where other layers
/// scale dy in a pass of its own.
///
/// ## The triangle
///
/// Masked scores are never computed. A block of `causal_attention.cu` owns 112 rows of a head and
/// walks over tiles of 56 columns (784 = 7·112 = 14·56) up to the diagonal; only tiles on it
/// compare positions. Forward keeps a running maximum and sum and leaves `lse`, from which backward
/// makes the probabilities again. Backward is two kernels, so that each sum has one owner and needs
/// no atomics: a block of queries sums dq (and leaves `delta`, Σ y·dy), a block of keys dk and dv.
/// A row of nothing but -inf is 0 and gets no gradient, never NaN. `triangularSoftmax` is the law
/// for all of it; what lies above its diagonal is neither read nor written. In `attention_tile.cuh`
/// the scores stay in registers and become the left factor of the next mma, which sees 0 for what
/// is not finite in a tile on the diagonal only.
///
/// In bf16 heads of up to 64 channels stream (`attention_stream.cuh`): a warp keeps its 16 rows in
/// registers, and tiles of 64 rows of what they meet arrive in two stages by asynchronous copies. A
/// block has 128 queries forward, 64 queries or keys backward. Blocks of queries end where the
/// sequence ends, so what 784 lacks of whole blocks lies before its first position and costs
/// nothing; on the diagonal work stops within 16 columns.
///
/// ## The LSTM on the chip
///
/// The product with the inputs is a `linear` before the recurrence. `lstm_resident.cu` then does
/// all steps in one cooperative launch: a block owns a few hidden units and keeps their weights in
/// shared memory and, where that is too small, in registers, so a step reads the state alone and
/// ends at a barrier over the grid. All blocks must run at once: `LstmResidence` asks the GPU,
/// takes the smallest share per block that fits (8 units, else 10), and where none fits `lstm.cu`
/// launches each step. H = 1024 fits an H100 and an A100. Where it fits, `LstmWay` still launches
/// each step if that is predicted to take less time, as backwards at H = 1024, where every block
/// would read all of the gates' gradients. The software GPU has as many multiprocessors as it is
/// asked for, so `--counters --gpu` counts the same launches.
///
/// In bf16 it is `lstm_resident_mma.cuh`: a block holds 64 rows of up to 1024 weights in its
/// registers as the left factor of an mma, and h comes from L2 straight into the right one. Forward
/// these are the gates of 16 units. Backward they are 64 units and a chunk of K, so that a step
/// reads the gates' gradients once for 64 units and not for 8; what the chunks add is summed in
/// order behind a second barrier. Cell states and all sums are fp32. `LstmOnTensorCores` decides
/// how many rows of the batch a block takes at once, and where it does not fit (H above 1024, no
/// multiple of 8, or fewer multiprocessors than blocks) `lstm.cu` launches each step.
///
/// ## The LSTM over rows
///
/// PixelRNN's Row LSTM has no kernel of its own but one: a row of all images is a product through
/// `masked_conv2d.cu`, of images of one row each, and `lstm_cell.cu`, which adds what the input
/// said and goes on to the new state. That is two launches a row, 28 rows, and both are recorded.
///
/// ## Sampling
///
/// The loop over the pixels is itself a kernel. `made_sample.cu` gives a block one to four images;
/// `lstm_sample.cu` keeps the weights of one layer on the chip (128 KB a block at 1024 units), with
/// one barrier of the grid a pixel. All others are drawn by `pixel_sample.cu`, a cooperative grid
/// that follows a list of phases (`PixelLoop`) with a barrier after each: at the seed's sizes 10 a
/// pixel for a WaveNet, 7 for the PixelCNNs, 5 for a transformer.
///
/// A phase is what needs nothing of itself: a product with its gate, ReLU, GELU or residual behind
/// it and a norm before it; several of them where that is possible. `PixelTiling` cuts it into
/// images by rows of weights, so that L2 has least to deliver; K is cut within a block only. Where
/// one product feeds the next, heads into a projection and hidden units into a perceptron's second
/// layer, a tile goes on with what it has and leaves its part of the sum, and the phase behind adds
/// the parts up in their order (`pixel_parts.cuh`, `PerceptronTiling`): a barrier less. A node of a
/// graph instead of a barrier would cost as much by prediction (1.5 µs each), and a graph of a
/// pixel would have to be launched 784 times. What a model cannot say as a list of phases, such as
/// an LSTM of two layers, is a graph of all pixels.
@NullMarked
package dev.hindsight.backend.cuda;

import org.jspecify.annotations.NullMarked;
