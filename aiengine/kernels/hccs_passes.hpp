// SPDX-License-Identifier: Apache-2.0
// The three passes of HCCS over the vectors of a row or of a band of tiles.
//
// With m the row maximum and lo = max(m - Dmax, -128), the clamped score y = max(x, lo) replaces
// the clipped distance: min(m - x, Dmax) = m - y. Therefore s = B - S*m + S*y, and the row sum is
// n*(B - S*m) + S*sum(y). The passes keep no row in memory: each computes y from x again, which
// takes no more operations than storing and loading y.
#pragma once

#include "hccs_form.hpp"
#include "rows.hpp"

namespace surmax::detail
{

// Returns the largest score of every lane, -128 where no score takes part.
template <class Range>
inline lanes lane_maximum(const int8_t* __restrict scores, const Range& range)
{
    SURMAX_SECTION("maximum");
    const lanes lowest = aie::broadcast<lane_t, VECTOR>(-128);
    lanes top = lowest;
    unsigned i = 0;
    if constexpr (PAIRS) {
        if (range.whole >= 2) {
            lane_pair tops = load_pair(scores);
            for (i = 2; i + 1 < range.whole; i += 2) SURMAX_PIPELINE {
                tops = aie::max(tops, load_pair(scores + i * VECTOR));
            }
            top = aie::max(tops.template extract<VECTOR>(0), tops.template extract<VECTOR>(1));
        }
    }
    for (; i < range.whole; ++i) SURMAX_PIPELINE {
        top = aie::max(top, load_lanes(scores + i * VECTOR));
    }
    for (; i < range.used; ++i) SURMAX_PIPELINE {
        top = aie::max(top, aie::select(lowest, load_lanes(scores + i * VECTOR), range.mask(i)));
    }
    return top;
}

// Returns the sum of the clamped scores of every lane.
template <class Range>
inline lanes32 lane_sum(const int8_t* __restrict scores, const Range& range, const lanes& low)
{
    SURMAX_SECTION("sum");
    const lanes one = aie::broadcast<lane_t, VECTOR>(1);
    const lanes zero = aie::zeros<lane_t, VECTOR>();
    sums total = aie::zeros<acc_t, VECTOR>();
    unsigned i = 0;
    if constexpr (PAIRS) {
        const lane_pair lows = aie::concat(low, low);
        for (; i + 1 < range.whole; i += 2) SURMAX_PIPELINE {
            const lane_pair y = aie::max(load_pair(scores + i * VECTOR), lows);
            total = aie::mac(total, y.template extract<VECTOR>(0), one);
            total = aie::mac(total, y.template extract<VECTOR>(1), one);
        }
    }
    for (; i < range.whole; ++i) SURMAX_PIPELINE {
        total = aie::mac(total, aie::max(load_lanes(scores + i * VECTOR), low), one);
    }
    for (; i < range.used; ++i) SURMAX_PIPELINE {
        const lanes y = aie::max(load_lanes(scores + i * VECTOR), low);
        total = aie::mac(total, aie::select(zero, y, range.mask(i)), one);
    }
    return total.template to_vector<int32_t>(0);
}

// Stores the codes that `finish` makes of the clamped scores; zeros where none takes part.
template <class Code, class Range, class Function>
inline void store_codes(const int8_t* __restrict scores, Code* __restrict codes, const Range& range,
                        const lanes& low, Function finish)
{
    SURMAX_SECTION("codes");
    const aie::vector<Code, VECTOR> zero = aie::zeros<Code, VECTOR>();
    unsigned i = 0;
    if constexpr (PAIRS) {
        const lane_pair lows = aie::concat(low, low);
        for (; i + 1 < range.whole; i += 2) SURMAX_PIPELINE {
            const lane_pair y = aie::max(load_pair(scores + i * VECTOR), lows);
            aie::store_v(codes + i * VECTOR, finish(y.template extract<VECTOR>(0)));
            aie::store_v(codes + (i + 1) * VECTOR, finish(y.template extract<VECTOR>(1)));
        }
    }
    for (; i < range.whole; ++i) SURMAX_PIPELINE {
        aie::store_v(codes + i * VECTOR, finish(aie::max(load_lanes(scores + i * VECTOR), low)));
    }
    for (; i < range.used; ++i) SURMAX_PIPELINE {
        const aie::vector<Code, VECTOR> p = finish(aie::max(load_lanes(scores + i * VECTOR), low));
        aie::store_v(codes + i * VECTOR, aie::select(zero, p, range.mask(i)));
    }
    store_zeros(codes + range.used * VECTOR, range.all - range.used);
}

// Stores codes (start + y*gain) >> shift: one multiply-accumulate and one shift a vector.
template <class Form, class Range>
inline void codes_by_one(const int8_t* __restrict scores, typename Form::code_t* __restrict codes,
                         const Range& range, const lanes& low, const sums& start,
                         const lanes16& gain, int shift)
{
    store_codes(scores, codes, range, low, [&](const lanes& y) {
        return aie::mac(start, widen(y), gain).template to_vector<typename Form::code_t>(shift);
    });
}

// Stores codes (s * rho) >> F with s = start + y*slope.
template <class Form, class Range>
inline void codes_by_two(const int8_t* __restrict scores, typename Form::code_t* __restrict codes,
                         const Range& range, const lanes& low, const sums& start,
                         const lanes& slope, const lanes16& rho)
{
    store_codes(scores, codes, range, low, [&](const lanes& y) {
        const lanes16 s = aie::mac(start, y, slope).template to_vector<int16_t>(0);
        return aie::mul(s, rho).template to_vector<typename Form::code_t>(Form::FRACTION_BITS);
    });
}

// Stores the same codes with rho = above << SPLIT_BITS | below. Both parts fit 16-bit lanes for rho
// below 2**22. (s*rho + half) >> F equals, bit for bit,
// (s*above + (s*below >> SPLIT_BITS) + (half >> SPLIT_BITS)) >> (F - SPLIT_BITS).
template <class Form, class Range>
inline void codes_by_split(const int8_t* __restrict scores, typename Form::code_t* __restrict codes,
                           const Range& range, const lanes& low, const sums& start,
                           const lanes& slope, const lanes16& above, const lanes16& below)
{
    constexpr int32_t rounding = Form::NEAREST ? 1 << (Form::FRACTION_BITS - 1) >> SPLIT_BITS : 0;
    sums half;
    half.from_vector(aie::broadcast<int32_t, VECTOR>(rounding));
    const lanes16 one = aie::broadcast<int16_t, VECTOR>(1);
    store_codes(scores, codes, range, low, [&](const lanes& y) {
        const lanes16 s = aie::mac(start, y, slope).template to_vector<int16_t>(0);
        const lanes16 tail = aie::mul(s, below).template to_vector<int16_t>(SPLIT_BITS);
        return aie::mac(aie::mac(half, tail, one), s, above)
            .template to_vector<typename Form::code_t>(Form::FRACTION_BITS - SPLIT_BITS);
    });
}

} // namespace surmax::detail
