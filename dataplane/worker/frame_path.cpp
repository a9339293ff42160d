// SPDX-License-Identifier: Apache-2.0
#include "worker/frame_path.h"

namespace strowger::dataplane {

extern "C" const FramePath strowger_frame_path_native;

const FramePath& best_frame_path() noexcept {
    return strowger_frame_path_native;
}

} // namespace strowger::dataplane
