// SPDX-License-Identifier: Apache-2.0
// Part of the stand-in for <adf.h>: the ports of a kernel, the buffers and parameters behind them,
// and the arguments that a kernel function gets from them.
#pragma once

#include <cstddef>
#include <memory>
#include <new>
#include <string>
#include <type_traits>

namespace adf
{

// A port of a kernel: its buffer, or the value of its parameter.
struct port_state {
    enum class kind { input_buffer, output_buffer, parameter };
    // Alignment of a buffer, more than any access needs.
    static constexpr std::align_val_t ALIGNMENT{64};
    struct release {
        void operator()(std::byte* p) const { ::operator delete[](p, ALIGNMENT); }
    };

    kind what;
    size_t element_bytes;
    bool element_signed;
    size_t elements;
    bool given = false; // a parameter: updated once; a buffer: sized by the graph
    std::unique_ptr<std::byte[], release> bytes;
    std::string file;

    port_state(kind k, size_t size, bool is_signed, size_t count)
        : what(k), element_bytes(size), element_signed(is_signed), elements(count),
          bytes(static_cast<std::byte*>(::operator new[](size * count, ALIGNMENT)))
    {
    }
    size_t size() const { return element_bytes * elements; }
};

using port_reference = std::shared_ptr<port_state>;

template <unsigned N>
struct extents {
    static constexpr unsigned count = N;
};

template <class T, class Extents>
class input_buffer
{
public:
    using value_type = T;
    static constexpr size_t elements = Extents::count;
    explicit input_buffer(port_state& port) : state(port) {}
    const T* data() const { return reinterpret_cast<const T*>(state.bytes.get()); }

private:
    port_state& state;
};

template <class T, class Extents>
class output_buffer
{
public:
    using value_type = T;
    static constexpr size_t elements = Extents::count;
    explicit output_buffer(port_state& port) : state(port) {}
    T* data() { return reinterpret_cast<T*>(state.bytes.get()); }

private:
    port_state& state;
};

namespace detail
{

// The kind of port for each type of a kernel's arguments, and the argument made from a port.
template <class Argument>
struct argument;

template <class T, class E>
struct argument<input_buffer<T, E>&> {
    static port_state make()
    {
        return {port_state::kind::input_buffer, sizeof(T), std::is_signed_v<T>, E::count};
    }
    input_buffer<T, E> value;
    explicit argument(port_state& port) : value(port) {}
    input_buffer<T, E>& get() { return value; }
};

template <class T, class E>
struct argument<output_buffer<T, E>&> {
    static port_state make()
    {
        return {port_state::kind::output_buffer, sizeof(T), std::is_signed_v<T>, E::count};
    }
    output_buffer<T, E> value;
    explicit argument(port_state& port) : value(port) {}
    output_buffer<T, E>& get() { return value; }
};

template <class T, size_t N>
struct argument<const T (&)[N]> {
    static port_state make()
    {
        return {port_state::kind::parameter, sizeof(T), std::is_signed_v<T>, N};
    }
    port_state& state;
    explicit argument(port_state& port) : state(port) {}
    const T (&get()) [N] { return *reinterpret_cast<const T(*)[N]>(state.bytes.get()); }
};

} // namespace detail

} // namespace adf
