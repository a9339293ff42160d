// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>

namespace strowger {

/// A counter with one writer (the worker that owns it) that any thread may read at any time.
/// Written by a relaxed load and store, never by a read-modify-write: no lock prefix on the frame
/// path, and no torn value for the reader.
class WorkerCounter {
public:
    void add(std::uint64_t amount) noexcept {
        value_.store(value_.load(std::memory_order_relaxed) + amount, std::memory_order_relaxed);
    }
    /// Of what was added too early.
    void take_back(std::uint64_t amount) noexcept { add(~amount + 1); }
    /// Owner only, when the thing counted begins a new life.
    void reset() noexcept { value_.store(0, std::memory_order_relaxed); }
    /// Owner only, when it goes on where another counter stopped.
    void set(std::uint64_t value) noexcept { value_.store(value, std::memory_order_relaxed); }
    [[nodiscard]] std::uint64_t read() const noexcept {
        return value_.load(std::memory_order_relaxed);
    }

private:
    std::atomic<std::uint64_t> value_{0};
};
static_assert(sizeof(WorkerCounter) == 8);

} // namespace strowger
