// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "stage/burst.h"

namespace strowger::dataplane {

/// In: frames as they arrived. Out: frames as they leave: tags popped and pushed in the headroom,
/// padded with zeros to 60 bytes. Lets go of frames without the room (NoHeadroom). In every case
/// the addresses move by at most 8 bytes and the payload does not move.
void rewrite(const OwnerTables& tables, Burst& burst) noexcept;

} // namespace strowger::dataplane
