// SPDX-License-Identifier: Apache-2.0
// Drives the Verilated stream top of the ConSmax unit, a whole array of beats in one call.
//
// Compiled by surmax.tb.volume with LANES, CODE_BYTES (bytes of all codes of a beat), STAGES and,
// for loadable storage, LOADABLE. Beside moving data it checks the handshake in every cycle:
// `m_valid` is high exactly when the oldest beat inside was taken STAGES or more cycles ago (so
// nothing is lost, made up or held back, and valid does not wait for ready), what is not taken
// stays as it is, and a beat is refused only by a full unit that cannot move on.

#include <cstdint>
#include <cstring>

#include "Vunit.h"
#include "verilated.h"

namespace {

enum Fault : uint64_t {
    NONE,
    VALID_LATE,
    VALID_EARLY,
    CHANGED,
    REFUSED,
    SURVIVED_RESET,
};

constexpr unsigned MASK_BYTES = (LANES + 7) / 8;
constexpr unsigned PHASE = 64;  // cycles for which one stall pattern lasts

// Stall decisions, a bit a cycle: xorshift64* words, thinned or thickened for a phase at a time so
// that free runs, light and heavy stalls and long blocks all occur.
class Pattern {
public:
    explicit Pattern(uint64_t seed) : state_(seed * 2 + 1) {}

    bool next() {
        if (left_ == 0) renew();
        const bool bit = bits_ & 1;
        bits_ >>= 1;
        --left_;
        return bit;
    }

private:
    uint64_t word() {
        state_ ^= state_ >> 12;
        state_ ^= state_ << 25;
        state_ ^= state_ >> 27;
        return state_ * 0x2545F4914F6CDD1DULL;
    }

    void renew() {
        left_ = PHASE;
        const uint64_t a = word(), b = word();
        switch (word() >> 61) {
            case 0: case 1: bits_ = ~0ULL; break;
            case 2: bits_ = ~0ULL << (a >> 59); break;  // one long block, then free
            case 3: case 4: bits_ = a | b; break;
            case 5: case 6: bits_ = a; break;
            default: bits_ = a & b;
        }
    }

    uint64_t state_;
    uint64_t bits_ = 0;
    unsigned left_ = 0;
};

struct Harness {
    VerilatedContext context;
    Vunit top;
    uint64_t accepted_at[STAGES + 1] = {};  // ring: cycle in which the beats inside were taken

    Harness() : top(&context) {}

    // One clock cycle: the inputs that were set become those of the cycle, and the outputs that it
    // shows are there afterwards (the wrapper has a register at every input).
    void cycle() {
        top.clk = 1;
        top.eval();
        top.clk = 0;
        top.eval();
    }
};

struct Seen {
    uint8_t codes[CODE_BYTES];
    uint8_t last;
};

void see(Vunit& top, Seen& seen) {
    std::memcpy(seen.codes, &top.m_codes, CODE_BYTES);
    seen.last = top.m_last;
}

}  // namespace

extern "C" {

// One call's arrays, row-major, `beats` rows; and what the call found.
struct Run {
    uint64_t beats;
    const uint8_t* scores;  // LANES bytes a beat
    const uint8_t* mask;    // packed bits, lane 0 lowest
    const uint8_t* head;
    const uint8_t* last;
    uint8_t* codes;         // CODE_BYTES a beat
    uint8_t* last_out;
    uint64_t loads;         // table words, one a cycle from the first cycle on
    const uint32_t* words;  // rows of head, table, index, word
    uint64_t seed;          // of the stalls; 0 is none
    // out:
    uint64_t received;
    uint64_t cycles;
    uint64_t fault;
};

void* volume_open(uint32_t seed) {
    auto* harness = new Harness;
    // Registers without a reset start with random bits, not with kindly zeros.
    harness->context.randReset(2);
    harness->context.randSeed(static_cast<int>(seed));
    return harness;
}

void volume_close(void* handle) { delete static_cast<Harness*>(handle); }

// Fill the unit, reset it and see that nothing comes out of it.
uint64_t volume_reset(void* handle) {
    auto& harness = *static_cast<Harness*>(handle);
    Vunit& top = harness.top;
    top.rst = 0;
    top.s_valid = 1;
    top.m_ready = 0;
    for (unsigned cycle = 0; cycle < STAGES + 2; ++cycle) {
        harness.cycle();
    }
    top.s_valid = 0;
    top.rst = 1;
    harness.cycle();
    top.rst = 0;
    uint64_t fault = NONE;
    for (unsigned cycle = 0; cycle < STAGES + 2; ++cycle) {
        harness.cycle();
        if (top.m_valid) fault = SURVIVED_RESET;
    }
    return fault;
}

void volume_run(void* handle, Run* run) {
    auto& harness = *static_cast<Harness*>(handle);
    Vunit& top = harness.top;
    const bool stalls = run->seed != 0;
    Pattern offer(run->seed), take(run->seed ^ 0x9E3779B97F4A7C15ULL);
    uint64_t sent = 0, received = 0, loaded = 0, cycle = 0, fault = NONE;
    bool offered = false, held = false;
    Seen kept;
    // Some cycles more at the end show whether anything comes out that was never put in.
    for (unsigned after = 0; after < STAGES + 2; ++cycle) {
        after = received == run->beats && loaded == run->loads ? after + 1 : 0;
        // A beat that is on offer stays until it is taken.
        if (!offered && sent < run->beats && (!stalls || offer.next())) {
            offered = true;
            std::memcpy(&top.s_scores, run->scores + sent * LANES, LANES);
            std::memcpy(&top.s_mask, run->mask + sent * MASK_BYTES, MASK_BYTES);
            top.s_head = run->head[sent];
            top.s_last = run->last[sent];
        }
        top.s_valid = offered;
        top.m_ready = !stalls || take.next();
#ifdef LOADABLE
        top.load_valid = loaded < run->loads;
        if (loaded < run->loads) {
            const uint32_t* word = run->words + 4 * loaded++;
            top.load_head = word[0];
            top.load_table = word[1];
            top.load_index = word[2];
            top.load_word = word[3];
        }
#endif
        harness.cycle();

        const uint64_t inside = sent - received;
        const bool due =
            inside != 0 && cycle >= harness.accepted_at[received % (STAGES + 1)] + STAGES;
        if (top.m_valid != due) {
            fault = due ? VALID_LATE : VALID_EARLY;
            break;
        }
        if (offered && !top.s_ready && (inside < STAGES || top.m_ready)) {
            fault = REFUSED;
            break;
        }
        if (held) {
            Seen now;
            see(top, now);
            if (std::memcmp(&now, &kept, sizeof now) != 0) {
                fault = CHANGED;
                break;
            }
        }
        held = top.m_valid && !top.m_ready;
        if (held) {
            see(top, kept);
        } else if (top.m_valid) {
            std::memcpy(run->codes + received * CODE_BYTES, &top.m_codes, CODE_BYTES);
            run->last_out[received++] = top.m_last;
        }
        if (offered && top.s_ready) {
            harness.accepted_at[sent++ % (STAGES + 1)] = cycle;
            offered = false;
        }
    }
    run->received = received;
    run->cycles = cycle;
    run->fault = fault;
}

}  // extern "C"
