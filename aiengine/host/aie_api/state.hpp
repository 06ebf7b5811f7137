// SPDX-License-Identifier: Apache-2.0
// Rounding and saturation: the state of a tile, and its effect on a value that is written to a
// lane.
#pragma once

#include "ledger.hpp"

namespace aie
{

// aie_api aie_types.hpp. AIE-ML's two modes more, and the alias `truncate` of saturate, are not
// offered.
enum class rounding_mode {
    floor,
    ceil,
    positive_inf,
    negative_inf,
    symmetric_inf,
    symmetric_zero,
    conv_even,
    conv_odd,
};
enum class saturation_mode { none, saturate, symmetric };

} // namespace aie

namespace aie_host
{

// UG1603 and UG1079, Rounding and Saturation Modes: floor and none by default, and sticky: a tile
// keeps what any kernel has set. UG1078, Control register, calls the first AI Engine's undefined
// until they are set. So a kernel must set what it uses: anything else is a violation.
struct tile_state {
    aie::rounding_mode rounding = aie::rounding_mode::floor;
    aie::saturation_mode saturation = aie::saturation_mode::none;
    bool rounding_set = false;
    bool saturation_set = false;
};

inline thread_local tile_state tile;

// Sets the state of a tile on which no kernel has run.
inline void reset()
{
    tile = {};
}

inline void need_rounding(const char* operation)
{
    if (!tile.rounding_set)
        fail(operation, " before aie::set_rounding");
}

inline void need_saturation(const char* operation)
{
    if (!tile.saturation_set)
        fail(operation, " before aie::set_saturation");
}

// value / 2**shift by a rounding mode, shift 0 to bits of V - 1; UG1603, Rounding and Saturation
// Modes, has the modes in words. Each of them adds something below 2**shift to what is shifted
// out: a constant, one more or less for a negative value, and for an odd quotient.
template <class V>
class rounder
{
public:
    rounder(aie::rounding_mode mode, unsigned shift) : shift_(shift), mask_((U{1} << shift) - 1)
    {
        using enum aie::rounding_mode;
        if (shift == 0 || mode == floor)
            return;
        const U half = U{1} << (shift - 1);
        const bool below = mode == negative_inf || mode == symmetric_zero || mode == conv_even;
        add_ = mode == ceil ? mask_ : below ? half - 1 : half;
        if (mode == symmetric_inf)
            add_if_negative_ = ~U{0};
        if (mode == symmetric_zero)
            add_if_negative_ = 1;
        if (mode == conv_odd)
            add_if_odd_ = ~U{0};
        if (mode == conv_even)
            add_if_odd_ = 1;
    }

    V operator()(V value) const
    {
        const V quotient = value >> shift_;
        const U negative = value < 0 ? add_if_negative_ : 0;
        const U odd = (static_cast<U>(quotient) & 1) * add_if_odd_;
        const U carry = ((static_cast<U>(value) & mask_) + add_ + negative + odd) >> shift_;
        return static_cast<V>(static_cast<U>(quotient) + carry);
    }

private:
    using U = std::make_unsigned_t<V>;
    unsigned shift_;
    U mask_;
    U add_ = 0;
    U add_if_negative_ = 0;
    U add_if_odd_ = 0;
};

// A value in a lane of type T; UG1603, Rounding and Saturation Modes: none keeps the low bits,
// saturate clamps to the type's range, symmetric to -max..max. An unsigned T clamps at 0: UG1583,
// Pack/Unpack, and aie_api aie_types.hpp ("limits depend on type bit-width and if it has sign").
template <class T, class V>
class narrower
{
public:
    explicit narrower(aie::saturation_mode mode)
    {
        if (mode == aie::saturation_mode::none)
            return;
        high_ = static_cast<V>(std::numeric_limits<T>::max());
        low_ = mode == aie::saturation_mode::symmetric && std::is_signed_v<T>
                   ? static_cast<V>(-high_)
                   : static_cast<V>(std::numeric_limits<T>::min());
    }

    T operator()(V value) const
    {
        const V raised = value < low_ ? low_ : value;
        return static_cast<T>(raised > high_ ? high_ : raised);
    }

private:
    V low_ = std::numeric_limits<V>::min();
    V high_ = std::numeric_limits<V>::max();
};

} // namespace aie_host

namespace aie
{

inline void set_rounding(rounding_mode mode)
{
    aie_host::tile.rounding = mode;
    aie_host::tile.rounding_set = true;
}

inline rounding_mode get_rounding()
{
    return aie_host::tile.rounding;
}

inline void set_saturation(saturation_mode mode)
{
    aie_host::tile.saturation = mode;
    aie_host::tile.saturation_set = true;
}

inline saturation_mode get_saturation()
{
    return aie_host::tile.saturation;
}

} // namespace aie
