// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

/// Every maximum of the product. A site may set lower ones; nothing sets higher ones.
namespace strowger::limits {

inline constexpr std::uint64_t kRateBpsMax = 400'000'000'000;  ///< CIR and EIR
inline constexpr std::uint64_t kBurstBytesMax = 1'073'741'824; ///< CBS and EBS: 1 GiB
inline constexpr std::uint32_t kFrameBytesMin = 1'522;         ///< MEF 10.3 R56: least maximum
inline constexpr std::uint32_t kFrameBytesMax = 9'216;         ///< with FCS and tags
inline constexpr std::uint32_t kFrameBytesDefault = 1'526;     ///< 1500 of IP under two tags
inline constexpr std::uint32_t kTagStackGrowthBytes = 8;       ///< egress may push two tags more

inline constexpr std::uint32_t kPortsMax = 64;
inline constexpr std::uint32_t kWorkersMax = 16;
inline constexpr std::uint32_t kRxQueuesPerPortMax = 16;  ///< steered ones included
inline constexpr std::uint32_t kEndpointsMax = 4'000'000; ///< one worker's slots: 22 bits
inline constexpr std::uint32_t kVlanIndexBytesMin = 65'536;
inline constexpr std::uint32_t kVlanIndexBytesMax = 268'435'456; ///< one worker's: 22 bits of lines

inline constexpr std::uint32_t kTenantsMax = 100'000;
inline constexpr std::uint32_t kTokensPerTenantMax = 1'000;
inline constexpr std::uint32_t kSliceTenantsMax = 1'000;
inline constexpr std::uint32_t kTagsMax = 32; ///< free key-value labels on one object
inline constexpr std::uint32_t kTagKeyBytesMax = 63;
inline constexpr std::uint32_t kTagValueBytesMax = 255;
inline constexpr std::uint32_t kDisplayNameBytesMax = 255;

inline constexpr std::uint32_t kBodyBytesMax = 262'144; ///< one request body
inline constexpr std::uint32_t kHeaderBytesMax = 8'192;
inline constexpr std::uint32_t kIdempotencyKeyBytesMax = 255;
inline constexpr std::uint32_t kPageItemsMax = 1'000;
inline constexpr std::uint32_t kPageItemsDefault = 100;
inline constexpr std::uint32_t kConnectionsMax = 1'024;

} // namespace strowger::limits
