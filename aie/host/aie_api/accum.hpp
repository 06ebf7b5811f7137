// SPDX-License-Identifier: Apache-2.0
// aie::accum: accumulators that refuse to wrap.
#pragma once

#include "vector.hpp"

struct acc32 {};
struct acc48 {};
struct acc64 {};

namespace aie_host {

template <class Tag> inline constexpr unsigned acc_bits = std::same_as<Tag, acc32> ? 32 : std::same_as<Tag, acc48> ? 48 : 64;
template <class Tag> using acc_lane = std::conditional_t<std::same_as<Tag, acc32>, std::int32_t, std::int64_t>;

template <class Tag> constexpr bool fits(std::int64_t value) {
    constexpr unsigned spare = 64 - acc_bits<Tag>;
    return static_cast<std::int64_t>(static_cast<std::uint64_t>(value) << spare) >> spare == value;
}

} // namespace aie_host

namespace aie {

template <class Tag, unsigned N> class accum {
    static_assert(aie_host::first ? std::same_as<Tag, acc48> : !std::same_as<Tag, acc48>,
                  "accumulators are acc48 on the first AI Engine, acc32 and acc64 on the later ones");

  public:
    using lane = aie_host::acc_lane<Tag>;

    accum() = default;
    template <class T> explicit accum(const vector<T, N> &v, int shift = 0) { from_vector(v, shift); }

    static constexpr unsigned size() { return N; }

    template <class T> void from_vector(const vector<T, N> &v, int shift = 0) {
        if (shift < 0 || shift > 31) {
            aie_host::fail("from_vector by ", shift, ": shifts are 0 to 31");
        }
        const T *from = v.read();
        lane *to = write();
        for (unsigned i = 0; i < N; ++i) {
            const std::int64_t value = static_cast<std::int64_t>(from[i]) << shift;
            if (!aie_host::fits<Tag>(value)) {
                aie_host::fail("from_vector of ", from[i], " << ", shift, " leaves ", aie_host::acc_bits<Tag>, " bits");
            }
            to[i] = static_cast<lane>(value);
        }
    }

    template <class T> vector<T, N> to_vector(int shift = 0) const {
        aie_host::check_rounding("to_vector");
        aie_host::check_saturation("to_vector");
        if (shift < 0 || shift > 59) {
            aie_host::fail("to_vector by ", shift, ": shifts are 0 to 59");
        }
        const aie_host::tile_state state = aie_host::tile;
        const lane *from = read();
        vector<T, N> r;
        T *to = r.write();
        for (unsigned i = 0; i < N; ++i) {
            to[i] = aie_host::narrowed<T>(aie_host::rounded(std::int64_t{from[i]}, static_cast<unsigned>(shift), state.rounding), state.saturation);
        }
        return r;
    }

    const lane *read() const {
        if (!known_) {
            aie_host::fail("read of an accumulator that was never written");
        }
        return lanes_;
    }
    lane *write() {
        known_ = true;
        return lanes_;
    }

  private:
    alignas(64) lane lanes_[N];
    bool known_ = false;
};

} // namespace aie
