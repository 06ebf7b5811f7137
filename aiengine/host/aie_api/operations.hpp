// SPDX-License-Identifier: Apache-2.0
// Loads, stores, lane-wise operations, products and reductions.
#pragma once

#include "accum.hpp"

namespace aie_host
{

// aie_api aie_doc.hpp, vector alignment requirements, detail/ld_st.hpp, and UG1603, Alignment: an
// access of 128, 256 or 512 bits is aligned to its size, up to the widest there is. UG1079,
// Alignment, wants 128 bits for 256 of them on the first AI Engine: here they need 256 there too.
inline void check_aligned(const char* operation, const void* p, std::size_t bytes)
{
    const std::size_t need = bytes < MEMORY_BITS / 8 ? bytes : MEMORY_BITS / 8;
    const std::size_t off = reinterpret_cast<std::uintptr_t>(p) % need;
    if (off != 0)
        fail(operation, " of ", bytes, " bytes is ", off, " off its alignment to ", need);
}

// The first AI Engine widens 8-bit lanes to int16 and packs the result (aie_api aie1/add.hpp,
// aie1/max_min.hpp): kernels do better to widen once, and whether a sum wraps is not documented.
template <class T>
inline constexpr bool arithmetic_lanes = !first || sizeof(T) > 1;

// A lane of the result is known where both operands are.
template <class T, unsigned N, class Function>
aie::vector<T, N> lanewise(const aie::vector<T, N>& a, const aie::vector<T, N>& b, Function f)
{
    static_assert(arithmetic_lanes<T>, "no lane-wise operation on 8-bit lanes");
    note(kind::alu, issues(a.bits(), VECTOR_BITS));
    aie::vector<T, N> r{unwritten{}};
    const T* __restrict x = a.peek();
    const T* __restrict y = b.peek();
    T* __restrict to = r.write();
    for (unsigned i = 0; i < N; ++i)
        to[i] = f(x[i], y[i]);
    r.set_known(a.known() & b.known());
    return r;
}

// aie_api aie2/mul_acc32.hpp has one instruction for lanes of equal width, 8 or 16 bits, and
// unpacks int8 for a product with int16: kernels do that themselves. On the first AI Engine 8-bit
// products have no lane-wise form (UG1078, Simple MAC intrinsics). No kernel needs unsigned ones.
template <class T, class U>
inline constexpr bool product = std::same_as<T, U> && (std::same_as<T, std::int16_t> ||
                                                       (std::same_as<T, std::int8_t> && !first));

// aie_api aie_doc.hpp, default accumulator tags.
using default_accumulator = std::conditional_t<first, acc48, acc32>;

// Instructions of a reduction: one lane-wise operation for each register beyond the first, a shift
// and an operation for each halving, a move to a scalar (aie_api aie2/max_min_reduce.hpp,
// aie2/add_reduce.hpp); the first AI Engine shifts on the way (aie1/max_min_reduce.hpp).
template <class T>
constexpr unsigned reduction(unsigned lanes)
{
    const unsigned native = VECTOR_BITS / (sizeof(T) * 8);
    unsigned steps = 0;
    for (unsigned n = lanes < native ? lanes : native; n > 1; n /= 2)
        ++steps;
    return issues(lanes, native) - 1 + steps * (first ? 1 : 2) + 1;
}

} // namespace aie_host

namespace aie
{

// llvm-aie aiev2_defines.h, aie2p_defines.h and aie2ps_defines.h: AIE_VECTOR_LDST_ALIGN.
inline constexpr unsigned vector_decl_align = aie_host::MEMORY_BITS / 8;

template <unsigned N, class T>
vector<std::remove_const_t<T>, N> load_v(T* p)
{
    aie_host::check_aligned("load_v", p, N * sizeof(T));
    aie_host::note(aie_host::kind::load,
                   aie_host::issues(N * sizeof(T) * 8, aie_host::MEMORY_BITS));
    vector<std::remove_const_t<T>, N> r{aie_host::unwritten{}};
    std::memcpy(r.write(), p, N * sizeof(T));
    return r;
}

template <class T, unsigned N>
T* store_v(T* p, const vector<T, N>& v)
{
    aie_host::check_aligned("store_v", p, N * sizeof(T));
    aie_host::note(aie_host::kind::store, aie_host::issues(v.bits(), aie_host::MEMORY_BITS));
    std::memcpy(p, v.read(), N * sizeof(T));
    return p;
}

template <class T, unsigned N>
vector<T, N> broadcast(std::type_identity_t<T> value)
{
    vector<T, N> r{aie_host::unwritten{}};
    aie_host::note(aie_host::kind::move, aie_host::issues(r.bits(), aie_host::VECTOR_BITS));
    T* to = r.write();
    for (unsigned i = 0; i < N; ++i)
        to[i] = value;
    return r;
}

template <class T, unsigned N>
    requires std::integral<T>
vector<T, N> zeros()
{
    return broadcast<T, N>(0);
}

template <class Tag, unsigned N>
    requires(!std::integral<Tag>)
accum<Tag, N> zeros()
{
    constexpr unsigned bits = N * aie_host::accumulator_bits<Tag>;
    constexpr auto what = aie_host::first ? aie_host::kind::move : aie_host::kind::mac;
    aie_host::note(what, aie_host::issues(bits, aie_host::ACCUMULATOR_BITS));
    accum<Tag, N> r{aie_host::unwritten{}};
    std::memset(r.write(), 0, N * sizeof(typename accum<Tag, N>::lane));
    return r;
}

template <class T, unsigned N>
auto unpack(const vector<T, N>& v)
{
    return v.unpack();
}

template <class T, unsigned N, class... More>
    requires(std::same_as<vector<T, N>, More> && ...)
vector<T, N * (1 + sizeof...(More))> concat(const vector<T, N>& v, const More&... more)
{
    vector<T, N * (1 + sizeof...(More))> r;
    unsigned part = 0;
    r.insert(part++, v);
    (r.insert(part++, more), ...);
    return r;
}

template <class T, unsigned N>
vector<T, N> max(const vector<T, N>& a, const vector<T, N>& b)
{
    return aie_host::lanewise(a, b, [](T x, T y) { return x > y ? x : y; });
}

template <class T, unsigned N>
vector<T, N> min(const vector<T, N>& a, const vector<T, N>& b)
{
    return aie_host::lanewise(a, b, [](T x, T y) { return x < y ? x : y; });
}

// Sums and differences of lanes wrap, whatever the state of the tile: aie_api aie2/add.hpp, and
// UG1603, Vector Arithmetic Operations, which has aie::saturating_add beside them.
template <class T, unsigned N>
vector<T, N> add(const vector<T, N>& a, const vector<T, N>& b)
{
    using U = std::make_unsigned_t<T>;
    return aie_host::lanewise(
        a, b, [](T x, T y) { return static_cast<T>(static_cast<U>(x) + static_cast<U>(y)); });
}

template <class T, unsigned N>
vector<T, N> sub(const vector<T, N>& a, const vector<T, N>& b)
{
    using U = std::make_unsigned_t<T>;
    return aie_host::lanewise(
        a, b, [](T x, T y) { return static_cast<T>(static_cast<U>(x) - static_cast<U>(y)); });
}

template <class Tag, unsigned N>
accum<Tag, N> add(const accum<Tag, N>& a, const accum<Tag, N>& b)
{
    constexpr unsigned bits = N * aie_host::accumulator_bits<Tag>;
    aie_host::note(aie_host::kind::mac, aie_host::issues(bits, aie_host::ACCUMULATOR_BITS));
    accum<Tag, N> r{aie_host::unwritten{}};
    const auto* __restrict x = a.read();
    const auto* __restrict y = b.read();
    aie_host::add_lanes<Tag, N>(
        r.write(), "add", [=](unsigned i) { return x[i]; }, [=](unsigned i) { return y[i]; });
    return r;
}

// b where the bit of a lane is set, else a: aie_api aie.hpp, select. The first AI Engine unpacks,
// selects and packs 8-bit lanes (aie_api aie1/blend.hpp).
template <class T, unsigned N>
vector<T, N> select(const vector<T, N>& a, const vector<T, N>& b, const mask<N>& m)
{
    constexpr unsigned factor = aie_host::first && sizeof(T) == 1 ? 4 : 1;
    aie_host::note(aie_host::kind::alu, factor * aie_host::issues(a.bits(), aie_host::VECTOR_BITS));
    vector<T, N> r{aie_host::unwritten{}};
    const T* __restrict x = a.peek();
    const T* __restrict y = b.peek();
    T* __restrict to = r.write();
    const std::uint64_t bits = m.bits();
    for (unsigned i = 0; i < N; ++i)
        to[i] = bits >> i & 1 ? y[i] : x[i];
    const aie_host::lane_bits<N> taken = bits;
    r.set_known((a.known() & ~taken) | (b.known() & taken));
    return r;
}

// out[i] = v[i + n]; the n highest lanes are undefined: aie_api aie.hpp, shuffle_down.
template <class T, unsigned N>
vector<T, N> shuffle_down(const vector<T, N>& v, unsigned n)
{
    aie_host::check_lane(n, N);
    aie_host::note(aie_host::kind::move, aie_host::issues(v.bits(), aie_host::VECTOR_BITS));
    vector<T, N> r;
    std::memcpy(r.write(), v.peek() + n, sizeof(T) * (N - n));
    r.set_known(v.known() >> n);
    return r;
}

template <class T, unsigned N>
T reduce_max(const vector<T, N>& v)
{
    aie_host::note(aie_host::kind::reduce, aie_host::reduction<T>(N));
    const T* x = v.read();
    T r = x[0];
    for (unsigned i = 1; i < N; ++i)
        r = x[i] > r ? x[i] : r;
    return r;
}

// Returns the lane type (aie_api aie.hpp, reduce_add), in which the sum wraps. Which lanes are
// added first is the header's business, so that no partial sum may leave the type. 8-bit and 16-bit
// lanes are not offered: their sum goes through an accumulator and the saturation of the tile.
template <class T, unsigned N>
    requires(sizeof(T) == 4)
T reduce_add(const vector<T, N>& v)
{
    aie_host::note(aie_host::kind::reduce, aie_host::reduction<T>(N));
    const T* x = v.read();
    std::int64_t positive = 0;
    std::int64_t negative = 0;
    for (unsigned i = 0; i < N; ++i)
        (x[i] < 0 ? negative : positive) += x[i];
    if (positive > std::numeric_limits<T>::max() || negative < std::numeric_limits<T>::min())
        aie_host::fail("reduce_add of lanes whose sums reach ", negative, " and ", positive,
                       ": more than 32 bits");
    return static_cast<T>(positive + negative);
}

template <class Tag = aie_host::default_accumulator, class T, class U, unsigned N>
accum<Tag, N> mul(const vector<T, N>& a, const vector<U, N>& b)
{
    static_assert(aie_host::product<T, U>, "no instruction multiplies these lanes");
    aie_host::note(aie_host::kind::mac, aie_host::issues(N, aie_host::PRODUCT_LANES));
    accum<Tag, N> r{aie_host::unwritten{}};
    const T* __restrict x = a.read();
    const U* __restrict y = b.read();
    auto* __restrict to = r.write();
    for (unsigned i = 0; i < N; ++i)
        to[i] = std::int32_t{x[i]} * y[i];
    return r;
}

template <class Tag, class T, class U, unsigned N>
accum<Tag, N> mac(const accum<Tag, N>& sum, const vector<T, N>& a, const vector<U, N>& b)
{
    static_assert(aie_host::product<T, U>, "no instruction multiplies these lanes");
    aie_host::note(aie_host::kind::mac, aie_host::issues(N, aie_host::PRODUCT_LANES));
    accum<Tag, N> r{aie_host::unwritten{}};
    const auto* __restrict s = sum.read();
    const T* __restrict x = a.read();
    const U* __restrict y = b.read();
    aie_host::add_lanes<Tag, N>(
        r.write(), "mac", [=](unsigned i) { return s[i]; },
        [=](unsigned i) { return std::int32_t{x[i]} * y[i]; });
    return r;
}

} // namespace aie
