// SPDX-License-Identifier: Apache-2.0
// Stand-in for the vendor's <adf.h> with the part that aiengine/graph uses. A graph is built as on
// a device. run() calls its kernels one after the other; each reads from and writes to the text
// files of its PLIOs, 128 bits a line (UG1076, TXT File Format). Omissions and errors of the graph
// throw: a port without a connection, a file that is too short, a parameter that was never updated.
//
// Follows: UG1079 and UG1603, "Buffer Port Attributes and API" (sizes from the extents of the
// kernel or dimensions()), "Specifying Runtime Data Parameters" (array parameters, async: kept
// until the next update), "input_plio/output_plio".
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <fstream>
#include <functional>
#include <initializer_list>
#include <memory>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "adf_ports.hpp"

using int8 = int8_t;
using int32 = int32_t;

namespace adf
{

class graph_error : public std::runtime_error
{
    using std::runtime_error::runtime_error;
};

inline constexpr unsigned PLIO_BYTES = 16;

struct kernel_state {
    std::vector<port_reference> in;
    std::vector<port_reference> out;
    std::string source;
    double ratio = 0;
    std::function<void()> call;
};

// All kernels of the program, which has one graph.
inline std::vector<std::shared_ptr<kernel_state>>& all_kernels()
{
    static std::vector<std::shared_ptr<kernel_state>> kernels;
    return kernels;
}

class kernel
{
public:
    std::vector<port_reference> in;
    std::vector<port_reference> out;
    std::shared_ptr<kernel_state> state;

    template <class... Arguments>
    static kernel create(void (*function)(Arguments...))
    {
        const std::vector<port_reference> ports{
            std::make_shared<port_state>(detail::argument<Arguments>::make())...};
        kernel made;
        for (const port_reference& port : ports)
            (port->what == port_state::kind::output_buffer ? made.out : made.in).push_back(port);
        made.state = std::make_shared<kernel_state>();
        made.state->in = made.in;
        made.state->out = made.out;
        made.state->call = [=] {
            invoke(function, ports, std::index_sequence_for<Arguments...>());
        };
        all_kernels().push_back(made.state);
        return made;
    }

private:
    template <class... Arguments, size_t... I>
    static void invoke(void (*function)(Arguments...), const std::vector<port_reference>& ports,
                       std::index_sequence<I...>)
    {
        function(detail::argument<Arguments>(*ports[I]).get()...);
    }
};

enum plio_type { plio_128_bits };

struct plio_end {
    std::string file;
};

struct input_plio {
    std::vector<plio_end> out;
    static input_plio create(const std::string&, plio_type, const std::string& file)
    {
        return {{{file}}};
    }
};

struct output_plio {
    std::vector<plio_end> in;
    static output_plio create(const std::string&, plio_type, const std::string& file)
    {
        return {{{file}}};
    }
};

// Global memory exists on a board only: a graph with these ports compiles here, but cannot run.
struct input_gmio {
    std::vector<plio_end> out;
    static input_gmio create(const std::string&, size_t, size_t) { return {{{""}}}; }
};

struct output_gmio {
    std::vector<plio_end> in;
    static output_gmio create(const std::string&, size_t, size_t) { return {{{""}}}; }
};

struct input {};
struct ratio {};
struct parameter {};

// A parameter of the graph, connected to a parameter of a kernel.
template <class Direction>
class port
{
public:
    port_reference to;
};

struct asynchronous {
    port_reference to;
};

inline asynchronous async(const port_reference& to)
{
    return {to};
}

template <class What = void>
void connect(const plio_end& from, const port_reference& to)
{
    static_assert(std::is_void_v<What>);
    if (to->what != port_state::kind::input_buffer)
        throw graph_error("an input is connected to what is no input buffer");
    to->file = from.file;
}

template <class What = void>
void connect(const port_reference& from, const plio_end& to)
{
    static_assert(std::is_void_v<What>);
    if (from->what != port_state::kind::output_buffer)
        throw graph_error("an output is connected to what is no output buffer");
    from->file = to.file;
}

template <class What>
void connect(port<input>& from, const asynchronous& to)
{
    static_assert(std::is_same_v<What, parameter>);
    if (to.to->what != port_state::kind::parameter)
        throw graph_error("a parameter is connected to what is no parameter");
    from.to = to.to;
}

inline std::string& source(const kernel& k)
{
    return k.state->source;
}

template <class What>
double& runtime(const kernel& k)
{
    static_assert(std::is_same_v<What, ratio>);
    return k.state->ratio;
}

struct dimension {
    port_reference to;
    void operator=(std::initializer_list<unsigned> sizes) const
    {
        if (sizes.size() != 1 || *sizes.begin() != to->elements)
            throw graph_error("dimensions() and the kernel's extents differ");
        to->given = true;
    }
};

inline dimension dimensions(const port_reference& to)
{
    return {to};
}

class graph
{
public:
    void init() const {}
    void end() const {}

    template <class T>
    void update(const port<input>& parameter, const T* values, size_t count) const
    {
        port_state& state = *parameter.to;
        if (count != state.elements || sizeof(T) != state.element_bytes)
            throw graph_error("update() has not the whole array of the parameter");
        std::memcpy(state.bytes.get(), values, state.size());
        state.given = true;
    }

    // Calls every kernel `count` times.
    void run(int count) const
    {
        for (const auto& k : all_kernels()) {
            if (k->source.empty() || k->ratio <= 0)
                throw graph_error("a kernel has no source or no runtime ratio");
            run_kernel(*k, count);
        }
    }

private:
    static void run_kernel(const kernel_state& k, int count)
    {
        std::vector<std::ifstream> inputs;
        std::vector<std::ofstream> outputs;
        for (const port_reference& port : k.in) {
            if (!port->given)
                throw graph_error("an input of a kernel has no size or no value");
            if (port->what == port_state::kind::input_buffer)
                inputs.emplace_back(connected(*port));
        }
        for (const port_reference& port : k.out)
            outputs.emplace_back(connected(*port));
        for (int i = 0; i < count; ++i) {
            auto input = inputs.begin();
            for (const port_reference& port : k.in)
                if (port->what == port_state::kind::input_buffer)
                    read(*port, *input++);
            k.call();
            auto output = outputs.begin();
            for (const port_reference& port : k.out)
                write(*port, *output++);
        }
    }

    static const std::string& connected(const port_state& port)
    {
        if (port.file.empty() || !port.given)
            throw graph_error("a buffer of a kernel has no connection or no size");
        return port.file;
    }

    static void read(port_state& port, std::ifstream& file)
    {
        for (size_t i = 0; i < port.elements; ++i) {
            long long value;
            if (!(file >> value))
                throw graph_error(port.file + " ends before its last call");
            std::memcpy(port.bytes.get() + i * port.element_bytes, &value, port.element_bytes);
        }
    }

    static void write(const port_state& port, std::ofstream& file)
    {
        const size_t per_line = PLIO_BYTES / port.element_bytes;
        for (size_t i = 0; i < port.elements; ++i) {
            const std::byte* at = port.bytes.get() + i * port.element_bytes;
            unsigned long long bits = 0;
            std::memcpy(&bits, at, port.element_bytes);
            const int unused = 64 - 8 * int(port.element_bytes);
            const long long value = port.element_signed
                                        ? static_cast<long long>(bits << unused) >> unused
                                        : static_cast<long long>(bits);
            file << value << (i % per_line == per_line - 1 ? '\n' : ' ');
        }
    }
};

} // namespace adf
