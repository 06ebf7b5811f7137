// SPDX-License-Identifier: Apache-2.0
// A host stand-in for the AI Engine API (aie_api/aie.hpp), with the part that the kernels of Surmax
// use. It is stricter than the hardware: uses that a device would accept silently throw
// aie_host::violation with one line of text, and types and lane counts that the device does not
// have do not compile. docs/aie.md lists the rules and the document that each of them follows.
#pragma once

// Tells the stand-in from the vendor's header, which can be built for a host too.
#define SURMAX_STANDIN 1

#include "operations.hpp"

// aie_api aie.hpp: look-up tables are there from AIE-ML on.
#if __AIE_ARCH__ != 10
#include "lookup.hpp"
#endif
