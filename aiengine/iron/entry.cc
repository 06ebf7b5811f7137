// SPDX-License-Identifier: Apache-2.0
// The function that a worker of design.py calls. The records of all workers of a column lie in one
// buffer, RECORDS words each; `place` is the worker's place in its column.

#include "call.hpp"

extern "C" {

#if defined(SURMAX_FORM)

void surmax_call(const int8_t* scores, const int32_t* records, surmax::design::code_t* codes,
                 const int32_t* heads, int32_t place)
{
    surmax::design::call(scores, records + place * int32_t(surmax::design::RECORDS), codes, heads);
}

#else

void surmax_call(const int8_t* scores, const int32_t* records, surmax::design::code_t* codes,
                 int32_t place)
{
    surmax::design::call(scores, records + place * int32_t(surmax::design::RECORDS), codes,
                         nullptr);
}

#endif

} // extern "C"
