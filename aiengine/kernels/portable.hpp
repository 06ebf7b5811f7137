// SPDX-License-Identifier: Apache-2.0
// What differs between a device's compiler and the host stand-in, and the lanes of each AI Engine.
#pragma once

#include <aie_api/aie.hpp>
#include <cstdint>

// The stand-in says so itself: the vendor's x86 simulation is a host build with the real header.
#if defined(SURMAX_STANDIN)
#define SURMAX_SECTION(name) const aie_host::section surmax_section(name)
#else
// Sections exist for the operation ledger of the stand-in only.
#define SURMAX_SECTION(name)
#endif

#if defined(__chess__)
#define SURMAX_PIPELINE chess_prepare_for_pipelining
#else
#define SURMAX_PIPELINE
#endif

namespace surmax
{

// A 32-bit scalar of the row; the stand-in can count its arithmetic.
#if defined(SURMAX_STANDIN)
using word_t = aie_host::counted;
#else
using word_t = int32_t;
#endif

// Scores of one vector: 32 everywhere, the 4 x 8 micro-tile of the tiled schedule.
inline constexpr unsigned VECTOR = 32;

#if __AIE_ARCH__ == 10
// The first AI Engine widens every 8-bit operation to 16-bit lanes; widening once is cheaper.
using lane_t = int16_t;
using acc_t = acc48;
#else
using lane_t = int8_t;
using acc_t = acc32;
#endif

using lanes = aie::vector<lane_t, VECTOR>;
using lanes16 = aie::vector<int16_t, VECTOR>;
using lanes32 = aie::vector<int32_t, VECTOR>;
using sums = aie::accum<acc_t, VECTOR>;
using lane_mask = aie::mask<VECTOR>;

// Where a vector register holds 64 lanes, maxima are taken of two vectors at a time.
inline constexpr bool PAIRS = sizeof(lane_t) == 1;
using lane_pair = aie::vector<lane_t, 2 * VECTOR>;

#if __AIE_ARCH__ == 10

// The 32 scores at `scores`, aligned to 32 bytes, in the lanes that the device computes in.
inline lanes load_lanes(const int8_t* __restrict scores)
{
    return aie::unpack(aie::load_v<VECTOR>(scores));
}

inline lanes16 widen(const lanes& v)
{
    return v;
}

// 16-bit lanes that hold 8-bit values, as lanes.
inline lanes narrow(const lanes16& v)
{
    return v;
}

#else

inline lanes load_lanes(const int8_t* __restrict scores)
{
    return aie::load_v<VECTOR>(scores);
}

inline lanes16 widen(const lanes& v)
{
    return aie::unpack(v);
}

inline lanes narrow(const lanes16& v)
{
    return v.pack();
}

#endif

// Two vectors; loaded apart, because a row starts at a multiple of 32 bytes only.
inline lane_pair load_pair(const int8_t* __restrict scores)
{
    return aie::concat(load_lanes(scores), load_lanes(scores + VECTOR));
}

} // namespace surmax
