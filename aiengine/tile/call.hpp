// SPDX-License-Identifier: Apache-2.0
// One call on one tile: design::ROWS rows whose sizes and kernel design.hpp fixes. What a device's
// graph, an NPU's design and the tests of both run.
#pragma once

#include "design.hpp"
#if defined(SURMAX_FORM)
#include "hccs_rows.hpp"
#include "hccs_tiles.hpp"
#else
#include "consmax.hpp"
#endif

namespace surmax::design
{

inline constexpr Masking MASKING = BITS ? Masking::bits : Masking::length;

// scores, codes: ELEMENTS in the layout of the schedule. records: RECORDS words, first a Row for
// each row of the call, then with masks its mask words. heads: HEADS words of HccsHead; ConSmax,
// whose tables are compiled in, takes none. scores and codes aligned to aie::vector_decl_align.
inline void call(const int8_t* __restrict scores, const int32_t* __restrict records,
                 code_t* __restrict codes, [[maybe_unused]] const int32_t* __restrict heads)
{
    const Row* rows = reinterpret_cast<const Row*>(records);
    const uint32_t* mask = reinterpret_cast<const uint32_t*>(records + ROWS);
#if defined(SURMAX_FORM)
    const HccsHead* constants = reinterpret_cast<const HccsHead*>(heads);
    if constexpr (TILES)
        hccs_tiles<SURMAX_FORM, MASKING>(scores, codes, rows, constants, mask, ROWS, LENGTH);
    else
        hccs_rows<SURMAX_FORM, MASKING>(scores, codes, rows, constants, mask, ROWS, LENGTH);
#else
    static_assert(sizeof(TABLES) == HEADS * sizeof(ConsmaxTable), "tables of this architecture");
    const ConsmaxTable* tables = reinterpret_cast<const ConsmaxTable*>(TABLES);
    consmax_rows<code_t, MASKING>(scores, codes, rows, tables, mask, ROWS, LENGTH);
#endif
}

} // namespace surmax::design
