// SPDX-License-Identifier: Apache-2.0
#include "platform/packet_pools.h"

#include "strowger/base/check.h"
#include "strowger/model/limits.h"

#include <rte_errno.h>
#include <rte_mbuf.h>

#include <bit>
#include <string>

namespace strowger::dataplane {

namespace {

constexpr std::uint32_t kCacheBuffers =
    256; // a worker's own stock, so that it seldom asks the pool
constexpr std::uint32_t kBurstBuffers = 32;
constexpr std::uint16_t kStandardBytes = 2'176;
constexpr std::uint16_t kJumboBytes = limits::kFrameBytesMax + RTE_PKTMBUF_HEADROOM;

std::uint64_t megabytes_of(std::uint32_t count, BufferClass buffers) {
    const std::uint64_t object = buffer_bytes(buffers) + sizeof(rte_mbuf) + RTE_CACHE_LINE_SIZE;
    return (count * object + 1'048'575) / 1'048'576;
}

} // namespace

std::uint16_t buffer_bytes(BufferClass buffers) {
    return buffers == BufferClass::Jumbo ? kJumboBytes : kStandardBytes;
}

std::uint32_t buffer_room_bytes(BufferClass buffers) {
    return buffer_bytes(buffers) - RTE_PKTMBUF_HEADROOM;
}

std::uint32_t buffer_count(const BufferNeed& need) {
    // A cache is flushed at one and a half times its size; four bursts are in a worker's hands.
    const std::uint64_t held =
        need.workers * (std::uint64_t{kCacheBuffers} * 3 / 2 + std::uint64_t{kBurstBuffers} * 4);
    const std::uint64_t count = need.descriptors + need.ring_entries + held;
    return static_cast<std::uint32_t>(std::bit_ceil(count + 1) - 1);
}

Result<std::unique_ptr<PacketPools>> PacketPools::create(const std::map<Key, BufferNeed>& needs) {
    std::unique_ptr<PacketPools> pools{new PacketPools};
    for (const auto& [key, need] : needs) {
        const auto [socket, buffers] = key;
        const std::uint32_t count = buffer_count(need);
        const std::string name = std::string{"strowger_"} +
                                 (buffers == BufferClass::Jumbo ? "jumbo_" : "standard_") +
                                 std::to_string(socket);
        rte_mempool* const pool = rte_pktmbuf_pool_create(
            name.c_str(), count, kCacheBuffers, 0, buffer_bytes(buffers), socket
        );
        if (pool == nullptr) {
            return Error{
                .code = ErrorCode::Unavailable,
                .message = std::to_string(count) + " frame buffers on socket " +
                           std::to_string(socket) + " take " +
                           std::to_string(megabytes_of(count, buffers)) +
                           " MB, which is not there (" + rte_strerror(rte_errno) +
                           "): raise memory.megabytes, or lower the descriptors of the ports",
                .problems = {}};
        }
        pools->pools_.emplace(key, pool);
    }
    return pools;
}

rte_mempool* PacketPools::pool(int socket, BufferClass buffers) const {
    const auto found = pools_.find({socket, buffers});
    STROWGER_CHECK(found != pools_.end());
    return found->second.get();
}

std::uint64_t PacketPools::in_use() const {
    std::uint64_t count = 0;
    for (const auto& [key, pool] : pools_) {
        count += rte_mempool_in_use_count(pool.get());
    }
    return count;
}

} // namespace strowger::dataplane
