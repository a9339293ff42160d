// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "stage/burst.h"

namespace strowger::dataplane {

/// In: frames. Out: tags. Lets go of what is Malformed: more than one buffer (a PMD may send stale
/// memory for the second), no whole Ethernet header, or a tag without an EtherType behind it.
void parse(Burst& burst, PortStats* stats) noexcept;

} // namespace strowger::dataplane
