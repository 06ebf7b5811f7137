// SPDX-License-Identifier: Apache-2.0
// aie::accum: accumulators that refuse to wrap.
#pragma once

#include "vector.hpp"

struct acc32 {};
struct acc48 {};

namespace aie_host
{

// aie_api aie_doc.hpp, table of accumulator types: 48 bits are native on the first AI Engine, 32
// (and 64, not offered) on the later ones.
template <class Tag>
inline constexpr bool accumulator = std::same_as<Tag, std::conditional_t<first, acc48, acc32>>;
template <class Tag>
inline constexpr unsigned accumulator_bits = std::same_as<Tag, acc32> ? 32 : 48;
template <class Tag>
using accumulator_lane = std::conditional_t<std::same_as<Tag, acc32>, std::int32_t, std::int64_t>;

// Shifts of to_vector: UG1583, Shift-Round-Saturate (-4..59; below -1 unsafe), UG1078, the same
// section (-1..62). Negative ones are refused.
inline constexpr int MAX_DOWNSHIFT = first ? 62 : 59;
// Shifts of from_vector: UG1583, Upshift (0..63), which saturates by the state of the tile. Here a
// value that does not fit is a violation in every state, and a shift leaves 32 bits of it at least.
inline constexpr int MAX_UPSHIFT = 31;

inline void check_shift(const char* operation, int shift, int high)
{
    if (shift < 0 || shift > high)
        fail(operation, " by ", shift, ": shifts are 0 to ", high);
}

// Nothing tells a kernel that an accumulator wrapped, in 32 or in 48 bits: the status registers
// (UG1583, Status registers) have no bit for it. So here it is a violation.
template <unsigned Bits>
constexpr bool fits(std::int64_t value)
{
    return ((static_cast<std::uint64_t>(value) + (std::uint64_t{1} << (Bits - 1))) >> Bits) == 0;
}

// to[i] = a(i) + b(i) for N lanes, none of which may wrap.
template <class Tag, unsigned N, class A, class B>
void add_lanes(accumulator_lane<Tag>* __restrict to, const char* operation, A a, B b)
{
    using V = accumulator_lane<Tag>;
    using U = std::make_unsigned_t<V>;
    constexpr unsigned bits = accumulator_bits<Tag>;
    U wrapped = 0;
    for (unsigned i = 0; i < N; ++i) {
        const V x = a(i);
        const V y = b(i);
        const U total = static_cast<U>(x) + static_cast<U>(y);
        // The lanes have no spare bits: a sum wrapped if both operands have a sign that it does not
        // have.
        if constexpr (sizeof(V) * 8 == bits)
            wrapped |= ((total ^ static_cast<U>(x)) & (total ^ static_cast<U>(y))) >> (bits - 1);
        else
            wrapped |= (total + (U{1} << (bits - 1))) >> bits;
        to[i] = static_cast<V>(total);
    }
    for (unsigned i = 0; wrapped != 0 && i < N; ++i) {
        const std::int64_t total = std::int64_t{a(i)} + b(i);
        if (!fits<bits>(total))
            fail(operation, " gives ", total, " in lane ", i, ": more than ", bits, " bits");
    }
}

} // namespace aie_host

namespace aie
{

template <class Tag, unsigned N>
class accum
{
    static_assert(aie_host::accumulator<Tag>, "no accumulator of this architecture");
    static_assert(N == 8 || N == 16 || N == 32 || N == 64 || N == 128,
                  "no accumulator has this number of lanes");

public:
    using value_type = Tag;
    using lane = aie_host::accumulator_lane<Tag>;

    accum() { std::memset(lanes_, 0x5a, sizeof lanes_); }
    explicit accum(aie_host::unwritten) : known_(true) {}
    template <class T>
    explicit accum(const vector<T, N>& v, int shift = 0)
    {
        from_vector(v, shift);
    }

    static constexpr unsigned size() { return N; }

    // aie_api aie2/accum.hpp: 32-bit lanes into acc32 are a copy of the bits, with no shift.
    template <class T>
    void from_vector(const vector<T, N>& v, int shift = 0)
    {
        constexpr bool copy = sizeof(T) * 8 == aie_host::accumulator_bits<Tag>;
        aie_host::check_shift("from_vector", shift, copy ? 0 : aie_host::MAX_UPSHIFT);
        // The first AI Engine takes 32-bit lanes by 256 bits (aie_api aie1/accum.hpp).
        constexpr unsigned each = aie_host::first && sizeof(T) == 4 ? 8 : aie_host::CONVERT_LANES;
        if constexpr (!copy)
            aie_host::note(aie_host::kind::ups, aie_host::issues(N, each));
        const T* __restrict from = v.read();
        for (unsigned i = 0; i < N; ++i) {
            const std::int64_t value = static_cast<std::int64_t>(from[i]) << shift;
            if (!aie_host::fits<aie_host::accumulator_bits<Tag>>(value))
                aie_host::fail("from_vector gives ", value, " in lane ", i, ": more than ",
                               aie_host::accumulator_bits<Tag>, " bits");
            lanes_[i] = static_cast<lane>(value);
        }
        known_ = true;
    }

    // Shift, round and saturate by the state of the tile. acc32 to 32-bit lanes is a copy of the
    // bits that ignores a shift (aie_api aie2/accum.hpp, get_srs): it must be 0.
    template <class T>
    vector<T, N> to_vector(int shift = 0) const
    {
        static_assert(sizeof(T) * 8 <= aie_host::accumulator_bits<Tag>, "no such conversion");
        static_assert(!aie_host::first || std::is_signed_v<T> || sizeof(T) == 1,
                      "the first AI Engine has no such conversion");
        constexpr bool copy = sizeof(T) * 8 == aie_host::accumulator_bits<Tag>;
        aie_host::check_shift("to_vector", shift, copy ? 0 : aie_host::MAX_DOWNSHIFT);
        aie_host::need_rounding("to_vector");
        aie_host::need_saturation("to_vector");
        if constexpr (!copy)
            aie_host::note(aie_host::kind::srs, aie_host::issues(N, aie_host::CONVERT_LANES));
        vector<T, N> r{aie_host::unwritten{}};
        const lane* from = read();
        if constexpr (copy) {
            std::memcpy(r.write(), from, sizeof(T) * N);
        } else {
            // Most values fit 32 bits, in which a host works on several lanes at a time.
            std::uint64_t beyond = static_cast<unsigned>(shift) >> 5;
            if constexpr (sizeof(lane) > 4) {
                for (unsigned i = 0; i < N; ++i)
                    beyond |= (static_cast<std::uint64_t>(from[i]) + (1u << 31)) >> 32;
            }
            if (beyond == 0)
                convert<std::int32_t>(r.write(), from, static_cast<unsigned>(shift));
            else
                convert<std::int64_t>(r.write(), from, static_cast<unsigned>(shift));
        }
        return r;
    }

    // The following members are for the operations of the stand-in.
    const lane* read() const
    {
        if (!known_)
            aie_host::fail("an accumulator is read that was never written");
        return lanes_;
    }
    lane* write() { return lanes_; }

private:
    template <class V, class T>
    static void convert(T* __restrict to, const lane* __restrict from, unsigned shift)
    {
        const aie_host::rounder<V> round(aie_host::tile.rounding, shift);
        const aie_host::narrower<T, V> narrow(aie_host::tile.saturation);
        for (unsigned i = 0; i < N; ++i)
            to[i] = narrow(round(static_cast<V>(from[i])));
    }

    alignas(64) lane lanes_[N];
    bool known_ = false;
};

} // namespace aie
