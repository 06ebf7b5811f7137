// SPDX-License-Identifier: Apache-2.0
// Drives a unit's Verilated stream top, a whole array of beats in one call.
//
// Compiled by surmax.tb.volume.library with LANES, CODE_BYTES (bytes of all codes of a beat), LOADABLE
// for loadable storage, volume_load.h, which knows the load port, and rules.h: the unit's class Rules,
// which checks the handshake in every cycle. What every unit must do is checked here: what is not taken stays as it is, and nothing
// outlives a reset.

#include <cstdint>
#include <cstring>

#include "Vunit.h"
#include "rules.h"
#include "verilated.h"
#include "volume_load.h"

namespace {

constexpr unsigned MASK_BYTES = (LANES + 7) / 8;
constexpr unsigned PHASE = 64;  // cycles for which one stall pattern lasts

// Stall decisions, a bit a cycle: xorshift64* words, thinned or thickened for a phase at a time so
// that free runs, light and heavy stalls and long blocks all occur.
class Pattern {
public:
    explicit Pattern(uint64_t seed) : state_(seed * 2 + 1) {}

    uint64_t word() {
        state_ ^= state_ >> 12;
        state_ ^= state_ << 25;
        state_ ^= state_ >> 27;
        return state_ * 0x2545F4914F6CDD1DULL;
    }

    bool next() {
        if (left_ == 0) renew();
        const bool bit = bits_ & 1;
        bits_ >>= 1;
        --left_;
        return bit;
    }

private:
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

struct Simulation {
    VerilatedContext context;
    Vunit top;
    Rules rules;
    uint64_t now = 0;  // cycles so far
    Pattern noise{1};  // payloads while their valid is low

    Simulation() : top(&context) {}

    // One clock cycle: the inputs that were set become those of the cycle, and the outputs that it
    // shows are there afterwards (the wrapper has a register at every input).
    void cycle() {
        top.clk = 1;
        top.eval();
        top.clk = 0;
        top.eval();
        ++now;
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
    uint64_t loads;         // constants, one row a cycle from the first cycle on
    const uint32_t* words;  // rows of LOAD_WORDS values
    uint64_t seed;          // of the stalls; 0 is none
    // out:
    uint64_t received;
    uint64_t cycles;
    uint64_t span;  // cycles from the first beat taken in to the last one taken out, both counted
    uint64_t fault;
};

// `argument` is one plusarg of the simulation, "" for none.
void* volume_open(uint32_t seed, const char* argument) {
    auto* simulation = new Simulation;
    const char* arguments[] = {"volume", argument};
    simulation->context.commandArgs(2, arguments);
    // Registers without a reset start with random bits, not with kindly zeros.
    simulation->context.randReset(2);
    simulation->context.randSeed(static_cast<int>(seed));
    return simulation;
}

void volume_close(void* handle) { delete static_cast<Simulation*>(handle); }

// Send beats for some cycles, reset the unit and see that nothing comes out of it.
uint64_t volume_reset(void* handle, uint64_t cycles, uint64_t seed) {
    auto& simulation = *static_cast<Simulation*>(handle);
    Vunit& top = simulation.top;
    Pattern offer(seed), take(~seed), last(seed ^ 0x9E3779B97F4A7C15ULL);
    top.rst = 0;
#ifdef LOADABLE
    top.load_valid = 0;
#endif
    for (uint64_t cycle = 0; cycle <= cycles; ++cycle) {
        top.rst = cycle == cycles;
        top.s_valid = offer.next();
        top.s_last = last.next();
        // With an even seed not taken in the second half, so that the unit fills up.
        top.m_ready = (seed % 2 || 2 * cycle < cycles) && take.next();
        idle(top, simulation.noise.word());
        simulation.cycle();
    }
    top.rst = 0;
    top.s_valid = 0;
    simulation.rules = Rules();
    for (unsigned cycle = 0; cycle < Rules::QUIET; ++cycle) {
        idle(top, simulation.noise.word());
        simulation.cycle();
        if (top.m_valid) return SURVIVED_RESET;
    }
    return NONE;
}

void volume_run(void* handle, Run* run) {
    auto& simulation = *static_cast<Simulation*>(handle);
    Vunit& top = simulation.top;
    Rules& rules = simulation.rules;
    const bool stalls = run->seed != 0;
    Pattern offer(run->seed), take(run->seed ^ 0x9E3779B97F4A7C15ULL);
    const uint64_t start = simulation.now;
    uint64_t sent = 0, received = 0, loaded = 0, first = 0, last = 0, fault = NONE;
    bool offered = false, held = false;
    Seen kept;
    // Some cycles more at the end show whether anything comes out that was never put in.
    for (unsigned after = 0; after < Rules::QUIET;) {
        after = sent == run->beats && rules.idle() && loaded == run->loads ? after + 1 : 0;
        // A beat that is on offer stays until it is taken; without one the port shows any of them.
        const bool fresh = !offered;
        offered |= sent < run->beats && (!stalls || offer.next());
        if (fresh && run->beats != 0) {
            const uint64_t beat = offered ? sent : simulation.noise.word() % run->beats;
            std::memcpy(&top.s_scores, run->scores + beat * LANES, LANES);
            std::memcpy(&top.s_mask, run->mask + beat * MASK_BYTES, MASK_BYTES);
            top.s_head = run->head[beat];
            top.s_last = run->last[beat];
        }
        top.s_valid = offered;
        top.m_ready = !stalls || take.next();
#ifdef LOADABLE
        top.load_valid = loaded < run->loads;
        if (loaded < run->loads) {
            load(top, run->words + LOAD_WORDS * loaded++);
        } else {
            idle(top, simulation.noise.word());
        }
#endif
        simulation.cycle();

        const uint64_t now = simulation.now;
        Seen seen;
        see(top, seen);
        if (held && (!top.m_valid || std::memcmp(&seen, &kept, sizeof seen) != 0)) {
            fault = CHANGED;
            break;
        }
        fault = rules.check(top, now);
        if (fault != NONE) break;
        held = top.m_valid && !top.m_ready;
        if (held) {
            kept = seen;
        } else if (top.m_valid) {
            std::memcpy(run->codes + received * CODE_BYTES, seen.codes, CODE_BYTES);
            run->last_out[received++] = seen.last;
            rules.take(now);
            last = now;
        }
        if (offered && top.s_ready) {
            if (sent == 0) first = now;
            rules.accept(top, now);
            ++sent;
            offered = false;
        }
    }
    run->received = received;
    run->cycles = simulation.now - start;
    run->span = received ? last - first + 1 : 0;
    run->fault = fault;
}

}  // extern "C"
