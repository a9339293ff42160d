// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "strowger/base/result.h"
#include "strowger/seam/site.h"

#include <rte_mempool.h>

#include <cstdint>
#include <map>
#include <memory>
#include <utility>

namespace strowger::dataplane {

/// Bytes of one buffer, headroom included.
[[nodiscard]] std::uint16_t buffer_bytes(BufferClass buffers);
/// The longest frame that fits in one buffer, without FCS.
[[nodiscard]] std::uint32_t buffer_room_bytes(BufferClass buffers);

/// What the buffers of one pool may be waiting in, at worst.
struct BufferNeed {
    std::uint64_t descriptors = 0;  ///< of rx and tx queues, and the device's own rings
    std::uint64_t ring_entries = 0; ///< of rings between workers
    std::uint32_t workers = 0;
    bool page_each = false; ///< a device shares the pool's memory with the kernel (af_xdp)
};

/// How many buffers that takes: a pool that is never empty while its devices are not broken.
/// 2^k - 1, which is what fills a mempool's ring.
[[nodiscard]] std::uint32_t buffer_count(const BufferNeed& need);

/// What a pool takes of its socket's memory.
struct PoolSize {
    std::uint32_t count = 0;
    std::uint32_t object_bytes = 0; ///< a buffer with its mbuf
    std::uint64_t bytes = 0;        ///< all of it, with what no page is filled by
};
/// `page_bytes`: an object does not cross a page, and with 4 KiB pages has one to itself.
[[nodiscard]] PoolSize
pool_size(BufferClass buffers, const BufferNeed& need, std::uint64_t page_bytes);

/// Of the pages that the EAL has: what pool_size() is to be asked with.
inline constexpr std::uint64_t kHugePageBytes = 2'097'152;
inline constexpr std::uint64_t kPlainPageBytes = 4'096;

/// One mempool for each (socket, buffer class) in use. Outlives the ports and the workers.
class PacketPools {
public:
    using Key = std::pair<int, BufferClass>;

    /// Fails with Unavailable when a socket has not enough memory, saying how much it takes.
    static Result<std::unique_ptr<PacketPools>> create(const std::map<Key, BufferNeed>& needs);

    [[nodiscard]] rte_mempool* pool(int socket, BufferClass buffers) const;
    [[nodiscard]] const std::map<Key, PoolSize>& sizes() const noexcept { return sizes_; }
    /// Buffers that are not in their pool. With all ports stopped: frames that were leaked.
    [[nodiscard]] std::uint64_t in_use() const;

private:
    struct Free {
        void operator()(rte_mempool* pool) const { rte_mempool_free(pool); }
    };
    PacketPools() = default;
    std::map<Key, std::unique_ptr<rte_mempool, Free>> pools_;
    std::map<Key, PoolSize> sizes_;
};

} // namespace strowger::dataplane
