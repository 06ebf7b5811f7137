// SPDX-License-Identifier: Apache-2.0
// The C interface to the kernels of one architecture. Buffers have the layout and alignment that
// the kernels describe; rows are surmax::Row, heads surmax::HccsHead, tables surmax::ConsmaxTable.
#pragma once

#include <cstddef>
#include <cstdint>

// A library exports these names only: several libraries are loaded side by side, and each must keep
// the state of its own tile.
#pragma GCC visibility push(default)

extern "C" {

// Returns the forms that are built, one a line.
const char* surmax_forms();

// Returns the size of a ConsmaxTable in bytes.
std::size_t surmax_table_bytes();

// Runs an HCCS kernel. Returns 0 when it is done, 1 after a violation of the stand-in, whose text
// is in `error`, and 2 when there is no such form. schedule: 0 rows, 1 tiles, 2 the five stages.
// bits: not 0 when mask words are given; otherwise `mask` is unused.
int surmax_hccs(const char* form, int schedule, int bits, const int8_t* scores, void* codes,
                const void* rows, const void* heads, const uint32_t* mask, unsigned count,
                unsigned length, char* error, unsigned error_bytes);

// Runs the ConSmax kernel; output_bits is 8 or 16, everything else as in surmax_hccs.
int surmax_consmax(int output_bits, int bits, const int8_t* scores, void* codes, const void* rows,
                   const void* tables, const uint32_t* mask, unsigned count, unsigned length,
                   char* error, unsigned error_bytes);

// surmax_ledger returns the counts of operations since the reset as JSON, {section: {kind: [calls,
// native instructions]}}; "{}" without SURMAX_LEDGER.
void surmax_ledger_reset();
const char* surmax_ledger();
}

#pragma GCC visibility pop
