// SPDX-License-Identifier: Apache-2.0
#include "platform/packet_pools.h"

#include "platform/memory_text.h"
#include "strowger/base/check.h"
#include "strowger/model/limits.h"
#include "worker/table_bytes.h"

#include <rte_eal.h>
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

std::uint32_t object_bytes(BufferClass buffers) {
    // Ahead of the mbuf a line for the mempool itself.
    return RTE_CACHE_LINE_SIZE + sizeof(rte_mbuf) + buffer_bytes(buffers);
}

/// Of private data between an mbuf and its buffer: what makes an object fill its page.
std::uint16_t padding_bytes(BufferClass buffers, const BufferNeed& need) {
    const std::uint32_t object = object_bytes(buffers);
    const bool pad = need.page_each && object < kPlainPageBytes;
    return static_cast<std::uint16_t>(pad ? kPlainPageBytes - object : 0);
}

unsigned pool_flags(std::uint16_t padding) {
    return padding != 0 ? RTE_MEMPOOL_F_NO_SPREAD : 0;
}

unsigned element_bytes(BufferClass buffers, std::uint16_t padding) {
    return static_cast<unsigned>(sizeof(rte_mbuf)) + padding + buffer_bytes(buffers);
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
    BufferClass buffers,
    int socket
) {
    rte_mempool* const pool = rte_mempool_create_empty(
        name.c_str(),
        count,
        element_bytes(buffers, padding),
        kCacheBuffers,
        sizeof(rte_pktmbuf_pool_private),
        socket,
        pool_flags(padding)
    );
    if (pool == nullptr) {
        return nullptr;
    }
    rte_pktmbuf_pool_private layout{};
    layout.mbuf_data_room_size = buffer_bytes(buffers);
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

PoolSize pool_size(BufferClass buffers, const BufferNeed& need, std::uint64_t page_bytes) {
    const std::uint16_t padding = padding_bytes(buffers, need);
    const std::uint32_t count = buffer_count(need);
    const std::uint32_t object =
        rte_mempool_calc_obj_size(element_bytes(buffers, padding), pool_flags(padding), nullptr);
    // As rte_mempool_populate_default() lays them out: in a chunk that begins with a page.
    const std::uint64_t in_page = page_bytes / object;
    const std::uint64_t pages = in_page != 0 ? (count + in_page - 1) / in_page
                                             : count * ((object + page_bytes - 1) / page_bytes);
    const std::uint64_t header = sizeof(rte_mempool) + sizeof(rte_pktmbuf_pool_private) +
                                 sizeof(rte_mempool_cache) * RTE_MAX_LCORE;
    return {
        .count = count,
        .object_bytes = object,
        .bytes = (pages + 1) * page_bytes + header + ring_bytes(count + 1, sizeof(void*))};
}

Result<std::unique_ptr<PacketPools>> PacketPools::create(const std::map<Key, BufferNeed>& needs) {
    std::unique_ptr<PacketPools> pools{new PacketPools};
    const std::uint64_t page = rte_eal_has_hugepages() != 0 ? kHugePageBytes : kPlainPageBytes;
    for (const auto& [key, need] : needs) {
        const auto [socket, buffers] = key;
        const PoolSize size = pool_size(buffers, need, page);
        const std::string name = std::string{"strowger_"} +
                                 (buffers == BufferClass::Jumbo ? "jumbo_" : "standard_") +
                                 std::to_string(socket);
        rte_mempool* const pool =
            create_pool(name, size.count, padding_bytes(buffers, need), buffers, socket);
        if (pool == nullptr) {
            return Error{
                .code = ErrorCode::Unavailable,
                .message = std::to_string(size.count) + " frame buffers on socket " +
                           std::to_string(socket) + " take " + mebibytes(size.bytes) +
                           ", which is not there (" + rte_strerror(rte_errno) +
                           "): raise memory.megabytes, or lower the descriptors of the ports",
                .problems = {}};
        }
        pools->pools_.emplace(key, pool);
        pools->sizes_.emplace(key, size);
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
