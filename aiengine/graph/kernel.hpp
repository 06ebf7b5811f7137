// SPDX-License-Identifier: Apache-2.0
// The kernel of the graph: one call of one tile. Sizes count elements of the buffers.
#pragma once

#include "design.hpp"
#include <adf.h>

using surmax_scores = adf::input_buffer<int8, adf::extents<surmax::design::ELEMENTS>>;
using surmax_records = adf::input_buffer<int32, adf::extents<surmax::design::RECORDS>>;
using surmax_codes =
    adf::output_buffer<surmax::design::code_t, adf::extents<surmax::design::ELEMENTS>>;

#if defined(SURMAX_FORM)
// `heads` are the constants, a runtime parameter that keeps its value until it is updated.
void surmax_kernel(surmax_scores& scores, surmax_records& records, surmax_codes& codes,
                   const int32 (&heads)[surmax::design::HEADS]);
#else
void surmax_kernel(surmax_scores& scores, surmax_records& records, surmax_codes& codes);
#endif
