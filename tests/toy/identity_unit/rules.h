// SPDX-License-Identifier: Apache-2.0
// The handshake of the identity unit: a beat comes out in the cycle after it went in.
#pragma once

#include "volume_rules.h"

class Rules {
public:
    static constexpr unsigned QUIET = 3;

    bool idle() const { return sent_ == received_; }

    Fault check(const Vunit& top, uint64_t cycle) const {
        const bool due = sent_ != received_ && cycle > accepted_at_;
        if (top.m_valid != due) return due ? VALID_LATE : VALID_EARLY;
        if (top.s_valid && !top.s_ready && (!due || top.m_ready)) return REFUSED;
        return NONE;
    }

    void accept(const Vunit&, uint64_t cycle) {
        accepted_at_ = cycle;
        ++sent_;
    }

    void take(uint64_t) { ++received_; }

private:
    uint64_t sent_ = 0, received_ = 0, accepted_at_ = 0;
};
