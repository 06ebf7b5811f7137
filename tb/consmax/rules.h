// SPDX-License-Identifier: Apache-2.0
// The handshake of the ConSmax unit, checked in every cycle: `m_valid` is high exactly when the
// oldest beat inside was taken STAGES or more cycles ago (so nothing is lost, made up or held back,
// and valid does not wait for ready), and a beat is refused only by a full unit that cannot move on.
#pragma once

#include "volume_rules.h"

class Rules {
public:
    static constexpr unsigned QUIET = STAGES + 2;  // cycles after which a leftover would show

    bool idle() const { return sent_ == received_; }

    Fault check(const Vunit& top, uint64_t cycle) const {
        const uint64_t inside = sent_ - received_;
        const bool due =
            inside != 0 && cycle >= accepted_at_[received_ % (STAGES + 1)] + STAGES;
        if (top.m_valid != due) return due ? VALID_LATE : VALID_EARLY;
        if (top.s_valid && !top.s_ready && (inside < STAGES || top.m_ready)) return REFUSED;
        return NONE;
    }

    void accept(const Vunit&, uint64_t cycle) { accepted_at_[sent_++ % (STAGES + 1)] = cycle; }

    void take(uint64_t) { ++received_; }

private:
    uint64_t sent_ = 0, received_ = 0;
    uint64_t accepted_at_[STAGES + 1] = {};  // ring: cycle in which the beats inside were taken
};
