// SPDX-License-Identifier: Apache-2.0
// aie::lut and aie::parallel_lookup: several lanes read a table at once, each from a copy of its
// own.
#pragma once

#include "operations.hpp"

namespace aie_host
{

// Bytes of a table that lie in a row before they are repeated: aie_api aie.hpp, aie::lut ("bank
// width"); 128 bits on AIE-ML, 256 on AIE-MLv2: UG1603, Lookup Tables and Linear Approximation.
inline constexpr unsigned BANK_BYTES = second ? 32 : 16;

} // namespace aie_host

namespace aie
{

enum class lut_oor_policy { saturate, truncate };

// Four copies of a table: blocks of a bank's width, each twice, in `ab` and once more in `cd`.
template <unsigned Accesses, class T>
struct lut {
    // aie_api aie.hpp, aie::lut: "currently the only supported implementation" is for four
    // accesses.
    static_assert(Accesses == 4, "look-ups have four accesses");
    static_assert(aie_host::one_of<T, std::int16_t, std::uint16_t>, "a table of 16-bit values");

    using offset_type = T;

    // aie_api aie.hpp, aie::lut: pointers are aligned to vector_decl_align.
    lut(unsigned entries, const void* ab, const void* cd) : entries_(entries), copies_{ab, cd}
    {
        for (const void* p : copies_) {
            if (reinterpret_cast<std::uintptr_t>(p) % vector_decl_align != 0)
                aie_host::fail("a table is not aligned to ", vector_decl_align);
        }
        if (entries == 0 || (entries & (entries - 1)) != 0)
            aie_host::fail("a table of ", entries, " entries: a power of two is needed");
    }

    unsigned entries() const { return entries_; }

    // Entry `index` of copy 0 to 3; all of them must be the same.
    T read(unsigned index, unsigned copy) const
    {
        constexpr unsigned row = aie_host::BANK_BYTES / sizeof(T);
        const unsigned at = index / row * 2 * row + index % row;
        const auto* ab = static_cast<const T*>(copies_[0]);
        const auto* cd = static_cast<const T*>(copies_[1]);
        const T values[] = {ab[at], ab[at + row], cd[at], cd[at + row]};
        if (values[0] != values[1] || values[0] != values[2] || values[0] != values[3])
            aie_host::fail("copies of a table differ at entry ", index);
        return values[copy];
    }

private:
    unsigned entries_;
    const void* copies_[2];
};

// The form that the kernels use: unsigned 8-bit indices without step or bias, cut to the table.
template <class Index, class Lut, lut_oor_policy Policy>
class parallel_lookup
{
    static_assert(std::same_as<Index, std::uint8_t> && Policy == lut_oor_policy::truncate,
                  "look-ups by uint8 that truncate");

public:
    explicit parallel_lookup(const Lut& table, unsigned step_bits = 0) : table_(table)
    {
        if (step_bits != 0)
            aie_host::fail("look-up with ", step_bits, " step bits: 0 is offered");
    }

    // 16 or 32 lanes: aie_api detail/aie2/parallel_lookup.hpp, fetch. Counted are the reads of the
    // tables only, not what the header does to indices and results.
    template <unsigned N>
        requires(N == 16 || N == 32)
    vector<typename Lut::offset_type, N> fetch(const vector<Index, N>& indices) const
    {
        // The header shifts indices up by to_vector(-2) (detail/aie2/parallel_lookup.hpp), which
        // UG1583, Shift-Round-Saturate, calls unsafe unless truncation is selected.
        aie_host::need_saturation("fetch");
        if (aie_host::tile.saturation != saturation_mode::none)
            aie_host::fail("fetch with a saturation mode: none is needed");
        aie_host::note(aie_host::kind::lookup, aie_host::issues(N, aie_host::LOOKUPS));
        vector<typename Lut::offset_type, N> r{aie_host::unwritten{}};
        const Index* from = indices.read();
        auto* to = r.write();
        for (unsigned i = 0; i < N; ++i)
            to[i] = table_.read(from[i] & (table_.entries() - 1), i % 4);
        return r;
    }

private:
    Lut table_;
};

} // namespace aie
