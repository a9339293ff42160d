// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "table/meter.h"

#include <rte_mbuf.h>

#include <cstdint>

namespace strowger::dataplane {

/// What a frame carries about itself between stages that are not in one burst, in 64 bits of the
/// mbuf's first line that only a device's flow director would use. On its way to the owner: the
/// entry that classified it. On its way out: its slot and colour. In both cases: the port where it
/// arrived.
class FrameNote {
public:
    static void write(rte_mbuf* frame, std::uint32_t value, std::uint16_t port) noexcept {
        frame->hash.fdir.lo = value;
        frame->hash.fdir.hi = port;
    }
    static void
    write(rte_mbuf* frame, std::uint32_t slot, Color color, std::uint16_t port) noexcept {
        write(frame, slot | static_cast<std::uint32_t>(color) << kColorShift, port);
    }
    [[nodiscard]] static std::uint32_t value(const rte_mbuf* frame) noexcept {
        return frame->hash.fdir.lo;
    }
    [[nodiscard]] static std::uint16_t port(const rte_mbuf* frame) noexcept {
        return static_cast<std::uint16_t>(frame->hash.fdir.hi);
    }
    [[nodiscard]] static std::uint32_t slot(const rte_mbuf* frame) noexcept {
        return value(frame) & ((1U << kColorShift) - 1);
    }
    [[nodiscard]] static Color color(const rte_mbuf* frame) noexcept {
        return static_cast<Color>(value(frame) >> kColorShift);
    }

private:
    static constexpr unsigned kColorShift = 24;
};

} // namespace strowger::dataplane
