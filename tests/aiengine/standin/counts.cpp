// SPDX-License-Identifier: Apache-2.0
// A tiny kernel, and what the ledger says of it.
#include <aie_api/aie.hpp>
#include <cstdio>

using namespace aie;

int main()
{
    using tag = aie_host::default_accumulator;
    alignas(64) static int16_t in[64];
    alignas(64) static int16_t out[64];
    std::printf("%s\n", aie_host::ledger_json().c_str());
    set_rounding(rounding_mode::floor);
    set_saturation(saturation_mode::saturate);
    load_v<8>(in);
    {
        const aie_host::section outer("outer");
        const auto a = load_v<64>(in);
        {
            const aie_host::section inner("inner");
            const auto sum = mac(mul(a, a), a, broadcast<int16_t, 64>(3));
            store_v(out, sum.to_vector<int16_t>(4));
        }
        const auto low = a.extract<32>(0);
        const auto kept = select(max(low, low), zeros<int16_t, 32>(), mask<32>::from_uint32(5));
        aie_host::counted top = reduce_max(kept);
        top = (top + 5) * top - (top << 2) + (top >> 1);
        if (top < aie_host::counted(1))
            top = aie_host::counted(1000) / (top + 7);
        clb(top);
        accum<tag, 32>(low).to_vector<int32_t>();
        accum<tag, 32>(zeros<int32_t, 32>());
        low.pack().unpack();
        zeros<tag, 32>();
    }
    std::printf("%s\n", aie_host::ledger_json().c_str());
    aie_host::reset_ledger();
    std::printf("%s\n", aie_host::ledger_json().c_str());
}
