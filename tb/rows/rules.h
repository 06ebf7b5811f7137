// SPDX-License-Identifier: Apache-2.0
// The handshake of a row unit, checked in every cycle. A row of b beats waits until its maximum
// is known and the row before has been gone over, is gone over in b cycles, and its first output
// beat is valid so much later that a lone row of one beat takes DELAY cycles; later only where the
// row before is still going out or (LIMITED) a divider is busy. Its other beats follow without a
// gap. None of it depends on `m_ready`. A beat is refused only for want of room, never while the
// output flows unless dividers are the limit. With ONE_PASS a row can go out DELAY cycles after its
// last beat was taken, and beats may also be refused while a row waits for one that goes out. An
// over-long row is cut, reported and dropped.
#pragma once

#include <algorithm>
#include <deque>

#include "volume_rules.h"

class Rules {
public:
    static constexpr unsigned QUIET = DELAY + 3 * MAX_BEATS;

    bool idle() const { return rows_.empty() && position_ == 0; }

    Fault check(const Vunit& top, uint64_t cycle) {
        const bool accepted = top.s_valid && top.s_ready;
        const bool cut = accepted && position_ == MAX_BEATS - 1 && !top.s_last;
        if (top.overlong != cut) return OVERLONG;
        if (top.m_valid) {
            if (rows_.empty() || (out_ == 0 && cycle < rows_.front().ready)) return VALID_EARLY;
        } else if (!rows_.empty() && (out_ != 0 || cycle >= due())) {
            return VALID_LATE;
        }
        if (top.s_valid && !top.s_ready) {
            const bool waits = ONE_PASS && rows_.size() > 1;
            const bool room = inside_ < MAX_BEATS || position_ == MAX_BEATS;
            if (!waits && (room || (!LIMITED && !stalled_))) return REFUSED;
        }
        stalled_ = (stalled_ || !top.m_ready) && !rows_.empty();
        return NONE;
    }

    void accept(const Vunit& top, uint64_t cycle) {
        if (position_ < MAX_BEATS) {
            ++position_;
            ++inside_;
            // The beats behind the last one that fits belong to no row.
            if (top.s_last || position_ == MAX_BEATS) {
                ready_ = ONE_PASS ? cycle + DELAY
                                  : std::max(cycle + DELAY - 1, ready_) + position_;
                rows_.push_back({position_, cycle, ready_});
            }
        }
        if (top.s_last) position_ = 0;
    }

    void take(uint64_t cycle) {
        --inside_;
        if (++out_ == rows_.front().beats) {
            rows_.pop_front();
            out_ = 0;
            left_ = cycle;
        }
    }

private:
    struct Row {
        unsigned beats;
        uint64_t complete;  // cycle in which its last beat was taken
        uint64_t ready;     // first cycle in which it can go out
    };

    // Cycle in which the oldest row's first output beat must be valid.
    uint64_t due() const {
        const Row& row = rows_.front();
        // With busy dividers no later than if the row had arrived when the one before left.
        if (LIMITED) return std::max(row.complete, left_) + DELAY - 1 + row.beats;
        return std::max(row.ready, left_ + 1);
    }

    std::deque<Row> rows_;   // complete ones inside, the oldest first
    unsigned position_ = 0;  // beats of the row that is coming in, MAX_BEATS while it is dropped
    unsigned out_ = 0;       // beats of the oldest row that went out
    unsigned inside_ = 0;
    uint64_t ready_ = 0;    // of the newest complete row
    uint64_t left_ = 0;     // cycle in which the last row's last beat went out
    bool stalled_ = false;  // the output has not been taken in some cycle since rows are inside
};
