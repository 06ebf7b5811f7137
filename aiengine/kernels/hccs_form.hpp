// SPDX-License-Identifier: Apache-2.0
// The forms of HCCS (arXiv 2604.02292 and ours beside them): p = (s * rho) >> FractionBits with
// s = B - S*min(max - x, Dmax) and rho the reciprocal of the row sum. The law is
// surmax.golden.hccs.
#pragma once

#include "portable.hpp"
#include <type_traits>

namespace surmax
{

enum class Output { u8, i16 };
enum class Reciprocal { div, clb, clb1, clb2 };
enum class Rounding { floor, nearest };

// The constants of a head. They must be legal: `surmax aie header` writes no others.
struct HccsHead {
    int16_t B;
    int8_t S;
    uint8_t Dmax;
};

static_assert(sizeof(HccsHead) == 4);

// How clamped scores y become codes.
enum class Finish {
    one,   // (c + y*g) >> shift: S*rho fits 16 bits
    two,   // (s * rho) >> shift: rho fits 16 bits, S*rho does not
    split, // rho in two parts of at most 15 bits
};

template <Output O, Reciprocal R, Rounding D, int F>
struct HccsForm {
    using code_t = std::conditional_t<O == Output::u8, uint8_t, int16_t>;

    static constexpr int32_t FULL_SCALE = O == Output::u8 ? 255 : 32767;
    static constexpr int32_t DIVIDEND = FULL_SCALE << F;
    static constexpr bool DIVIDES = R == Reciprocal::div;
    static constexpr bool NEAREST = D == Rounding::nearest;
    static constexpr int FRACTION_BITS = F;
    // A leading-bits reciprocal uses this many bits of the row sum after its leading one.
    static constexpr int MANTISSA_BITS = R == Reciprocal::clb1 ? 1 : R == Reciprocal::clb2 ? 2 : 0;

    static_assert(F >= 0 && FULL_SCALE <= (INT32_MAX >> F), "the dividend is a 32-bit integer");
    static_assert(DIVIDES || (O == Output::u8 ? F == 15 : F == 0),
                  "leading-bits reciprocals have the fraction bits of the published forms");
    static_assert(F == 0 || F == 15 || F == 22, "no such form");

    // Returns how a schedule finishes codes. `one_row`: a vector holds one row only, so that its
    // shift can be that of the row; all lanes of a vector have the same shift.
    static constexpr Finish finish(bool one_row)
    {
        if (F == 0 || (one_row && !DIVIDES))
            return Finish::one;
        return O == Output::u8 && F == 15 ? Finish::two : Finish::split;
    }
};

// Returns floor(log2(sum)); `sum` is 1 or more.
inline word_t leading_one(word_t sum)
{
    return 31 - static_cast<int32_t>(clb(sum));
}

// Returns full scale divided by 1.m, m being MANTISSA_BITS bits of the sum after its leading one.
// `k` is leading_one(sum).
template <class Form>
inline word_t leading_quotient(word_t sum, word_t k)
{
    constexpr int bits = Form::MANTISSA_BITS;
    if constexpr (bits == 0) {
        return Form::FULL_SCALE;
    } else {
        constexpr int32_t quotients[] = {
            Form::FULL_SCALE,
            Form::FULL_SCALE * (1 << bits) / ((1 << bits) + 1),
            Form::FULL_SCALE * (1 << bits) / ((1 << bits) + 2),
            Form::FULL_SCALE * (1 << bits) / ((1 << bits) + 3),
        };
        return quotients[static_cast<int32_t>(((sum << bits) >> k) - (1 << bits))];
    }
}

// Returns rho of a row sum, which is 1 or more.
template <class Form>
inline word_t reciprocal(word_t sum)
{
    if constexpr (Form::DIVIDES) {
        return word_t(Form::DIVIDEND) / sum;
    } else {
        const word_t k = leading_one(sum);
        return (leading_quotient<Form>(sum, k) << Form::FRACTION_BITS) >> k;
    }
}

// Sets rounding and saturation. They are state of the tile, and the kernel that ran before may have
// left other modes.
template <class Form, Finish finish>
inline void set_modes()
{
    // Finish::split adds the half itself, because its first shift must round down in every form.
    aie::set_rounding(Form::NEAREST && finish != Finish::split ? aie::rounding_mode::positive_inf
                                                               : aie::rounding_mode::floor);
    aie::set_saturation(aie::saturation_mode::saturate);
}

// Bits of the lower part, where a reciprocal is split into two parts.
inline constexpr int SPLIT_BITS = 7;

// Returns the least clamped score of a row, max(top - Dmax, -128).
inline int32_t clamp_below(word_t top, const HccsHead& head)
{
    const word_t low = top - word_t(head.Dmax);
    return static_cast<int32_t>(low < word_t(-128) ? word_t(-128) : low);
}

// Returns s of a clamped score of 0, which is B - S*top.
inline word_t origin(word_t top, const HccsHead& head)
{
    return word_t(head.B) - word_t(head.S) * top;
}

} // namespace surmax
