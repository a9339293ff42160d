// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "table/cold_slot.h"
#include "table/hot_slot.h"

namespace strowger::dataplane {

/// What an endpoint takes along when its circuit goes to another worker: tokens and counters. How
/// its frames go on is not part of it: the control thread installs the same program there.
struct SlotState {
    HotSlot hot;
    ColdSlot cold;
};

inline void copy_life(const HotSlot& from, HotSlot& to) noexcept {
    to.green_frames.set(from.green_frames.read());
    to.green_bytes.set(from.green_bytes.read());
    to.meter.take_tokens(from.meter);
}

/// Called by the old owner when no frame of the circuit is left with it. Changes nothing: the
/// control thread may read the slot until it knows of the new one.
inline void export_slot(const HotSlot& hot, const ColdSlot& cold, SlotState& state) noexcept {
    copy_life(hot, state.hot);
    state.cold.set_counters(cold);
}

/// Goes on in a slot that was installed with the same program and has not seen a frame.
inline void adopt_slot(const SlotState& state, HotSlot& hot, ColdSlot& cold) noexcept {
    copy_life(state.hot, hot);
    cold.set_counters(state.cold);
}

} // namespace strowger::dataplane
