// SPDX-License-Identifier: Apache-2.0
// The kernels of one architecture behind the C interface of bind.hpp.
#include "bind.hpp"
#include "consmax.hpp"
#include "hccs_rows.hpp"
#include "hccs_tiles.hpp"

#if __AIE_ARCH__ != 10
#include "five_stages.hpp"
#endif

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

using namespace surmax;

namespace
{

// The forms that are built: output, reciprocal, rounding, fraction bits.
#ifndef SURMAX_FORMS
#define SURMAX_FORMS(X)                                                                            \
    X(u8, div, floor, 15)                                                                          \
    X(u8, div, nearest, 15)                                                                        \
    X(u8, clb, floor, 15)                                                                          \
    X(u8, clb, nearest, 15)                                                                        \
    X(u8, clb1, floor, 15)                                                                         \
    X(u8, clb1, nearest, 15)                                                                       \
    X(u8, clb2, floor, 15)                                                                         \
    X(u8, clb2, nearest, 15)                                                                       \
    X(u8, div, nearest, 22)                                                                        \
    X(i16, div, floor, 0)                                                                          \
    X(i16, clb, floor, 0)                                                                          \
    X(i16, clb1, floor, 0)                                                                         \
    X(i16, clb2, floor, 0)                                                                         \
    X(i16, div, floor, 15)                                                                         \
    X(i16, div, nearest, 15)
#endif

#define SURMAX_NAME(output, reciprocal, rounding, bits)                                            \
    #output " " #reciprocal " " #rounding " " #bits

enum Schedule { ROWS, TILES, FIVE_STAGES };

struct Call {
    int schedule;
    bool bits;
    const int8_t* scores;
    void* codes;
    const Row* rows;
    const HccsHead* heads;
    const uint32_t* mask;
    unsigned count;
    unsigned length;
};

template <class Form>
void run_five_stages([[maybe_unused]] const Call& call)
{
#if __AIE_ARCH__ == 10
    throw aie_host::violation("the five-stage kernel works in 8-bit lanes");
#else
    if constexpr (Form::FRACTION_BITS == (sizeof(typename Form::code_t) == 1 ? 15 : 0)) {
        if (call.bits || call.length % VECTOR != 0)
            throw aie_host::violation("the five-stage kernel takes whole rows of 32 scores");
        const std::size_t bytes = call.length * sizeof(int16_t);
        auto* kept = static_cast<int16_t*>(std::aligned_alloc(64, (bytes + 63) / 64 * 64));
        hccs_five_stages<Form>(call.scores, static_cast<typename Form::code_t*>(call.codes),
                               call.rows, call.heads, kept, call.count, call.length);
        std::free(kept);
    } else {
        throw aie_host::violation("the five-stage kernel has the published forms only");
    }
#endif
}

template <class Form, Masking M>
void run_masked(const Call& call)
{
    auto* codes = static_cast<typename Form::code_t*>(call.codes);
    if (call.schedule == TILES)
        hccs_tiles<Form, M>(call.scores, codes, call.rows, call.heads, call.mask, call.count,
                            call.length);
    else
        hccs_rows<Form, M>(call.scores, codes, call.rows, call.heads, call.mask, call.count,
                           call.length);
}

template <class Form>
void run(const Call& call)
{
    if (call.schedule == FIVE_STAGES)
        run_five_stages<Form>(call);
    else if (call.bits)
        run_masked<Form, Masking::bits>(call);
    else
        run_masked<Form, Masking::length>(call);
}

// Runs `function` on a tile in its initial state. Returns 0, or 1 with the violation in `error`.
template <class Function>
int on_tile(Function function, char* error, unsigned error_bytes)
{
    aie_host::reset();
    try {
        function();
        return 0;
    } catch (const aie_host::violation& violation) {
        std::snprintf(error, error_bytes, "%s", violation.what());
        return 1;
    }
}

} // namespace

extern "C" {

const char* surmax_forms()
{
#define SURMAX_LINE(output, reciprocal, rounding, bits)                                            \
    SURMAX_NAME(output, reciprocal, rounding, bits) "\n"
    return SURMAX_FORMS(SURMAX_LINE);
}

std::size_t surmax_table_bytes()
{
    return sizeof(ConsmaxTable);
}

int surmax_hccs(const char* form, int schedule, int bits, const int8_t* scores, void* codes,
                const void* rows, const void* heads, const uint32_t* mask, unsigned count,
                unsigned length, char* error, unsigned error_bytes)
{
    const Call call{schedule,
                    bits != 0,
                    scores,
                    codes,
                    static_cast<const Row*>(rows),
                    static_cast<const HccsHead*>(heads),
                    mask,
                    count,
                    length};
#define SURMAX_RUN(output, reciprocal, rounding, bits)                                             \
    if (std::strcmp(form, SURMAX_NAME(output, reciprocal, rounding, bits)) == 0) {                 \
        using Form = HccsForm<Output::output, Reciprocal::reciprocal, Rounding::rounding, bits>;   \
        return on_tile([&] { run<Form>(call); }, error, error_bytes);                              \
    }
    SURMAX_FORMS(SURMAX_RUN)
    return 2;
}

int surmax_consmax(int output_bits, int bits, const int8_t* scores, void* codes, const void* rows,
                   const void* tables, const uint32_t* mask, unsigned count, unsigned length,
                   char* error, unsigned error_bytes)
{
    const auto run = [&]<class Code>(Code* to) {
        const auto* records = static_cast<const Row*>(rows);
        const auto* table = static_cast<const ConsmaxTable*>(tables);
        if (bits != 0)
            consmax_rows<Code, Masking::bits>(scores, to, records, table, mask, count, length);
        else
            consmax_rows<Code, Masking::length>(scores, to, records, table, mask, count, length);
    };
    if (output_bits != 8 && output_bits != 16)
        return 2;
    return on_tile(
        [&] {
            if (output_bits == 8)
                run(static_cast<uint8_t*>(codes));
            else
                run(static_cast<uint16_t*>(codes));
        },
        error, error_bytes);
}

void surmax_ledger_reset()
{
    aie_host::reset_ledger();
}

const char* surmax_ledger()
{
    static thread_local std::string text;
    text = aie_host::ledger_json();
    return text.c_str();
}
}
