// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace strowger {

// Each frame that is not transmitted leaves under exactly one of these.
// X(enumerator, api_name, sentence)
#define STROWGER_DROP_REASONS(X)                                                                \
    X(Malformed,                                                                                \
      "malformed",                                                                              \
      "shorter than its own Ethernet header and tags, or not in one buffer")                    \
    X(Unmatched, "unmatched", "no endpoint of this port maps the frame's tags")                 \
    X(Suspended, "suspended", "the circuit is administratively down or held")                   \
    X(Oversize, "oversize", "longer than the circuit's maximum frame")                          \
    X(L2cp, "l2cp", "a layer 2 control protocol frame that the service does not carry")         \
    X(SourceMac, "source_mac", "the source address is a group address")                         \
    X(Policed, "policed", "red: above the committed and the excess rate")                       \
    X(EgressUnmapped, "egress_unmapped", "as it would leave, the far endpoint does not map it") \
    X(NoHeadroom, "no_headroom", "no room in the buffer for the far endpoint's tags")           \
    X(LinkDown, "link_down", "the far port's link is down")                                     \
    X(TxFull, "tx_full", "the far port's transmit queue is full")                               \
    X(HandoverFull, "handover_full", "no room on the way to the worker that owns the circuit")

enum class DropReason : std::uint8_t {
#define STROWGER_ENUMERATOR(name, api, text) name,
    STROWGER_DROP_REASONS(STROWGER_ENUMERATOR)
#undef STROWGER_ENUMERATOR
};

inline constexpr std::array kDropReasonNames = {
#define STROWGER_NAME(name, api, text) std::string_view{api},
    STROWGER_DROP_REASONS(STROWGER_NAME)
#undef STROWGER_NAME
};
inline constexpr std::array kDropReasonTexts = {
#define STROWGER_TEXT(name, api, text) std::string_view{text},
    STROWGER_DROP_REASONS(STROWGER_TEXT)
#undef STROWGER_TEXT
};
inline constexpr std::size_t kDropReasonCount = kDropReasonNames.size();

} // namespace strowger
