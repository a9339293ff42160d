// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

/// Maxima of batches of orders, beside those of limits.h.
namespace strowger::limits {

inline constexpr std::uint32_t kBatchMembersMax = 10'000;
inline constexpr std::uint32_t kBatchBodyBytesMax = 16'777'216; ///< of a batch alone
inline constexpr std::uint32_t kLargeBodiesMax = 4; ///< above kBodyBytesMax, in memory at once

} // namespace strowger::limits
