// SPDX-License-Identifier: Apache-2.0
// What every part of the stand-in uses: the architecture, violations and the state of a tile.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <stdexcept>
#include <string>
#include <type_traits>

#ifndef __AIE_ARCH__
#error "define __AIE_ARCH__: 10 (AI Engine), 20 (AIE-ML) or 22 (AIE-MLv2)"
#endif

namespace aie_host {

inline constexpr int arch = __AIE_ARCH__;
static_assert(arch == 10 || arch == 20 || arch == 21 || arch == 22, "an architecture that the stand-in does not know");
inline constexpr bool first = arch == 10;
inline constexpr bool second = arch == 21 || arch == 22;

// A use that the device would not forgive, or whose result it leaves open. what() is one line.
struct violation : std::runtime_error {
    using std::runtime_error::runtime_error;
};

inline std::string text(const char *part) { return part; }
template <std::integral T> std::string text(T part) { return std::to_string(part); }

template <class... Parts> [[noreturn, gnu::cold, gnu::noinline]] void fail(Parts... parts) {
    throw violation((text(parts) + ...));
}

// Lanes that a vector or accumulator has been given; reading any other one is a violation.
template <unsigned N> class known {
  public:
    void set(unsigned from, unsigned count) {
        for (unsigned i = from; i < from + count; ++i) {
            words_[i / 64] |= std::uint64_t{1} << (i % 64);
        }
    }
    void set_all() {
        for (unsigned w = 0; w < words; ++w) {
            words_[w] = full;
        }
    }
    bool all() const {
        std::uint64_t missing = 0;
        for (unsigned w = 0; w < words; ++w) {
            missing |= words_[w] ^ full;
        }
        return missing == 0;
    }
    bool has(unsigned i) const { return (words_[i / 64] >> (i % 64)) & 1; }

  private:
    static constexpr unsigned words = (N + 63) / 64;
    static constexpr std::uint64_t full = N % 64 == 0 ? ~std::uint64_t{0} : (std::uint64_t{1} << (N % 64)) - 1;
    std::uint64_t words_[words] = {};
};

} // namespace aie_host
