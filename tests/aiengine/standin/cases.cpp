// SPDX-License-Identifier: Apache-2.0
// What the stand-in computes and what it refuses, printed for test_aie_standin.py to judge.
#include <aie_api/aie.hpp>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <vector>

namespace
{

using namespace aie;
using mode = rounding_mode;
using limit = saturation_mode;
using tag = std::conditional_t<aie_host::first, acc48, acc32>;
constexpr bool FIRST = aie_host::first;

alignas(64) int8_t bytes[256];
alignas(64) int16_t words[256];
alignas(64) int32_t longs[256];

template <class T, unsigned N>
void print(const char* name, const vector<T, N>& v)
{
    std::printf("%s:", name);
    for (unsigned i = 0; i < N; ++i)
        std::printf(" %d", static_cast<int>(v.get(i)));
    std::printf("\n");
}

void set_modes(mode rounding, limit saturation)
{
    set_rounding(rounding);
    set_saturation(saturation);
}

// values: 32-bit integers from the standard input, one to_vector for each type, mode and shift.
template <class T>
void convert(const char* name, const std::vector<int32_t>& values)
{
    for (int saturation = 0; saturation < 3; ++saturation) {
        for (int rounding = 0; rounding < 8; ++rounding) {
            for (const int shift : {0, 1, 2, 7, 15, 30, 31, 32, 47}) {
                set_modes(mode(rounding), limit(saturation));
                std::printf("%s %d %d %d", name, saturation, rounding, shift);
                for (std::size_t at = 0; at < values.size(); at += 32) {
                    alignas(64) int32_t part[32];
                    std::memcpy(part, values.data() + at, sizeof part);
                    accum<tag, 32> sum;
                    sum.from_vector(load_v<32>(part));
                    const auto v = sum.template to_vector<T>(shift);
                    for (unsigned i = 0; i < 32; ++i)
                        std::printf(" %d", static_cast<int>(v.get(i)));
                }
                std::printf("\n");
            }
        }
    }
}

void conversions()
{
    std::vector<int32_t> values;
    for (int32_t value; std::scanf("%d", &value) == 1;)
        values.push_back(value);
    convert<int8_t>("int8", values);
    convert<uint8_t>("uint8", values);
    convert<int16_t>("int16", values);
#if __AIE_ARCH__ == 10
    convert<int32_t>("int32", values);
#else
    convert<uint16_t>("uint16", values);
#endif
}

void fill()
{
    for (int i = 0; i < 256; ++i) {
        bytes[i] = static_cast<int8_t>(i * i * 29 + i * 113 + 128);
        words[i] = static_cast<int16_t>(i * i * 4099 + i * 30011 + 32768);
        longs[i] = static_cast<int32_t>(static_cast<uint32_t>(i) * 16777259u);
    }
}

void values()
{
    fill();
    set_modes(mode::floor, limit::saturate);
    const auto a = load_v<32>(words);
    const auto b = load_v<32>(words + 96);
    print("words a", a);
    print("words b", b);
    print("max", max(a, b));
    print("min", min(a, b));
    print("add", add(a, b));
    print("sub", sub(a, b));
    const auto odd = mask<32>::from_uint32(0xaaaaaaaa);
    print("select", select(a, b, odd));
    print("concat", concat(a, b));
    print("extract", concat(a, b).extract<16>(3));
    auto mixed = a;
    mixed.insert(1, b.extract<16>(0));
    mixed.set(77, 5);
    print("insert", mixed);
    print("broadcast", broadcast<int16_t, 8>(-5));
    print("zeros", zeros<int16_t, 8>());
    const auto x = load_v<32>(bytes);
    print("bytes x", x);
    print("unpack", unpack(x));
    print("cast", x.cast_to<uint8_t>());
    print("unpack unsigned", unpack(x.cast_to<uint8_t>()));
#if __AIE_ARCH__ != 10
    const auto y = load_v<32>(bytes + 64);
    print("bytes y", y);
    print("sub bytes", sub(x.cast_to<uint8_t>(), y.cast_to<uint8_t>()));
    print("max bytes", max(x, y));
    print("min unsigned", min(x.cast_to<uint8_t>(), y.cast_to<uint8_t>()));
    print("mac bytes", mac(mul(x, y), x, x).to_vector<int32_t>());
    print("pack", a.pack());
    print("pack unsigned", a.cast_to<uint16_t>().pack());
    set_saturation(limit::none);
    print("pack truncated", a.pack());
#endif
    set_saturation(limit::saturate);
    print("mul", mul(a, a).to_vector<int32_t>());
    print("mac", mac(zeros<tag, 32>(), a, b).to_vector<int32_t>());
    print("add accumulators", add(mul(a, a), mul(b, a)).to_vector<int16_t>(18));
    const auto c = load_v<32>(longs + 96);
    print("longs", c);
    print("from_vector", accum<tag, 32>(unpack(x), 4).to_vector<int32_t>());
    const auto down = shuffle_down(a, 3);
    std::printf("shuffle_down: %d %d\n", down.get(0), down.get(28));
    const auto shifted = accum<tag, 32>(unpack(x), 4).to_vector<int32_t>();
    std::printf("reduce: %d %d %d\n", reduce_max(a), reduce_max(c), reduce_add(shifted));
    std::printf("clb: %u %u %u\n", clb(1), clb(0x12345), clb(0x7fffffff));
    // A lane that nobody wrote stays so through an operation, and the others stay known.
    const auto tainted = max(a, shuffle_down(b, 16));
    std::printf("partly known: %d\n", tainted.get(15));
    std::printf("state: %d %d\n", get_rounding() == mode::floor,
                get_saturation() == limit::saturate);
}

#if __AIE_ARCH__ != 10

constexpr unsigned ROW = __AIE_ARCH__ == 20 ? 8 : 16;
alignas(64) uint16_t ab[512];
alignas(64) uint16_t cd[512];
using table_type = lut<4, uint16_t>;
using lookup_type = parallel_lookup<uint8_t, table_type, lut_oor_policy::truncate>;

void fill_tables()
{
    for (unsigned i = 0; i < 256; ++i) {
        const unsigned at = i / ROW * 2 * ROW + i % ROW;
        ab[at] = ab[at + ROW] = cd[at] = cd[at + ROW] = static_cast<uint16_t>(i * 257 + 3);
    }
}

void lookups()
{
    fill();
    fill_tables();
    set_modes(mode::floor, limit::none);
    lookup_type whole(table_type(256, ab, cd));
    lookup_type quarter(table_type(64, ab, cd), 0);
    const auto index = load_v<32>(bytes).cast_to<uint8_t>();
    print("index", index);
    print("whole", whole.fetch(index));
    print("quarter", quarter.fetch(index.extract<16>(1)));
}

#else

void lookups() {}

#endif

template <class Function>
void refuse(const char* name, Function function)
{
    aie_host::reset();
    try {
        function();
        std::printf("%s: nothing\n", name);
    } catch (const aie_host::violation& violation) {
        std::printf("%s: %s\n", name, violation.what());
    }
}

void violations()
{
    fill();
    const auto ready = [] { set_modes(mode::floor, limit::saturate); };
    const auto big = broadcast<int16_t, 32>(-32768);
    const auto large = broadcast<int32_t, 32>(FIRST ? 0x7fffffff : 0x7fffffff - 0x3fffffff);
    refuse("load off by one", [] { load_v<32>(bytes + 1); });
    refuse("load off by 16", [] { load_v<32>(bytes + 16); });
    refuse("load of 16 off by 16", [] { load_v<16>(bytes + 16); });
    refuse("load of 64 off by 32", [] { load_v<64>(bytes + 32); });
    refuse("store off by 16", [] { store_v(words + 8, zeros<int16_t, 32>()); });
    refuse("rounding not set", [&] {
        set_saturation(limit::none);
        mul(big, big).to_vector<int16_t>(1);
    });
    refuse("saturation not set", [&] {
        set_rounding(mode::floor);
        mul(big, big).to_vector<int16_t>(1);
    });
    refuse("state is the tile's", [&] {
        ready();
        aie_host::reset();
        mul(big, big).to_vector<int16_t>(1);
    });
    refuse("shift below 0", [&] { ready(), mul(big, big).to_vector<int16_t>(-1); });
    refuse("shift too large", [&] { ready(), mul(big, big).to_vector<int16_t>(63); });
    refuse("largest shift",
           [&] { ready(), mul(big, big).to_vector<int16_t>(aie_host::MAX_DOWNSHIFT); });
    refuse("upshift below 0", [&] { accum<tag, 32>(big, -1); });
    refuse("upshift too large", [&] { accum<tag, 32>(big, 32); });
    refuse("upshift that wraps", [&] {
        accum<tag, 32>(big, 16);
        accum<tag, 32>(broadcast<int16_t, 32>(1), 31);
    });
    refuse("mac that wraps", [&] {
        accum<tag, 32> sum;
        sum.from_vector(large);
        // The second product goes over the limit, on the later architectures.
        for (int i = 0; i < 2; ++i)
            sum = mac(sum, big, big);
    });
    refuse("mac that reaches the limit", [] {
        accum<tag, 32> sum = mul(broadcast<int16_t, 32>(-32768), broadcast<int16_t, 32>(32767));
        sum = mac(sum, broadcast<int16_t, 32>(-32768), broadcast<int16_t, 32>(32767));
        sum = mac(sum, broadcast<int16_t, 32>(-32768), broadcast<int16_t, 32>(2));
    });
    refuse("add that wraps", [&] {
        accum<tag, 32> sum = mul(big, broadcast<int16_t, 32>(32767));
        for (int i = 0; i < (FIRST ? 18 : 3); ++i)
            sum = add(sum, sum);
    });
    refuse("accumulator never written", [&] { mac(accum<tag, 32>(), big, big); });
    refuse("vector never written", [&] { mul(big, vector<int16_t, 32>()); });
    refuse("vector partly written", [&] {
        vector<int16_t, 32> v;
        v.insert(0, big.extract<16>(0));
        store_v(words, v);
    });
    refuse("lane of a shuffle", [&] { max(big, shuffle_down(big, 3)).get(29); });
    refuse("lane out of range", [&] { big.get(32); });
    refuse("set out of range", [] { zeros<int16_t, 8>().set(1, 8); });
    refuse("part out of range", [&] { big.extract<16>(2); });
    refuse("insert out of range", [&] { zeros<int16_t, 32>().insert(2, big.extract<16>(0)); });
    refuse("shuffle out of range", [&] { shuffle_down(big, 32); });
    refuse("mask too wide", [] { mask<8>::from_uint32(0x100); });
    refuse("lane of a mask", [] { mask<8>::from_uint32(1).test(8); });
    refuse("reduce_add too large", [] { reduce_add(broadcast<int32_t, 32>(0x4000001)); });
    refuse("reduce_add by parts", [] {
        reduce_add(concat(broadcast<int32_t, 16>(0x8000000), broadcast<int32_t, 16>(-0x8000000)));
    });
    refuse("clb of 0", [] { clb(0); });
    refuse("clb of -1", [] { clb(-1); });
    refuse("division by 0", [] { return aie_host::counted(7) / aie_host::counted(0); });
    refuse("division by -3", [] { return aie_host::counted(7) / aie_host::counted(-3); });
    refuse("pack before the state", [&] { big.pack(); });
#if __AIE_ARCH__ == 10
    refuse("pack too large", [&] { ready(), broadcast<int16_t, 32>(128).pack(); });
#else
    refuse("copy with a shift", [&] { ready(), mul(big, big).to_vector<int32_t>(1); });
    refuse("copy into with a shift", [&] { accum<tag, 32>(large, 1); });
    fill_tables();
    const auto none = [] { set_modes(mode::floor, limit::none); };
    const auto index = zeros<uint8_t, 16>();
    refuse("table off", [] { table_type(256, ab + 8, cd); });
    refuse("table size", [] { table_type(200, ab, cd); });
    refuse("step bits", [] { lookup_type(table_type(256, ab, cd), 1); });
    refuse("fetch before the state", [&] { lookup_type(table_type(256, ab, cd)).fetch(index); });
    refuse("fetch with saturation",
           [&] { ready(), lookup_type(table_type(256, ab, cd)).fetch(index); });
    refuse("fetch", [&] { none(), lookup_type(table_type(256, ab, cd)).fetch(index); });
    for (uint16_t* copy : {ab, ab + ROW, cd, cd + ROW}) {
        *copy ^= 1;
        refuse("copies differ", [&] { none(), lookup_type(table_type(256, ab, cd)).fetch(index); });
        *copy ^= 1;
    }
#endif
}

} // namespace

int main(int, char** arguments)
{
    const std::string what = arguments[1];
    aie_host::reset();
    if (what == "conversions")
        conversions();
    else if (what == "values")
        values();
    else if (what == "lookups")
        lookups();
    else
        violations();
}
