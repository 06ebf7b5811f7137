// SPDX-License-Identifier: Apache-2.0
// The graph: design::KERNELS tiles side by side, each with rows of its own and without connections
// to other tiles. Tile k reads scores_<k>.txt and records_<k>.txt, which `surmax aie plio` writes,
// and writes codes_<k>.txt, which `surmax aie compare` compares. On a board the data comes through
// the PLIOs of these names, or with SURMAX_GMIO through the GMIOs.
#pragma once

#include "kernel.hpp"
#include <string>

class SurmaxGraph : public adf::graph
{
public:
    static constexpr unsigned KERNELS = surmax::design::KERNELS;

#if defined(SURMAX_GMIO)
    adf::input_gmio scores[KERNELS];
    adf::input_gmio records[KERNELS];
    adf::output_gmio codes[KERNELS];
#else
    adf::input_plio scores[KERNELS];
    adf::input_plio records[KERNELS];
    adf::output_plio codes[KERNELS];
#endif
#if defined(SURMAX_FORM)
    adf::port<adf::input> heads[KERNELS];
#endif

    SurmaxGraph()
    {
        for (unsigned k = 0; k < KERNELS; ++k) {
            const std::string number = std::to_string(k);
#if defined(SURMAX_GMIO)
            // Bursts of 256 bytes; the bandwidth asked for in MB/s is a hint for the placement.
            scores[k] = adf::input_gmio::create("scores_" + number, 256, 1000);
            records[k] = adf::input_gmio::create("records_" + number, 256, 100);
            codes[k] = adf::output_gmio::create("codes_" + number, 256, 1000);
#else
            const auto file = [&](const char* name) { return name + number + ".txt"; };
            scores[k] =
                adf::input_plio::create("scores_" + number, adf::plio_128_bits, file("scores_"));
            records[k] =
                adf::input_plio::create("records_" + number, adf::plio_128_bits, file("records_"));
            codes[k] =
                adf::output_plio::create("codes_" + number, adf::plio_128_bits, file("codes_"));
#endif
            tiles[k] = adf::kernel::create(surmax_kernel);
            adf::source(tiles[k]) = "kernel.cpp";
            adf::runtime<adf::ratio>(tiles[k]) = 0.9;
            adf::connect<>(scores[k].out[0], tiles[k].in[0]);
            adf::connect<>(records[k].out[0], tiles[k].in[1]);
            adf::connect<>(tiles[k].out[0], codes[k].in[0]);
            adf::dimensions(tiles[k].in[0]) = {surmax::design::ELEMENTS};
            adf::dimensions(tiles[k].in[1]) = {surmax::design::RECORDS};
            adf::dimensions(tiles[k].out[0]) = {surmax::design::ELEMENTS};
#if defined(SURMAX_FORM)
            adf::connect<adf::parameter>(heads[k], adf::async(tiles[k].in[2]));
#endif
        }
    }

private:
    adf::kernel tiles[KERNELS];
};
