// SPDX-License-Identifier: Apache-2.0
// The operation ledger: counts of a kernel's instructions by section and kind, built with
// SURMAX_LEDGER only.
//
// `native` counts the instructions that a device needs at least: an operation on more lanes than
// one instruction has is counted as several. Parts of wider registers are named, not moved, so
// extract, insert, concat, casts and masks are no calls, nor are copies of bits. The sum over the
// kinds that share a slot, divided by the instructions that the slot takes in a cycle, is a bound
// from below and no measurement.
#pragma once

#include "support.hpp"

#ifdef SURMAX_LEDGER
#include <array>
#include <map>
#endif

namespace aie_host
{

// The kinds of operations. Peano's llvm-aie (AIE2Slots.td, AIE2GenInstrInfo.td) says for AIE-ML
// which kinds share a slot of the instruction: alu and move one, mac another. to_vector and pack
// are in the store's slot, unpack in a load's, and loads and stores convert on their way as well.
enum class kind {
    load,
    store,
    alu,  // lane-wise: max, min, add, sub, select
    mac,  // products, and sums and zeros of accumulators
    srs,  // to_vector and pack
    ups,  // from_vector and unpack
    move, // broadcast, shuffle, one lane
    reduce,
    lookup,
    scalar,
    clb,
    divide,
};

// Bits of one load or store. AM020, Functional Overview: two 256-bit load units and one 256-bit
// store unit; AM009 has the same; UG1603, Vector Initialization, Load, and Store: 512 on AIE-MLv2.
inline constexpr unsigned MEMORY_BITS = second ? 512 : 256;
// Bits of one lane-wise operation, in and out: aie_api aie1/add.hpp (add32 of v32int16) and
// aie2/add.hpp (native_vector_length), which the later architectures share.
inline constexpr unsigned VECTOR_BITS = 512;
// Lanes of one product into accumulators: UG1078, Simple MAC intrinsics (v16acc48 of v16int16);
// aie_api aie2/mul_acc32.hpp (mul_elem_32, mul_elem_32_2), aie2p/mul_acc32.hpp (mul_elem_64).
// Assumed for 22: as 21, the wider of what is known, so that the bound stays one from below.
inline constexpr unsigned PRODUCT_LANES = first ? 16 : second ? 64 : 32;
// Lanes of one move between vectors and accumulators: aie_api aie1/accum.hpp (v16acc48),
// aie2/accum.hpp (srs_to_v32int16, ups_to_v32acc32).
inline constexpr unsigned CONVERT_LANES = first ? 16 : 32;
// Bits of an accumulator register that one instruction adds or clears: UG1079, Accumulator
// Registers (768), aie_api aie2/accum.hpp (1024), AM027, Accumulator Registers (2048).
inline constexpr unsigned ACCUMULATOR_BITS = first ? 768 : second ? 2048 : 1024;
// Look-ups in a cycle: UG1583, Load 4x Operations (four 64-bit reads), and UG1603, Lookup Tables
// and Linear Approximation (eight on AIE-MLv2).
inline constexpr unsigned LOOKUPS = second ? 8 : 4;

constexpr unsigned issues(unsigned size, unsigned each)
{
    return (size + each - 1) / each;
}

#ifdef SURMAX_LEDGER

struct count {
    unsigned long long calls = 0;
    unsigned long long native = 0;
};

inline constexpr std::array KINDS = {"load", "store",  "alu",    "mac",    "srs", "ups",
                                     "move", "reduce", "lookup", "scalar", "clb", "divide"};
using page = std::array<count, KINDS.size()>;

struct ledger {
    std::map<std::string, page> pages;
    page* open = nullptr;
};

inline thread_local ledger book;

inline void note(kind what, unsigned native)
{
    page& to = book.open != nullptr ? *book.open : book.pages["other"];
    to[static_cast<unsigned>(what)].calls += 1;
    to[static_cast<unsigned>(what)].native += native;
}

// Operations up to the end of the scope are counted under `name`, not in the section around it.
class section
{
public:
    explicit section(const char* name) : outer_(book.open) { book.open = &book.pages[name]; }
    ~section() { book.open = outer_; }
    section(const section&) = delete;
    section& operator=(const section&) = delete;

private:
    page* outer_;
};

// To be called outside of sections.
inline void reset_ledger()
{
    book = ledger{};
}

// JSON, {section: {kind: [calls, native]}}, kinds that did not occur left out.
inline std::string ledger_json()
{
    std::string json = "{";
    for (const auto& [name, counts] : book.pages) {
        json += (json.size() > 1 ? ", \"" : "\"") + name + "\": {";
        bool more = false;
        for (unsigned k = 0; k < KINDS.size(); ++k) {
            if (counts[k].calls == 0)
                continue;
            json += std::string(more ? ", " : "") + "\"" + KINDS[k] + "\": [" +
                    std::to_string(counts[k].calls) + ", " + std::to_string(counts[k].native) + "]";
            more = true;
        }
        json += "}";
    }
    json += "}";
    return json;
}

#else

constexpr void note(kind, unsigned) {}

struct section {
    explicit section(const char*) {}
};

inline void reset_ledger() {}
inline std::string ledger_json()
{
    return "{}";
}

#endif

// A 32-bit integer whose arithmetic is counted: one instruction each (AM020, Arithmetic Logic Unit
// and Scalar Functions: every operation issues in one cycle). There is no instruction for a whole
// quotient (Peano's llvm-aie, compiler-rt aie2_div.h, takes a division step for each of 32 bits):
// counted apart, once, with no claim about its cycles. Kernels divide by row sums: what zero or a
// negative one gives is nothing that they could mean.
class counted
{
public:
    constexpr counted(std::int32_t value) : value_(value) {}
    counted() = default;

    explicit operator std::int32_t() const { return value_; }

    friend counted operator+(counted a, counted b) { return result(a.value_ + b.value_); }
    friend counted operator-(counted a, counted b) { return result(a.value_ - b.value_); }
    friend counted operator*(counted a, counted b) { return result(a.value_ * b.value_); }
    friend counted operator<<(counted a, counted b) { return result(a.value_ << b.value_); }
    friend counted operator>>(counted a, counted b) { return result(a.value_ >> b.value_); }
    friend counted operator/(counted a, counted b)
    {
        if (b.value_ <= 0)
            fail("division by ", b.value_, ": a positive integer is needed");
        note(kind::divide, 1);
        return a.value_ / b.value_;
    }
    friend bool operator<(counted a, counted b)
    {
        note(kind::scalar, 1);
        return a.value_ < b.value_;
    }

private:
    static counted result(std::int32_t value)
    {
        note(kind::scalar, 1);
        return value;
    }
    std::int32_t value_ = 0;
};

} // namespace aie_host

// Leading zeros of a positive integer: UG1078 and UG1583, Integer Operations, Leading bit count.
// What a negative one gives, its leading ones, is not what a kernel wants, and zero is left open.
inline unsigned clb(aie_host::counted n)
{
    const auto value = static_cast<std::int32_t>(n);
    if (value <= 0)
        aie_host::fail("clb of ", value, ": a positive integer is needed");
    aie_host::note(aie_host::kind::clb, 1);
    return static_cast<unsigned>(__builtin_clz(static_cast<unsigned>(value)));
}
