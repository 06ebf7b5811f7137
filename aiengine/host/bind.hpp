// SPDX-License-Identifier: Apache-2.0
// The C interface to the kernels of one architecture. Buffers are laid out and aligned as the
// kernels say; rows are surmax::Row, heads surmax::HccsHead, tables surmax::ConsmaxTable.
#pragma once

#include <cstddef>
#include <cstdint>

// All that a library shows: several are loaded side by side, and each keeps its own tile's state.
#pragma GCC visibility push(default)

extern "C" {

// The forms that are built, one a line.
const char* surmax_forms();

// Bytes of a ConsmaxTable.
std::size_t surmax_table_bytes();

// 0: done. 1: a violation of the stand-in, text in `error`. 2: no such form.
// schedule: 0 rows, 1 tiles, 2 the five stages. bits: mask words are given, else `mask` is unused.
int surmax_hccs(const char* form, int schedule, int bits, const int8_t* scores, void* codes,
                const void* rows, const void* heads, const uint32_t* mask, unsigned count,
                unsigned length, char* error, unsigned error_bytes);

// As surmax_hccs; output_bits is 8 or 16.
int surmax_consmax(int output_bits, int bits, const int8_t* scores, void* codes, const void* rows,
                   const void* tables, const uint32_t* mask, unsigned count, unsigned length,
                   char* error, unsigned error_bytes);

// Counts of operations since the reset as JSON, {section: {kind: [calls, native issues]}}; "{}"
// without SURMAX_LEDGER.
void surmax_ledger_reset();
const char* surmax_ledger();
}

#pragma GCC visibility pop
