# SPDX-License-Identifier: Apache-2.0
"""What stands in the place of softmax in a PyTorch model."""
