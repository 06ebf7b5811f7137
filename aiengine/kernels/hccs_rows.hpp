// SPDX-License-Identifier: Apache-2.0
// HCCS, one row at a time in vectors of 32 scores.
#pragma once

#include "hccs_passes.hpp"

namespace surmax
{

namespace detail
{

template <class Form, Masking M>
inline void hccs_row(const int8_t* __restrict scores, typename Form::code_t* __restrict codes,
                     const Row& row, const HccsHead& head, const uint32_t* __restrict mask,
                     unsigned length)
{
    SURMAX_SECTION("row");
    const RowVectors<M> range(row, length, mask);
    if (row.valid == 0) {
        store_zeros(codes, range.all);
        return;
    }
    const word_t top = aie::reduce_max(lane_maximum(scores, range));
    const lanes low = aie::broadcast<lane_t, VECTOR>(static_cast<lane_t>(clamp_below(top, head)));
    const word_t start = origin(top, head);
    const word_t sum = word_t(row.valid) * start +
                       word_t(head.S) * word_t(aie::reduce_add(lane_sum(scores, range, low)));
    constexpr Finish finish = Form::finish(true);
    sums from;
    if constexpr (finish == Finish::one) {
        word_t factor, shift;
        {
            SURMAX_SECTION("reciprocal");
            if constexpr (Form::FRACTION_BITS == 0) {
                factor = reciprocal<Form>(sum);
                shift = 0;
            } else {
                // (s * (quotient << F >> k)) >> F equals (s * quotient) >> k, because k is at most
                // F.
                shift = leading_one(sum);
                factor = leading_quotient<Form>(sum, shift);
            }
        }
        from.from_vector(aie::broadcast<int32_t, VECTOR>(static_cast<int32_t>(start * factor)));
        const auto gain = static_cast<int32_t>(word_t(head.S) * factor);
        codes_by_one<Form>(scores, codes, range, low, from,
                           aie::broadcast<int16_t, VECTOR>(static_cast<int16_t>(gain)),
                           static_cast<int32_t>(shift));
    } else {
        int32_t rho;
        {
            SURMAX_SECTION("reciprocal");
            rho = static_cast<int32_t>(reciprocal<Form>(sum));
        }
        from.from_vector(aie::broadcast<int32_t, VECTOR>(static_cast<int32_t>(start)));
        const lanes slope = aie::broadcast<lane_t, VECTOR>(head.S);
        const auto fill = [](int32_t value) {
            return aie::broadcast<int16_t, VECTOR>(static_cast<int16_t>(value));
        };
        if constexpr (finish == Finish::two)
            codes_by_two<Form>(scores, codes, range, low, from, slope, fill(rho));
        else
            codes_by_split<Form>(scores, codes, range, low, from, slope, fill(rho >> SPLIT_BITS),
                                 fill(rho & ((1 << SPLIT_BITS) - 1)));
    }
}

} // namespace detail

// Computes the codes of `count` rows of `length` scores.
//
// scores, codes: [count][stride], stride = length rounded up to 32. Scores after `length` may have
//     any value; codes there are 0.
// rows: head and number of positions that take part; a row without such a position gives zeros.
// heads: legal for rows of `length` (golden HccsConstants.check) and for the kernel
//     (surmax.aie.limits.check_kernel).
// mask: with Masking::bits [count][stride / 32] words, bit i of word w for position 32*w + i, set
//     where it takes part, clear after `length`; unused with Masking::length.
// All buffers are aligned to aie::vector_decl_align.
template <class Form, Masking M>
void hccs_rows(const int8_t* __restrict scores, typename Form::code_t* __restrict codes,
               const Row* __restrict rows, const HccsHead* __restrict heads,
               const uint32_t* __restrict mask, unsigned count, unsigned length)
{
    set_modes<Form, Form::finish(true)>();
    const unsigned vectors = (length + VECTOR - 1) / VECTOR;
    for (unsigned r = 0; r < count; ++r) {
        const Row row = rows[r];
        detail::hccs_row<Form, M>(scores, codes, row, heads[row.head], mask, length);
        scores += vectors * VECTOR;
        codes += vectors * VECTOR;
        if constexpr (M == Masking::bits)
            mask += vectors;
    }
}

} // namespace surmax
