// SPDX-License-Identifier: Apache-2.0
// What the harness can find wrong, by the number that surmax.tb.volume.library has a text for.
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
