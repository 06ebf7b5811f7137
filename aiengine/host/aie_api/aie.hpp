// SPDX-License-Identifier: Apache-2.0
// A host stand-in for the AI Engine API (aie_api/aie.hpp): only what the kernels of surmax use, and
// stricter than the hardware. What the device would answer with silence throws
// aie_host::violation, with one line of text; types and lane counts that it has not do not compile.
// docs/aie.md lists what the stand-in holds to and the document that each point follows.
#pragma once

// For kernels that are built with the vendor's header on a host, too.
#define SURMAX_STANDIN 1

#include "operations.hpp"

// aie_api aie.hpp: look-up tables are there from AIE-ML on.
#if __AIE_ARCH__ != 10
#include "lookup.hpp"
#endif
