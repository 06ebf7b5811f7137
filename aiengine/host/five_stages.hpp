// SPDX-License-Identifier: Apache-2.0
// The straightforward form of the published uint8 and int16 kernels (arXiv 2604.02292, section on
// the AI Engine kernel), to compare operation counts with. Its stages are: maximum; distance and
// clamp; score, sum and a row of 16 bits kept in memory; one reciprocal; multiply and shift. It
// takes what was published only: whole rows of a multiple of 32 scores, rounded down, without a
// mask.
#pragma once

#include "hccs_form.hpp"
#include "rows.hpp"

namespace surmax
{

template <class Form>
void hccs_five_stages(const int8_t* __restrict scores, typename Form::code_t* __restrict codes,
                      const Row* __restrict rows, const HccsHead* __restrict heads,
                      int16_t* __restrict kept, unsigned count, unsigned length)
{
    using code_t = typename Form::code_t;
    set_modes<Form, Finish::two>();
    for (unsigned r = 0; r < count; ++r, scores += length, codes += length) {
        SURMAX_SECTION("row");
        const HccsHead head = heads[rows[r].head];
        int8_t top;
        {
            SURMAX_SECTION("maximum");
            aie::vector<int8_t, VECTOR> tops = aie::load_v<VECTOR>(scores);
            for (unsigned i = VECTOR; i < length; i += VECTOR)
                tops = aie::max(tops, aie::load_v<VECTOR>(scores + i));
            top = aie::reduce_max(tops);
        }
        const auto top_lanes = aie::broadcast<uint8_t, VECTOR>(static_cast<uint8_t>(top));
        const auto limit = aie::broadcast<uint8_t, VECTOR>(head.Dmax);
        const auto slope = aie::broadcast<int8_t, VECTOR>(static_cast<int8_t>(-head.S));
        const auto start = aie::broadcast<int32_t, VECTOR>(head.B);
        sums total = aie::zeros<acc_t, VECTOR>();
        {
            SURMAX_SECTION("sum");
            for (unsigned i = 0; i < length; i += VECTOR) {
                const aie::vector<int8_t, VECTOR> x = aie::load_v<VECTOR>(scores + i);
                const auto d = aie::min(aie::sub(top_lanes, x.cast_to<uint8_t>()), limit);
                sums score;
                score.from_vector(start);
                score = aie::mac(score, d.cast_to<int8_t>(), slope);
                total = aie::add(total, score);
                aie::store_v(kept + i, score.to_vector<int16_t>(0));
            }
        }
        word_t rho;
        const word_t sum = aie::reduce_add(total.to_vector<int32_t>(0));
        {
            SURMAX_SECTION("reciprocal");
            rho = reciprocal<Form>(sum);
        }
        const lanes16 factor =
            aie::broadcast<int16_t, VECTOR>(static_cast<int16_t>(static_cast<int32_t>(rho)));
        {
            SURMAX_SECTION("codes");
            for (unsigned i = 0; i < length; i += VECTOR) {
                const lanes16 s = aie::load_v<VECTOR>(kept + i);
                aie::store_v(codes + i,
                             aie::mul(s, factor).template to_vector<code_t>(Form::FRACTION_BITS));
            }
        }
    }
}

} // namespace surmax
