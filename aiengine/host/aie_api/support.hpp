// SPDX-License-Identifier: Apache-2.0
// Common parts of the stand-in: the architecture, violations, and which lanes were written.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <stdexcept>
#include <string>
#include <type_traits>

#ifndef __AIE_ARCH__
#error "define __AIE_ARCH__: 10 (AI Engine), 20 (AIE-ML), 21 (XDNA 2) or 22 (AIE-MLv2)"
#endif

namespace aie_host
{

// The values that the vendor's headers and compilers use: aie_api aie.hpp ("__AIE_ARCH__ == 10",
// 20, 21, 22), llvm-aie aiev2_defines.h (20), aie2p_defines.h (21); 22 is its aie2ps.
inline constexpr int arch = __AIE_ARCH__;
static_assert(arch == 10 || arch == 20 || arch == 21 || arch == 22, "no such architecture");
inline constexpr bool first = arch == 10;
inline constexpr bool second = arch == 21 || arch == 22;

// A use that is undefined on the device, or for which it silently computes something else than was
// meant. what() is one line.
struct violation : std::runtime_error {
    using std::runtime_error::runtime_error;
};

inline std::string text(const char* part)
{
    return part;
}

template <std::integral T>
std::string text(T part)
{
    return std::to_string(part);
}

template <class... Parts>
[[noreturn, gnu::cold, gnu::noinline]] void fail(Parts... parts)
{
    throw violation((text(parts) + ...));
}

inline void check_lane(unsigned lane, unsigned lanes)
{
    if (lane >= lanes)
        fail("lane ", lane, " of ", lanes);
}

inline void check_part(unsigned part, unsigned parts)
{
    if (part >= parts)
        fail("part ", part, " of ", parts);
}

// Selects the constructor of a vector or accumulator whose lanes the caller then writes, all of
// them.
struct unwritten {};

// A bit for each of N lanes, set where the lane holds a value. The content of a default-constructed
// vector is undefined (aie_api aie_doc.hpp, Basic Type Initialization), and so are the lanes that a
// shuffle leaves empty.
__extension__ using wide_bits = unsigned __int128;
template <unsigned N>
using lane_bits = std::conditional_t<(N > 64), wide_bits, std::uint64_t>;
template <unsigned N>
inline constexpr lane_bits<N> ALL_LANES =
    static_cast<lane_bits<N>>(~lane_bits<N>{0}) >> (sizeof(lane_bits<N>) * 8 - N);

} // namespace aie_host
