// SPDX-License-Identifier: Apache-2.0
// ConSmax, element by element: every 8-bit score is looked up in the table of its head, which has
// the code of surmax.golden.consmax for each of the 256 scores.
#pragma once

#include "rows.hpp"

namespace surmax
{

#if __AIE_ARCH__ == 10

// Index b has the code of the score whose byte is b, read as an unsigned number.
struct ConsmaxTable {
    uint16_t codes[256];
};

#else

// Index b has the code of the score whose byte is b, read as an unsigned number. For parallel reads
// the table is cut into blocks of 128 bits (256 on AIE-MLv2), each of which is there twice, and
// there are two copies of all of it, which the linker puts into two memory banks.
struct ConsmaxTable {
    alignas(aie::vector_decl_align) uint16_t ab[512];
    alignas(aie::vector_decl_align) uint16_t cd[512];
};

#endif

namespace detail
{

#if __AIE_ARCH__ == 10

// The first AI Engine has no parallel look-up: each score is a scalar read.
template <class Code, class Range>
inline void consmax_row(const int8_t* __restrict scores, Code* __restrict codes, const Range& range,
                        const ConsmaxTable& table, unsigned length)
{
    SURMAX_SECTION("codes");
    for (unsigned i = 0; i < range.all * VECTOR; ++i) {
        const bool takes = i < length && range.takes(i);
        codes[i] = takes ? static_cast<Code>(table.codes[static_cast<uint8_t>(scores[i])]) : 0;
    }
}

#else

template <class Code, class Range>
inline void consmax_row(const int8_t* __restrict scores, Code* __restrict codes, const Range& range,
                        const ConsmaxTable& table, unsigned)
{
    SURMAX_SECTION("codes");
    using lut = aie::lut<4, uint16_t>;
    const lut both(256, table.ab, table.cd);
    aie::parallel_lookup<uint8_t, lut, aie::lut_oor_policy::truncate> lookup(both, 0);
    const auto fetch = [&](unsigned i) -> aie::vector<Code, VECTOR> {
        const aie::vector<int8_t, VECTOR> x = aie::load_v<VECTOR>(scores + i * VECTOR);
        const aie::vector<uint16_t, VECTOR> wide = lookup.fetch(x.template cast_to<uint8_t>());
        if constexpr (sizeof(Code) == 1)
            return wide.pack();
        else
            return wide;
    };
    const aie::vector<Code, VECTOR> zero = aie::zeros<Code, VECTOR>();
    for (unsigned i = 0; i < range.whole; ++i) SURMAX_PIPELINE {
        aie::store_v(codes + i * VECTOR, fetch(i));
    }
    for (unsigned i = range.whole; i < range.used; ++i) SURMAX_PIPELINE {
        aie::store_v(codes + i * VECTOR, aie::select(zero, fetch(i), range.mask(i)));
    }
    store_zeros(codes + range.used * VECTOR, range.all - range.used);
}

#endif

} // namespace detail

// Computes the codes of `count` rows of `length` scores. Code is uint8_t for uQ0.8 and uint16_t for
// wider outputs. Buffers, rows and mask as in hccs_rows; there is one table for each head.
template <class Code, Masking M>
void consmax_rows(const int8_t* __restrict scores, Code* __restrict codes,
                  const Row* __restrict rows, const ConsmaxTable* __restrict tables,
                  const uint32_t* __restrict mask, unsigned count, unsigned length)
{
    // The look-up shifts its index by the state of the tile, safely only without saturation
    // (UG1583, Shift-Round-Saturate). Codes fit what they are packed into.
    aie::set_rounding(aie::rounding_mode::floor);
    aie::set_saturation(aie::saturation_mode::none);
    const unsigned vectors = (length + VECTOR - 1) / VECTOR;
    for (unsigned r = 0; r < count; ++r) {
        const Row row = rows[r];
        const RowVectors<M> range(row, length, mask);
        detail::consmax_row(scores, codes, range, tables[row.head], length);
        scores += vectors * VECTOR;
        codes += vectors * VECTOR;
        if constexpr (M == Masking::bits)
            mask += vectors;
    }
}

} // namespace surmax
