// SPDX-License-Identifier: Apache-2.0
// The record of a row, and which lanes of its vectors take part, for both schedules.
#pragma once

#include "portable.hpp"

namespace surmax
{

// The record of a row: its head, and the number of positions that take part, 0 to length.
struct Row {
    uint16_t head;
    uint16_t valid;
};

static_assert(sizeof(Row) == 4);

// length: the first `valid` positions of a row take part. bits: the positions whose bit is 1 do.
enum class Masking { length, bits };

// Numbers of the vectors of a row or of a band of tiles, `all` of them. In the first `whole`
// vectors every lane takes part, from there up to `used` the lanes of mask(i), and in the rest
// none.
struct Vectors {
    unsigned whole;
    unsigned used;
    unsigned all;
};

// The vectors of one row, 32 positions each.
template <Masking M>
struct RowVectors : Vectors {
    const uint32_t* __restrict words;
    uint32_t last;
    unsigned valid;

    RowVectors(const Row& row, unsigned length, const uint32_t* __restrict mask)
        : words(mask), last((1u << row.valid % VECTOR) - 1), valid(row.valid)
    {
        all = (length + VECTOR - 1) / VECTOR;
        whole = M == Masking::bits ? 0 : row.valid / VECTOR;
        used = M == Masking::bits ? all : (row.valid + VECTOR - 1) / VECTOR;
    }

    lane_mask mask(unsigned vector) const
    {
        return lane_mask::from_uint32(M == Masking::bits ? words[vector] : last);
    }

    // Returns whether a position takes part, for a loop over scalars.
    bool takes(unsigned position) const
    {
        if constexpr (M == Masking::bits)
            return words[position / VECTOR] >> position % VECTOR & 1;
        return position < valid;
    }
};

inline constexpr unsigned TILE_ROWS = 4;
inline constexpr unsigned TILE_COLUMNS = 8;

// The vectors of a band of 4 rows, each with 8 positions of every row.
template <Masking M>
struct BandVectors : Vectors {
    const Row* __restrict rows;
    const uint32_t* __restrict words;

    BandVectors(const Row* __restrict band, unsigned length, const uint32_t* __restrict mask)
        : rows(band), words(mask)
    {
        all = (length + TILE_COLUMNS - 1) / TILE_COLUMNS;
        unsigned fewest = rows[0].valid, most = rows[0].valid;
        for (unsigned m = 1; m < TILE_ROWS; ++m) {
            fewest = rows[m].valid < fewest ? rows[m].valid : fewest;
            most = rows[m].valid > most ? rows[m].valid : most;
        }
        whole = M == Masking::bits ? 0 : fewest / TILE_COLUMNS;
        used = M == Masking::bits ? all : (most + TILE_COLUMNS - 1) / TILE_COLUMNS;
    }

    lane_mask mask(unsigned tile) const
    {
        if constexpr (M == Masking::bits)
            return lane_mask::from_uint32(words[tile]);
        uint32_t word = 0;
        for (unsigned m = 0; m < TILE_ROWS; ++m) {
            const int left = int(rows[m].valid) - int(tile * TILE_COLUMNS);
            const int count = left < 0 ? 0 : left > int(TILE_COLUMNS) ? int(TILE_COLUMNS) : left;
            word |= ((1u << count) - 1) << (m * TILE_COLUMNS);
        }
        return lane_mask::from_uint32(word);
    }
};

template <class Code>
inline void store_zeros(Code* __restrict codes, unsigned vectors)
{
    const aie::vector<Code, VECTOR> zeros = aie::zeros<Code, VECTOR>();
    for (unsigned i = 0; i < vectors; ++i) SURMAX_PIPELINE {
        aie::store_v(codes + i * VECTOR, zeros);
    }
}

} // namespace surmax
