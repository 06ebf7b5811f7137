// SPDX-License-Identifier: Apache-2.0
// aie::vector and aie::mask.
#pragma once

#include "state.hpp"

#include <cstring>

namespace aie_host
{

// aie_api aie_doc.hpp, Basic Types: 128, 256, 512 and 1024 bits are native on every architecture;
// larger ones are made of several and are not offered.
constexpr bool vector_size(std::size_t bits)
{
    return bits == 128 || bits == 256 || bits == 512 || bits == 1024;
}

template <class T, class... Others>
inline constexpr bool one_of = (std::same_as<T, Others> || ...);

// aie_api aie_doc.hpp, table of vector types: uint8 is the only unsigned one of the first AI
// Engine.
template <class T>
inline constexpr bool lane_type =
    one_of<T, std::int8_t, std::uint8_t, std::int16_t, std::int32_t> ||
    (!first && one_of<T, std::uint16_t, std::uint32_t>);

// What 8-bit lanes unpack to and 16-bit ones pack to: UG1583, Pack/Unpack, for the later
// architectures; on the first one both 8-bit types unpack to int16 (aie_api aie1/max_min.hpp).
template <class T>
using wide =
    std::conditional_t<std::same_as<T, std::uint8_t> && !first, std::uint16_t, std::int16_t>;
template <class T>
using narrow = std::conditional_t<std::same_as<T, std::uint16_t>, std::uint8_t, std::int8_t>;

} // namespace aie_host

namespace aie
{

template <class T, unsigned N>
class vector
{
    static_assert(aie_host::lane_type<T>, "no vector has lanes of this type");
    static_assert(aie_host::vector_size(sizeof(T) * 8 * N), "no vector has this number of lanes");

public:
    using value_type = T;

    // Lanes that were not written hold no value; their content does not matter.
    vector() { std::memset(lanes_, 0x5a, sizeof lanes_); }
    explicit vector(aie_host::unwritten) : known_(aie_host::ALL_LANES<N>) {}

    static constexpr unsigned size() { return N; }
    static constexpr unsigned bits() { return sizeof(T) * 8 * N; }

    T get(unsigned i) const
    {
        aie_host::check_lane(i, N);
        if ((known_ >> i & 1) == 0)
            aie_host::fail("lane ", i, " of ", N, " is read and was never written");
        aie_host::note(aie_host::kind::move, 1);
        return lanes_[i];
    }
    T operator[](unsigned i) const { return get(i); }

    void set(T value, unsigned i)
    {
        aie_host::check_lane(i, N);
        aie_host::note(aie_host::kind::move, 1);
        lanes_[i] = value;
        known_ |= bits_type{1} << i;
    }

    template <unsigned M>
    vector<T, M> extract(unsigned part) const
    {
        aie_host::check_part(part, N / M);
        vector<T, M> r{aie_host::unwritten{}};
        std::memcpy(r.write(), lanes_ + part * M, sizeof(T) * M);
        r.set_known(static_cast<aie_host::lane_bits<M>>(known_ >> part * M) &
                    aie_host::ALL_LANES<M>);
        return r;
    }

    template <unsigned M>
    vector& insert(unsigned part, const vector<T, M>& v)
    {
        static_assert(M < N, "a part is smaller than the whole");
        aie_host::check_part(part, N / M);
        std::memcpy(lanes_ + part * M, v.peek(), sizeof(T) * M);
        known_ &= ~(bits_type{aie_host::ALL_LANES<M>} << part * M);
        known_ |= bits_type{v.known()} << part * M;
        return *this;
    }

    template <class U>
    vector<U, N * sizeof(T) / sizeof(U)> cast_to() const
    {
        vector<U, N * sizeof(T) / sizeof(U)> r{aie_host::unwritten{}};
        std::memcpy(r.write(), read(), sizeof lanes_);
        return r;
    }

    auto unpack() const
        requires(sizeof(T) == 1)
    {
        using Wide = aie_host::wide<T>;
        aie_host::note(aie_host::kind::ups, aie_host::issues(bits() * 2, aie_host::VECTOR_BITS));
        vector<Wide, N> r{aie_host::unwritten{}};
        const T* __restrict from = read();
        Wide* __restrict to = r.write();
        for (unsigned i = 0; i < N; ++i)
            to[i] = from[i];
        return r;
    }

    // UG1583, Pack/Unpack: saturates by the state of the tile, does not round. For the first AI
    // Engine no document says what becomes of a value that does not fit: there it is a violation.
    auto pack() const
        requires(sizeof(T) == 2)
    {
        using Narrow = aie_host::narrow<T>;
        aie_host::need_saturation("pack");
        aie_host::note(aie_host::kind::srs, aie_host::issues(bits(), aie_host::VECTOR_BITS));
        const aie_host::narrower<Narrow, T> narrow(aie_host::tile.saturation);
        vector<Narrow, N> r{aie_host::unwritten{}};
        const T* __restrict from = read();
        Narrow* __restrict to = r.write();
        for (unsigned i = 0; i < N; ++i)
            to[i] = narrow(from[i]);
        if constexpr (aie_host::first) {
            for (unsigned i = 0; i < N; ++i) {
                if (static_cast<Narrow>(from[i]) != from[i])
                    aie_host::fail("pack of ", from[i], ": more than an 8-bit lane holds");
            }
        }
        return r;
    }

    // The following members are for the operations of the stand-in.
    const T* read() const
    {
        if (known_ != aie_host::ALL_LANES<N>)
            aie_host::fail("a vector of ", N, " lanes is read that were not all written");
        return lanes_;
    }
    const T* peek() const { return lanes_; }
    T* write() { return lanes_; }
    aie_host::lane_bits<N> known() const { return known_; }
    void set_known(aie_host::lane_bits<N> lanes) { known_ = lanes; }

private:
    using bits_type = aie_host::lane_bits<N>;

    alignas(sizeof(T) * N < 64 ? sizeof(T) * N : 64) T lanes_[N];
    bits_type known_ = 0;
};

// Bit i is lane i: aie_api aie_doc.hpp, Mask Initialization. It stays in a scalar register.
template <unsigned N>
class mask
{
    static_assert(N == 4 || N == 8 || N == 16 || N == 32 || N == 64, "no mask has these lanes");

public:
    static constexpr unsigned size() { return N; }

    static mask from_uint32(std::uint32_t bits)
        requires(N <= 32)
    {
        return mask(bits);
    }
    static mask from_uint64(std::uint64_t bits)
        requires(N <= 64)
    {
        return mask(bits);
    }

    bool test(unsigned i) const
    {
        aie_host::check_lane(i, N);
        return bits_ >> i & 1;
    }
    std::uint64_t bits() const { return bits_; }

private:
    explicit mask(std::uint64_t bits) : bits_(bits)
    {
        if constexpr (N < 64) {
            if (bits >> N != 0)
                aie_host::fail("mask of ", N, " lanes has bits beyond them: ", bits);
        }
    }
    std::uint64_t bits_;
};

} // namespace aie
