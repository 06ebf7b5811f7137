// SPDX-License-Identifier: Apache-2.0
// aie::vector and aie::mask.
#pragma once

#include "state.hpp"

#include <cstring>

namespace aie {

template <class T, unsigned N> class vector {
    static_assert(aie_host::lane_type<T>, "a vector of this lane type is not offered");
    static_assert(aie_host::vector_bits(sizeof(T) * 8 * N), "a vector is 128, 256, 512 or 1024 bits wide");

  public:
    using value_type = T;

    vector() = default;

    static constexpr unsigned size() { return N; }
    static constexpr unsigned bits() { return sizeof(T) * 8 * N; }

    T get(unsigned i) const {
        aie_host::check_lane(i, N);
        if (!known_.has(i)) {
            aie_host::fail("read of lane ", i, " of a vector, which was never written");
        }
        return lanes_[i];
    }
    T operator[](unsigned i) const { return get(i); }
    void set(T value, unsigned i) {
        aie_host::check_lane(i, N);
        lanes_[i] = value;
        known_.set(i, 1);
    }

    template <unsigned M> vector<T, M> extract(unsigned part) const {
        static_assert(N % M == 0, "parts of a vector are equal");
        aie_host::check_part(part, N / M);
        vector<T, M> r;
        std::memcpy(r.write(), read() + part * M, M * sizeof(T));
        return r;
    }
    template <unsigned M> vector &insert(unsigned part, const vector<T, M> &v) {
        static_assert(N % M == 0, "parts of a vector are equal");
        aie_host::check_part(part, N / M);
        std::memcpy(lanes_ + part * M, v.read(), M * sizeof(T));
        known_.set(part * M, M);
        return *this;
    }

    template <class U> vector<U, N * sizeof(T) / sizeof(U)> cast_to() const {
        vector<U, N * sizeof(T) / sizeof(U)> r;
        std::memcpy(r.write(), read(), sizeof lanes_);
        return r;
    }

    auto unpack() const {
        using Wide = aie_host::wide<T>;
        vector<Wide, N> r;
        Wide *to = r.write();
        const T *from = read();
        for (unsigned i = 0; i < N; ++i) {
            to[i] = from[i];
        }
        return r;
    }
    auto pack() const {
        using Narrow = aie_host::narrow<T>;
        aie_host::check_saturation("pack");
        const aie::saturation_mode mode = aie_host::tile.saturation;
        vector<Narrow, N> r;
        Narrow *to = r.write();
        const T *from = read();
        for (unsigned i = 0; i < N; ++i) {
            to[i] = aie_host::narrowed<Narrow>(from[i], mode);
        }
        return r;
    }

    // For the stand-in's own operations: the lanes, all of which must be known.
    const T *read() const {
        if (!known_.all()) {
            aie_host::fail("read of a vector of ", N, " lanes that were not all written");
        }
        return lanes_;
    }
    T *write() {
        known_.set_all();
        return lanes_;
    }

  private:
    alignas(N * sizeof(T) < 64 ? N * sizeof(T) : 64) T lanes_[N];
    aie_host::known<N> known_;
};

template <unsigned N> class mask {
    static_assert(N == 8 || N == 16 || N == 32 || N == 64 || N == 128, "a mask has 8 to 128 lanes");

  public:
    static constexpr unsigned size() { return N; }

    static mask from_uint32(std::uint32_t bits)
        requires(N <= 32)
    {
        mask r;
        r.words_[0] = N == 32 ? bits : bits & ((std::uint32_t{1} << (N % 32)) - 1);
        return r;
    }
    static mask from_uint64(std::uint64_t bits)
        requires(N <= 64)
    {
        mask r;
        r.words_[0] = N == 64 ? bits : bits & ((std::uint64_t{1} << (N % 64)) - 1);
        return r;
    }
    bool test(unsigned i) const {
        aie_host::check_lane(i, N);
        return (words_[i / 64] >> (i % 64)) & 1;
    }

  private:
    std::uint64_t words_[(N + 63) / 64] = {};
};

} // namespace aie
