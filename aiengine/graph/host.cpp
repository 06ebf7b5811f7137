// SPDX-License-Identifier: Apache-2.0
// Runs the graph on a board on the folder that `surmax aie plio` has written, and compares the
// codes. libadf.a must be built with SURMAX_GMIO.
//
//   host XCLBIN FOLDER
//
// Prints rows and mismatches. The exit code is 0 without a mismatch, 1 otherwise, 2 on bad input.

#include "design.hpp"
#include <cstring>
#include <exception>
#include <fstream>
#include <iostream>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>
#include <xrt/xrt_aie.h>
#include <xrt/xrt_bo.h>
#include <xrt/xrt_device.h>
#include <xrt/xrt_graph.h>

namespace
{

namespace design = surmax::design;

std::vector<char> read_file(const std::string& path, size_t bytes)
{
    std::ifstream file(path, std::ios::binary);
    std::vector<char> content(bytes);
    if (!file.read(content.data(), std::streamsize(bytes)) || file.peek() != EOF)
        throw std::runtime_error(path + " has not the " + std::to_string(bytes) +
                                 " bytes that the graph moves");
    return content;
}

struct Tile {
    xrt::aie::bo scores, records, codes;
    std::vector<char> expected;
};

int run(const std::string& xclbin, const std::string& folder)
{
    constexpr size_t calls = design::CALLS;
    constexpr size_t score_bytes = calls * design::ELEMENTS;
    constexpr size_t record_bytes = calls * design::RECORDS * sizeof(int32_t);
    constexpr size_t code_bytes = calls * design::ELEMENTS * sizeof(design::code_t);

    xrt::device device(0);
    const auto uuid = device.load_xclbin(xclbin);
    xrt::graph graph(device, uuid, "surmax_graph");
    const auto buffer = [&](size_t bytes) {
        return xrt::aie::bo(device, bytes, xrt::bo::flags::normal, 0);
    };
    const auto filled = [&](const std::string& name, size_t bytes) {
        auto bo = buffer(bytes);
        std::memcpy(bo.map<char*>(), read_file(folder + "/" + name, bytes).data(), bytes);
        return bo;
    };
    const auto port = [](const char* name, unsigned k) {
        return "surmax_graph." + std::string(name) + "[" + std::to_string(k) + "]";
    };

    std::vector<Tile> tiles;
    for (unsigned k = 0; k < design::KERNELS; ++k) {
        const std::string number = std::to_string(k) + ".bin";
        tiles.push_back({filled("scores_" + number, score_bytes),
                         filled("records_" + number, record_bytes), buffer(code_bytes),
                         read_file(folder + "/codes_" + number, code_bytes)});
#if defined(SURMAX_FORM)
        graph.update(port("tiles", k) + ".in[2]", design::HEAD_WORDS);
#endif
    }
    for (unsigned k = 0; k < design::KERNELS; ++k) {
        tiles[k].scores.async(port("scores", k), XCL_BO_SYNC_BO_GMIO_TO_AIE, score_bytes, 0);
        tiles[k].records.async(port("records", k), XCL_BO_SYNC_BO_GMIO_TO_AIE, record_bytes, 0);
    }
    graph.run(int(calls));
    std::vector<xrt::bo::async_handle> pending;
    for (unsigned k = 0; k < design::KERNELS; ++k)
        pending.push_back(
            tiles[k].codes.async(port("codes", k), XCL_BO_SYNC_BO_AIE_TO_GMIO, code_bytes, 0));
    for (auto& one : pending)
        one.wait();
    graph.end();

    size_t wrong = 0;
    for (Tile& tile : tiles) {
        const auto* got = tile.codes.map<const design::code_t*>();
        const auto* wanted = reinterpret_cast<const design::code_t*>(tile.expected.data());
        for (size_t i = 0; i < calls * design::ELEMENTS; ++i)
            wrong += got[i] != wanted[i];
    }
    std::cout << calls * design::KERNELS * design::ROWS << " rows on " << design::KERNELS
              << " tiles, " << wrong << " mismatches\n";
    return wrong != 0;
}

} // namespace

int main(int argc, char** argv)
{
    if (argc != 3) {
        std::cerr << "usage: host XCLBIN FOLDER\n";
        return 2;
    }
    try {
        return run(argv[1], argv[2]);
    } catch (const std::exception& error) {
        std::cerr << error.what() << "\n";
        return 2;
    }
}
