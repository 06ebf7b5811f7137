// SPDX-License-Identifier: Apache-2.0
// Faults of the handshake that a volume run can find; surmax.tb.volume.library has their texts.
#pragma once

#include <cstdint>

#include "Vunit.h"

enum Fault : uint64_t {
    NONE,
    VALID_LATE,
    VALID_EARLY,
    CHANGED,
    REFUSED,
    SURVIVED_RESET,
    OVERLONG,
};
