# SPDX-License-Identifier: Apache-2.0


class TensorAccessPattern:
    def __init__(self, tensor_dims, offset, sizes, strides, padding=None):
        self.tensor_dims, self.offset = list(tensor_dims), offset
        self.sizes, self.strides = list(sizes), list(strides)
        assert padding is None
        assert len(self.sizes) == len(self.strides)
