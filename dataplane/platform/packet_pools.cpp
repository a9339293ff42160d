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

constexpr std::uint32_t kPageBytes = 4'096;

std::uint32_t object_bytes(BufferClass buffers) {
    // Ahead of the mbuf a line for the mempool itself.
    return RTE_CACHE_LINE_SIZE + sizeof(rte_mbuf) + buffer_bytes(buffers);
}

/// Of private data between an mbuf and its buffer: what makes an object fill its page.
std::uint16_t padding_bytes(BufferClass buffers, const BufferNeed& need) {
    const std::uint32_t object = object_bytes(buffers);
    const bool pad = need.page_each && object < kPageBytes;
    return static_cast<std::uint16_t>(pad ? kPageBytes - object : 0);
}

std::uint64_t megabytes_of(std::uint32_t count, std::uint32_t object) {
    return (std::uint64_t{count} * object + 1'048'575) / 1'048'576;
}

/// As rte_pktmbuf_pool_create, which cannot be told not to spread objects over memory channels.
///
/// net_af_xdp reckons the memory that it shares with the kernel as objects times their size,
/// yet a mempool leaves a gap where an object would cross a page. Frames in buffers behind the
/// end of that reckoning are refused by the kernel, and their buffers lost: a port that was
/// once short of processor time would then lose its frames for good. Where each object fills
/// its page there are no gaps.
rte_mempool* create_pool(
    const std::string& name,
    std::uint32_t count,
    std::uint16_t padding,
    std::uint16_t bytes,
    int socket
) {
    const auto element = static_cast<unsigned>(sizeof(rte_mbuf) + padding + bytes);
    rte_mempool* const pool = rte_mempool_create_empty(
        name.c_str(),
        count,
        element,
        kCacheBuffers,
        sizeof(rte_pktmbuf_pool_private),
        socket,
        padding != 0 ? RTE_MEMPOOL_F_NO_SPREAD : 0
    );
    if (pool == nullptr) {
        return nullptr;
    }
    rte_pktmbuf_pool_private layout{};
    layout.mbuf_data_room_size = bytes;
    layout.mbuf_priv_size = padding;
    rte_pktmbuf_pool_init(pool, &layout);
    if (const int populated = rte_mempool_populate_default(pool); populated < 0) {
        rte_mempool_free(pool);
        rte_errno = -populated;
        return nullptr;
    }
    rte_mempool_obj_iter(pool, rte_pktmbuf_init, nullptr);
    return pool;
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
        const std::uint16_t padding = padding_bytes(buffers, need);
        rte_mempool* const pool = create_pool(name, count, padding, buffer_bytes(buffers), socket);
        if (pool == nullptr) {
            return Error{
                .code = ErrorCode::Unavailable,
                .message = std::to_string(count) + " frame buffers on socket " +
                           std::to_string(socket) + " take " +
                           std::to_string(megabytes_of(count, object_bytes(buffers) + padding)) +
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
