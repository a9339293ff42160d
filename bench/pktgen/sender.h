// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "pktgen/circuit_order.h"
#include "pktgen/frame.h"
#include "pktgen/frame_sizes.h"
#include "pktgen/large_pages.h"
#include "pktgen/pacer.h"
#include "strowger/base/worker_counter.h"

#include <array>
#include <cstdint>
#include <span>
#include <vector>

struct rte_mbuf;
struct rte_mempool;

namespace strowger::pktgen {

inline constexpr std::uint16_t kBurstMax = 256;

/// Makes frames and hands them to a device. A frame that the device does not take is kept and
/// offered again: a slow device shows as back-pressure and never as loss.
class Sender {
public:
    struct Setup {
        std::uint16_t port = 0;
        std::uint16_t burst = 32;
        rte_mempool* pool = nullptr; ///< buffers prepared by prepare_buffers()
        const std::vector<CircuitEntry>* order = nullptr;
        const SizeProfile* sizes = nullptr;
        TagLayout layout{};
        MacAddresses addresses{};
        std::uint64_t tsc_hz = 0;
        bool numbered = false; ///< sequence numbers for each circuit, else for all together
    };

    explicit Sender(const Setup& setup);
    Sender(const Sender&) = delete;
    Sender& operator=(const Sender&) = delete;
    Sender(Sender&&) = delete;
    Sender& operator=(Sender&&) = delete;
    ~Sender();

    /// A new trial from `now` on. `frames_max` 0: no end.
    void begin(std::uint32_t trial, double pps, std::uint64_t frames_max, std::uint64_t now);
    /// One burst, if it is due.
    void turn(std::uint64_t now) noexcept;
    /// Whether `frames_max` frames have been taken by the device.
    [[nodiscard]] bool finished() const noexcept { return left_ == 0 && pending_ == 0; }
    /// Takes back what the device did not take: those frames were never sent.
    void end() noexcept;

    [[nodiscard]] std::uint64_t sent() const noexcept { return sent_.read(); }
    [[nodiscard]] std::uint64_t bursts() const noexcept { return bursts_; }
    [[nodiscard]] std::uint64_t refused() const noexcept { return refused_; }
    [[nodiscard]] std::uint64_t no_buffer() const noexcept { return no_buffer_; }
    [[nodiscard]] std::uint64_t skipped() const noexcept { return pacer_.skipped(); }
    /// Frames sent of each circuit in this trial, when they are numbered.
    [[nodiscard]] std::span<const std::uint64_t> sent_of_circuits() const { return numbers_; }

private:
    void build(std::uint32_t count, std::uint64_t now) noexcept;
    template <bool kNumbered, bool kOneSize>
    void stamp(std::uint32_t count, std::uint32_t time) noexcept;
    const CircuitEntry& next_circuit() noexcept;

    Setup setup_;
    std::vector<FrameTemplate> templates_;
    LargeVector<std::uint64_t> numbers_; ///< next sequence number of each circuit
    SizeWalk walk_;
    Pacer pacer_;
    std::uint64_t left_ = 0;
    std::uint64_t number_ = 0;
    std::uint32_t position_ = 0;
    std::uint32_t trial_ = 0;
    std::uint32_t head_ = 0;
    std::uint32_t pending_ = 0;
    std::array<rte_mbuf*, kBurstMax> frames_{};
    std::array<std::uint32_t, kBurstMax> circuits_{};
    WorkerCounter sent_; ///< read by the thread that shows progress
    std::uint64_t bursts_ = 0;
    std::uint64_t refused_ = 0;
    std::uint64_t no_buffer_ = 0;
};

/// Writes the filling of all frames into a pool's buffers, once: only heads differ.
void prepare_buffers(rte_mempool* pool);

} // namespace strowger::pktgen
