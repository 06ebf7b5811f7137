// SPDX-License-Identifier: Apache-2.0
// HCCS on micro-tiles of 4 rows x 8 columns, the layout that a tiled matrix multiply leaves. A
// vector holds 8 scores of each of 4 rows. The codes are those of hccs_rows.
#pragma once

#include "hccs_passes.hpp"

namespace surmax
{

namespace detail
{

// Returns a vector with s[m] in the 8 lanes of row m.
template <class T>
inline aie::vector<T, VECTOR> spread(const T (&s)[TILE_ROWS])
{
    return aie::concat(aie::broadcast<T, TILE_COLUMNS>(s[0]), aie::broadcast<T, TILE_COLUMNS>(s[1]),
                       aie::broadcast<T, TILE_COLUMNS>(s[2]),
                       aie::broadcast<T, TILE_COLUMNS>(s[3]));
}

// Returns an 8-bit value of each row in the lanes of scores. It is spread in 16 bits first, because
// there is no vector of 8 lanes of 8 bits.
inline lanes spread_lanes(const int16_t (&s)[TILE_ROWS])
{
    return narrow(spread(s));
}

inline sums spread_sums(const int32_t (&s)[TILE_ROWS])
{
    sums result;
    result.from_vector(spread(s));
    return result;
}

// Return the maximum and the sum over the 8 lanes of every row, in the first of these lanes.
inline lanes tile_maximum(lanes v)
{
    for (unsigned step = TILE_COLUMNS / 2; step >= 1; step /= 2)
        v = aie::max(v, aie::shuffle_down(v, step));
    return v;
}

inline lanes32 tile_sum(lanes32 v)
{
    for (unsigned step = TILE_COLUMNS / 2; step >= 1; step /= 2)
        v = aie::add(v, aie::shuffle_down(v, step));
    return v;
}

template <class Form, Masking M>
inline void hccs_band(const int8_t* __restrict scores, typename Form::code_t* __restrict codes,
                      const Row* __restrict rows, const HccsHead* __restrict heads,
                      const uint32_t* __restrict mask, unsigned length)
{
    SURMAX_SECTION("row");
    const BandVectors<M> range(rows, length, mask);
    const lanes tops = tile_maximum(lane_maximum(scores, range));
    int16_t low16[TILE_ROWS], slope16[TILE_ROWS];
    int32_t start32[TILE_ROWS], rho[TILE_ROWS];
    for (unsigned m = 0; m < TILE_ROWS; ++m) {
        const HccsHead head = heads[rows[m].head];
        const word_t top = tops.get(m * TILE_COLUMNS);
        low16[m] = static_cast<int16_t>(clamp_below(top, head));
        slope16[m] = head.S;
        start32[m] = static_cast<int32_t>(origin(top, head));
    }
    const lanes low = spread_lanes(low16);
    const lanes32 totals = tile_sum(lane_sum(scores, range, low));
    for (unsigned m = 0; m < TILE_ROWS; ++m) {
        const word_t sum = word_t(rows[m].valid) * word_t(start32[m]) +
                           word_t(slope16[m]) * word_t(totals.get(m * TILE_COLUMNS));
        SURMAX_SECTION("reciprocal");
        // The sum of a row without a valid position may be 0; its codes are masked.
        rho[m] = rows[m].valid == 0 ? 0 : static_cast<int32_t>(reciprocal<Form>(sum));
    }
    constexpr Finish finish = Form::finish(false);
    if constexpr (finish == Finish::one) {
        int16_t gain16[TILE_ROWS];
        for (unsigned m = 0; m < TILE_ROWS; ++m) {
            start32[m] = static_cast<int32_t>(word_t(start32[m]) * word_t(rho[m]));
            gain16[m] =
                static_cast<int16_t>(static_cast<int32_t>(word_t(slope16[m]) * word_t(rho[m])));
        }
        codes_by_one<Form>(scores, codes, range, low, spread_sums(start32), spread(gain16), 0);
    } else if constexpr (finish == Finish::two) {
        int16_t rho16[TILE_ROWS];
        for (unsigned m = 0; m < TILE_ROWS; ++m)
            rho16[m] = static_cast<int16_t>(rho[m]);
        codes_by_two<Form>(scores, codes, range, low, spread_sums(start32), spread_lanes(slope16),
                           spread(rho16));
    } else {
        int16_t above[TILE_ROWS], below[TILE_ROWS];
        for (unsigned m = 0; m < TILE_ROWS; ++m) {
            above[m] = static_cast<int16_t>(rho[m] >> SPLIT_BITS);
            below[m] = static_cast<int16_t>(rho[m] & ((1 << SPLIT_BITS) - 1));
        }
        codes_by_split<Form>(scores, codes, range, low, spread_sums(start32), spread_lanes(slope16),
                             spread(above), spread(below));
    }
}

} // namespace detail

// Computes the codes of `count` rows (a multiple of 4) of `length` scores, in micro-tiles.
//
// scores, codes: [count / 4][columns][4][8], columns = length / 8 rounded up. mask: with
//     Masking::bits [count / 4][columns] words, bit 8*m + i of word c for position 8*c + i of row m
//     of the band. Everything else as in hccs_rows; rows that fill up a band have valid 0.
template <class Form, Masking M>
void hccs_tiles(const int8_t* __restrict scores, typename Form::code_t* __restrict codes,
                const Row* __restrict rows, const HccsHead* __restrict heads,
                const uint32_t* __restrict mask, unsigned count, unsigned length)
{
    set_modes<Form, Form::finish(false)>();
    const unsigned columns = (length + TILE_COLUMNS - 1) / TILE_COLUMNS;
    for (unsigned r = 0; r < count; r += TILE_ROWS) {
        detail::hccs_band<Form, M>(scores, codes, rows + r, heads, mask, length);
        scores += columns * VECTOR;
        codes += columns * VECTOR;
        if constexpr (M == Masking::bits)
            mask += columns;
    }
}

} // namespace surmax
