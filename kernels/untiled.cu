// The kernels that are no products of tiles, once more for activations in bf16: compiled with -DBF16 alone, all in one
// module. Each is an extern "C" __global__ of the file that it is included from; what a draw needs is fp32 everywhere.
#include <cooperative_groups.h>
#include "common.cuh"
#include "exp2.cuh"
#include "gelu.cuh"
#include "lstm.cuh"
#include "philox.cuh"

namespace in_activate {
#include "activate.cu"
}
namespace in_adam {
#include "adam.cu"
}
namespace in_add {
#include "add.cu"
}
namespace in_column_sum {
#include "column_sum.cu"
}
namespace in_copy_column {
#include "copy_column.cu"
}
namespace in_dropout {
#include "dropout.cu"
}
namespace in_embed_previous {
#include "embed_previous.cu"
}
namespace in_gate {
#include "gate.cu"
}
namespace in_layer_norm {
#include "layer_norm.cu"
}
namespace in_lstm_cell {
#include "lstm_cell.cu"
}
namespace in_masked_conv2d_pixels {
#include "masked_conv2d_pixels.cu"
}
namespace in_permute {
#include "permute.cu"
}
namespace in_previous_pixel {
#include "previous_pixel.cu"
}
namespace in_sigmoid_cross_entropy {
#include "sigmoid_cross_entropy.cu"
}
namespace in_softmax_cross_entropy {
#include "softmax_cross_entropy.cu"
}
namespace in_swap_axes {
#include "swap_axes.cu"
}
namespace in_triangular_softmax {
#include "triangular_softmax.cu"
}
