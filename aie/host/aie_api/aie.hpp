// SPDX-License-Identifier: Apache-2.0
// A host stand-in for the AI Engine API (aie_api/aie.hpp): only what the kernels use, and stricter
// than the hardware. See docs/aie.md for what it holds to and where that comes from.
#pragma once

#include "operations.hpp"
