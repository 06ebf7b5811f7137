// SPDX-License-Identifier: Apache-2.0
// Rounding and saturation: sticky state of a tile.
#pragma once

#include "support.hpp"

namespace aie {

enum class rounding_mode { floor, ceil, positive_inf, negative_inf, symmetric_inf, symmetric_zero, conv_even, conv_odd };
enum class saturation_mode { none, truncate = none, saturate, symmetric };

} // namespace aie

namespace aie_host {

struct tile_state {
    aie::rounding_mode rounding = aie::rounding_mode::floor;
    aie::saturation_mode saturation = aie::saturation_mode::none;
    bool rounding_set = false;
    bool saturation_set = false;
};

inline thread_local tile_state tile;

// The state of a tile that no kernel has touched.
inline void reset() { tile = tile_state{}; }

inline void check_rounding(const char *operation) {
    if (!tile.rounding_set) {
        fail(operation, " before aie::set_rounding");
    }
}
inline void check_saturation(const char *operation) {
    if (!tile.saturation_set) {
        fail(operation, " before aie::set_saturation");
    }
}

inline void check_lane(unsigned lane, unsigned lanes) {
    if (lane >= lanes) {
        fail("lane ", lane, " of ", lanes);
    }
}
inline void check_part(unsigned part, unsigned parts) {
    if (part >= parts) {
        fail("part ", part, " of ", parts);
    }
}

template <class T>
concept lane_type = std::same_as<T, std::int8_t> || std::same_as<T, std::uint8_t> || std::same_as<T, std::int16_t> ||
                    std::same_as<T, std::uint16_t> || std::same_as<T, std::int32_t> || std::same_as<T, std::uint32_t>;

constexpr bool vector_bits(std::size_t bits) { return bits == 128 || bits == 256 || bits == 512 || bits == 1024; }

template <class T>
using wide = std::conditional_t<std::same_as<T, std::int8_t>, std::int16_t,
                                std::conditional_t<std::same_as<T, std::uint8_t>, std::uint16_t, void>>;
template <class T>
using narrow = std::conditional_t<std::same_as<T, std::int16_t>, std::int8_t,
                                  std::conditional_t<std::same_as<T, std::uint16_t>, std::uint8_t, void>>;

template <class T, class V> constexpr T narrowed(V value, aie::saturation_mode mode) {
    constexpr V high = static_cast<V>(std::numeric_limits<T>::max());
    V low = static_cast<V>(std::numeric_limits<T>::min());
    if (mode == aie::saturation_mode::none) {
        return static_cast<T>(value);
    }
    if (mode == aie::saturation_mode::symmetric && low < 0) {
        low = -high;
    }
    return static_cast<T>(value < low ? low : value > high ? high : value);
}

// value / 2^shift by the mode; shift 0 to 62.
template <class V> constexpr V rounded(V value, unsigned shift, aie::rounding_mode mode) {
    if (shift == 0) {
        return value;
    }
    const V below = value >> shift;
    const V rest = value - (below << shift);
    const V half = V{1} << (shift - 1);
    const V on_tie = [&]() -> V {
        switch (mode) {
        case aie::rounding_mode::positive_inf:
            return 1;
        case aie::rounding_mode::symmetric_inf:
            return value >= 0;
        case aie::rounding_mode::symmetric_zero:
            return value < 0;
        case aie::rounding_mode::conv_even:
            return below & 1;
        case aie::rounding_mode::conv_odd:
            return ~below & 1;
        default:
            return 0;
        }
    }();
    switch (mode) {
    case aie::rounding_mode::floor:
        return below;
    case aie::rounding_mode::ceil:
        return below + (rest != 0);
    default:
        return below + (rest > half ? 1 : rest == half ? on_tie : 0);
    }
}

} // namespace aie_host

namespace aie {

inline void set_rounding(rounding_mode mode) {
    aie_host::tile.rounding = mode;
    aie_host::tile.rounding_set = true;
}
inline rounding_mode get_rounding() { return aie_host::tile.rounding; }
inline void set_saturation(saturation_mode mode) {
    aie_host::tile.saturation = mode;
    aie_host::tile.saturation_set = true;
}
inline saturation_mode get_saturation() { return aie_host::tile.saturation; }

} // namespace aie
