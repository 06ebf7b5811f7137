// SPDX-License-Identifier: Apache-2.0
// What a call is given of every row, and which lanes of its vectors take part, in both schedules.
#pragma once

#include "portable.hpp"

namespace surmax
{

// A row of the call. `valid` counts the positions that take part, 0 to length.
struct Row {
    uint16_t head;
    uint16_t valid;
};

static_assert(sizeof(Row) == 4);

// length: the first `valid` positions of a row take part. bits: those whose bit is set do.
enum class Masking { length, bits };

// The vectors of one row or of one band of tiles. All lanes take part in the first `whole`, those
// of mask(i) in the ones up to `used`, none in the rest.
struct Vectors {
    unsigned whole;
    unsigned used;
    unsigned all;
};

// One row, 32 positions a vector.
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

    // Whether one position takes part, for a loop over scalars.
    bool takes(unsigned position) const
    {
        if constexpr (M == Masking::bits)
            return words[position / VECTOR] >> position % VECTOR & 1;
        return position < valid;
    }
};

inline constexpr unsigned TILE_ROWS = 4;
inline constexpr unsigned TILE_COLUMNS = 8;

// A band of 4 rows, 8 positions of each a vector.
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
