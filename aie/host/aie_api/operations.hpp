// SPDX-License-Identifier: Apache-2.0
// Loads, stores, lane-wise operations, products and reductions.
#pragma once

#include "accum.hpp"

#include <bit>

namespace aie_host {

inline void check_aligned(const void *p, std::size_t bytes, const char *operation) {
    const std::size_t need = bytes < 32 ? bytes : 32;
    if (const std::size_t off = reinterpret_cast<std::uintptr_t>(p) % need; off != 0) {
        fail(operation, " of ", bytes, " bytes, ", off, " bytes off an alignment of ", need);
    }
}

template <class T, unsigned N, class F>
aie::vector<T, N> lanewise(const aie::vector<T, N> &a, const aie::vector<T, N> &b, F f) {
    const T *x = a.read();
    const T *y = b.read();
    aie::vector<T, N> r;
    T *to = r.write();
    for (unsigned i = 0; i < N; ++i) {
        to[i] = f(x[i], y[i]);
    }
    return r;
}

using default_acc = std::conditional_t<first, acc48, acc32>;

template <class Tag, class T, class U>
inline constexpr bool product = first ? std::same_as<Tag, acc48> && sizeof(T) == 2 && sizeof(U) == 2
                                      : std::same_as<Tag, acc32> && sizeof(T) == sizeof(U) && sizeof(T) <= 2;

} // namespace aie_host

namespace aie {

inline constexpr unsigned vector_decl_align = aie_host::second ? 64 : 32;

template <unsigned N, class T> vector<std::remove_const_t<T>, N> load_v(T *p) {
    aie_host::check_aligned(p, N * sizeof(T), "load_v");
    vector<std::remove_const_t<T>, N> r;
    std::memcpy(r.write(), p, N * sizeof(T));
    return r;
}
template <class T, unsigned N> void store_v(T *p, const vector<T, N> &v) {
    aie_host::check_aligned(p, N * sizeof(T), "store_v");
    std::memcpy(p, v.read(), N * sizeof(T));
}

template <class T, unsigned N> vector<T, N> broadcast(std::type_identity_t<T> x) {
    vector<T, N> r;
    T *to = r.write();
    for (unsigned i = 0; i < N; ++i) {
        to[i] = x;
    }
    return r;
}
template <class T, unsigned N> vector<T, N> zeros() { return broadcast<T, N>(T{0}); }

template <class T, unsigned N> auto unpack(const vector<T, N> &v) { return v.unpack(); }
template <class T, unsigned N> auto pack(const vector<T, N> &v) { return v.pack(); }

template <class T, unsigned N, class... More> auto concat(const vector<T, N> &v, const More &...more) {
    vector<T, N *(1 + sizeof...(More))> r;
    unsigned part = 0;
    r.insert(part++, v);
    (r.insert(part++, more), ...);
    return r;
}

template <class T, unsigned N> vector<T, N> max(const vector<T, N> &a, const vector<T, N> &b) {
    return aie_host::lanewise(a, b, [](T x, T y) { return x > y ? x : y; });
}
template <class T, unsigned N> vector<T, N> min(const vector<T, N> &a, const vector<T, N> &b) {
    return aie_host::lanewise(a, b, [](T x, T y) { return x < y ? x : y; });
}
template <class T, unsigned N> vector<T, N> add(const vector<T, N> &a, const vector<T, N> &b) {
    using U = std::make_unsigned_t<T>;
    return aie_host::lanewise(a, b, [](T x, T y) { return static_cast<T>(static_cast<U>(static_cast<U>(x) + static_cast<U>(y))); });
}
template <class T, unsigned N> vector<T, N> sub(const vector<T, N> &a, const vector<T, N> &b) {
    using U = std::make_unsigned_t<T>;
    return aie_host::lanewise(a, b, [](T x, T y) { return static_cast<T>(static_cast<U>(static_cast<U>(x) - static_cast<U>(y))); });
}

template <class T, unsigned N> vector<T, N> select(const vector<T, N> &a, const vector<T, N> &b, const mask<N> &m) {
    const T *x = a.read();
    const T *y = b.read();
    vector<T, N> r;
    T *to = r.write();
    for (unsigned i = 0; i < N; ++i) {
        to[i] = m.test(i) ? y[i] : x[i];
    }
    return r;
}

template <class T, unsigned N> vector<T, N> shuffle_down(const vector<T, N> &v, unsigned n) {
    aie_host::check_lane(n, N);
    const T *from = v.read();
    vector<T, N> r;
    for (unsigned i = 0; i + n < N; ++i) {
        r.set(from[i + n], i);
    }
    return r;
}

template <class T, unsigned N> T reduce_max(const vector<T, N> &v) {
    const T *x = v.read();
    T r = x[0];
    for (unsigned i = 1; i < N; ++i) {
        r = x[i] > r ? x[i] : r;
    }
    return r;
}
template <class T, unsigned N> T reduce_add(const vector<T, N> &v) {
    const T *x = v.read();
    std::int64_t sum = 0;
    for (unsigned i = 0; i < N; ++i) {
        sum += x[i];
    }
    if (sum < std::numeric_limits<T>::min() || sum > std::numeric_limits<T>::max()) {
        aie_host::fail("reduce_add gives ", sum, ": more than its lane type holds");
    }
    return static_cast<T>(sum);
}

template <class Tag = aie_host::default_acc, class T, class U, unsigned N>
accum<Tag, N> mul(const vector<T, N> &a, const vector<U, N> &b) {
    static_assert(aie_host::product<Tag, T, U>, "a product that the device has not");
    using lane = aie_host::acc_lane<Tag>;
    const T *x = a.read();
    const U *y = b.read();
    accum<Tag, N> r;
    lane *to = r.write();
    for (unsigned i = 0; i < N; ++i) {
        to[i] = lane{x[i]} * lane{y[i]};
    }
    return r;
}
template <class Tag, class T, class U, unsigned N>
accum<Tag, N> mac(const accum<Tag, N> &sum, const vector<T, N> &a, const vector<U, N> &b) {
    static_assert(aie_host::product<Tag, T, U>, "a product that the device has not");
    using lane = aie_host::acc_lane<Tag>;
    const lane *s = sum.read();
    const T *x = a.read();
    const U *y = b.read();
    accum<Tag, N> r;
    lane *to = r.write();
    for (unsigned i = 0; i < N; ++i) {
        const std::int64_t value = std::int64_t{s[i]} + std::int64_t{x[i]} * y[i];
        if (!aie_host::fits<Tag>(value)) {
            aie_host::fail("mac gives ", value, ": more than ", aie_host::acc_bits<Tag>, " bits hold");
        }
        to[i] = static_cast<lane>(value);
    }
    return r;
}

} // namespace aie

// Count of leading zeros of a non-negative int.
inline int clb(int x) {
    if (x < 0) {
        aie_host::fail("clb of ", x, ": its count for a negative value is of leading ones");
    }
    return std::countl_zero(static_cast<unsigned>(x));
}
