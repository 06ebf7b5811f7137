// SPDX-License-Identifier: Apache-2.0
// Differences between a device's compiler and the host stand-in, and the vectors of each AI Engine.
#pragma once

#include <aie_api/aie.hpp>
#include <cstdint>

// The stand-in defines SURMAX_STANDIN itself, because the vendor's x86 simulation also is a build
// for the host, but with the real header.
#if defined(SURMAX_STANDIN)
#define SURMAX_SECTION(name) const aie_host::section surmax_section(name)
#else
// Sections are for the operation ledger of the stand-in only.
#define SURMAX_SECTION(name)
#endif

#if defined(__chess__)
#define SURMAX_PIPELINE chess_prepare_for_pipelining
#else
#define SURMAX_PIPELINE
#endif

namespace surmax
{

// A 32-bit scalar of a row. The type of the stand-in counts its arithmetic.
#if defined(SURMAX_STANDIN)
using word_t = aie_host::counted;
#else
using word_t = int32_t;
#endif

// Scores of a vector. The tiled schedule has micro-tiles of 4 x 8 in it.
inline constexpr unsigned VECTOR = 32;

#if __AIE_ARCH__ == 10
// The first AI Engine widens 8-bit lanes to 16 bits in every operation: widening once is cheaper.
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

// Where a register holds 64 lanes, one instruction takes the maxima of two vectors.
inline constexpr bool PAIRS = sizeof(lane_t) == 1;
using lane_pair = aie::vector<lane_t, 2 * VECTOR>;

#if __AIE_ARCH__ == 10

// Returns 32 scores in the lanes that the device computes in; `scores` is aligned to 32 bytes.
inline lanes load_lanes(const int8_t* __restrict scores)
{
    return aie::unpack(aie::load_v<VECTOR>(scores));
}

inline lanes16 widen(const lanes& v)
{
    return v;
}

// Returns 16-bit lanes with 8-bit values as lanes.
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

// Returns two vectors. They are loaded one by one, because rows are aligned to 32 bytes only.
inline lane_pair load_pair(const int8_t* __restrict scores)
{
    return aie::concat(load_lanes(scores), load_lanes(scores + VECTOR));
}

} // namespace surmax
