// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdlib>
#include <new>
#include <sys/mman.h>
#include <vector>

namespace strowger::pktgen {

/// Asks for transparent huge pages where an array is large: circuits are met in random order, and
/// with pages of 4 KiB each frame would miss the TLB before it misses the cache.
template <typename T>
struct LargePages {
    using value_type = T;
    static constexpr std::size_t kPageBytes = std::size_t{2} << 20;

    LargePages() = default;
    template <typename U>
    // NOLINTNEXTLINE(google-explicit-constructor): as allocators convert
    LargePages(const LargePages<U>&) noexcept {}

    [[nodiscard]] T* allocate(std::size_t count) {
        const std::size_t pages = (count * sizeof(T) + kPageBytes - 1) / kPageBytes;
        const bool large = count * sizeof(T) >= kPageBytes;
        const std::size_t unit = alignof(T) > 64 ? alignof(T) : 64;
        const std::size_t small = (count * sizeof(T) + unit - 1) / unit * unit;
        void* const memory = large ? std::aligned_alloc(kPageBytes, pages * kPageBytes)
                                   : std::aligned_alloc(unit, small);
        if (memory == nullptr) {
            throw std::bad_alloc{};
        }
        if (large) {
            (void)madvise(memory, pages * kPageBytes, MADV_HUGEPAGE); // advice: works without
        }
        return static_cast<T*>(memory);
    }
    void deallocate(T* memory, std::size_t) noexcept { std::free(memory); }

    friend bool operator==(const LargePages&, const LargePages&) { return true; }
};

template <typename T>
using LargeVector = std::vector<T, LargePages<T>>;

} // namespace strowger::pktgen
