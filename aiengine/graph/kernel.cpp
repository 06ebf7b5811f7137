// SPDX-License-Identifier: Apache-2.0
#include "kernel.hpp"
#include "call.hpp"

#if defined(SURMAX_FORM)

void surmax_kernel(surmax_scores& scores, surmax_records& records, surmax_codes& codes,
                   const int32 (&heads)[surmax::design::HEADS])
{
    surmax::design::call(scores.data(), records.data(), codes.data(), heads);
}

#else

void surmax_kernel(surmax_scores& scores, surmax_records& records, surmax_codes& codes)
{
    surmax::design::call(scores.data(), records.data(), codes.data(), nullptr);
}

#endif
