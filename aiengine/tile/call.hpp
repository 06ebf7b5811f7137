// SPDX-License-Identifier: Apache-2.0
// One call on one tile: design::ROWS rows, with the sizes and the kernel of design.hpp. The graph,
// the design for NPUs and the tests of both run this function.
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

// scores, codes: ELEMENTS in the layout of the schedule, aligned to aie::vector_decl_align.
// records: RECORDS words, first a Row for each row of the call, then the mask words with BITS.
// heads: HEADS words of HccsHead; unused by ConSmax, whose tables are compiled in.
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
