// SPDX-License-Identifier: Apache-2.0
#include "tests/support/reference_forwarder.h"

#include "tests/support/programs.h"
#include "tests/support/reference_rewrite.h"

#include <algorithm>

namespace strowger {
namespace {

constexpr std::uint64_t kFcsSize = 4;
constexpr std::uint64_t kMeteredSizeMin = 64;
constexpr std::uint8_t kGroupBit = 1;
constexpr std::uint16_t kDei = 0x1000;

std::uint64_t size_with_fcs(const FrameBytes& bytes) {
    return bytes.size() + kFcsSize;
}

void count(FrameCount& counter, const FrameBytes& bytes) {
    ++counter.frames;
    counter.bytes += size_with_fcs(bytes);
}

template <typename Drops>
void count_drop(Drops& drops, DropReason reason) {
    ++drops.at(static_cast<std::size_t>(reason));
}

/// 01-80-C2-00-00-00 to -0F (802.1Q table 8-1); of these an EPL refuses only -01, PAUSE.
bool is_refused_l2cp(const FrameBytes& bytes, bool transparent) {
    static constexpr std::array<std::uint8_t, 5> kReserved = {0x01, 0x80, 0xC2, 0x00, 0x00};
    if (!std::equal(kReserved.begin(), kReserved.end(), bytes.begin()) || bytes.at(5) > 0x0F) {
        return false;
    }
    return !transparent || bytes.at(5) == 0x01;
}

Error conflict(std::string code, std::string message) {
    return Error{ErrorCode::Conflict, message, {{"", std::move(code), message, "", ""}}};
}

} // namespace

ReferenceForwarder::ReferenceForwarder(Setup setup)
    : clock_hz_(setup.clock_hz), capacity_(setup.capacity) {
    STROWGER_CHECK(clock_hz_ > 0);
    for (PortSetup& port : setup.ports) {
        ports_.push_back({std::move(port.name), port.frame_max, true, WorkerSet{.bits = 1}, {}});
    }
}

std::optional<ReferenceForwarder::Departure>
ReferenceForwarder::forward(PortIndex port, const FrameBytes& bytes, std::uint64_t now) {
    now_ = std::max(now_, now);
    Port& arrival = ports_.at(port.value);
    count(arrival.counters.rx, bytes);
    ++worker_.rx_frames;

    std::optional<DropReason> reason;
    FrameBytes leaving;
    std::optional<Match> match;
    if (!reference::parse_tags(bytes).has_value()) {
        reason = DropReason::Malformed;
    } else if (match = find(port, bytes); !match.has_value()) {
        reason = DropReason::Unmatched;
        log_unmatched(arrival, bytes);
    } else if (reason = pass(*match, bytes, leaving); reason.has_value()) {
        count_drop(match->circuit->counters.endpoints.at(match->from).drops, *reason);
    }
    last_drop_ = reason;
    if (reason.has_value()) {
        count_drop(arrival.counters.drops, *reason);
        count_drop(worker_.drops, *reason);
        return std::nullopt;
    }
    const PortIndex out = match->circuit->program.endpoints.at(1 - match->from).port;
    count(ports_.at(out.value).counters.tx, leaving);
    ++worker_.tx_frames;
    return Departure{out, std::move(leaving), match->key, match->from};
}

std::optional<CircuitKey> ReferenceForwarder::owner_of(PortIndex port, const FrameBytes& bytes) {
    if (!reference::parse_tags(bytes).has_value()) {
        return std::nullopt;
    }
    const std::optional<Match> match = find(port, bytes);
    return match.has_value() ? std::optional(match->key) : std::nullopt;
}

ReferenceForwarder::Departure
ReferenceForwarder::unchecked(PortIndex port, const FrameBytes& bytes) {
    const Match match = find(port, bytes).value();
    const auto& endpoints = match.circuit->program.endpoints;
    const EndpointProgram& to = endpoints.at(1 - match.from);
    FrameBytes leaving = reference::rewrite(bytes, endpoints.at(match.from), to);
    return {to.port, std::move(leaving), match.key, match.from};
}

std::optional<ReferenceForwarder::Match>
ReferenceForwarder::find(PortIndex port, const FrameBytes& bytes) {
    const std::vector<reference::Tag> tags = reference::parse_tags(bytes).value();
    const auto takes = [&](const EndpointProgram& endpoint) {
        return endpoint.port == port && reference::belongs(tags, endpoint);
    };
    std::optional<Match> match;
    for (auto& [key, circuit] : circuits_) {
        const auto& endpoints = circuit.program.endpoints;
        const auto found = std::find_if(endpoints.begin(), endpoints.end(), takes);
        if (found == endpoints.end()) {
            continue;
        }
        STROWGER_CHECK(!match.has_value());
        STROWGER_CHECK(std::none_of(found + 1, endpoints.end(), takes));
        match = Match{key, &circuit, static_cast<std::size_t>(found - endpoints.begin())};
    }
    return match;
}

std::optional<DropReason>
ReferenceForwarder::pass(const Match& match, const FrameBytes& bytes, FrameBytes& leaving) {
    const CircuitProgram& program = match.circuit->program;
    if (!program.forwarding) {
        return DropReason::Suspended;
    }
    if (size_with_fcs(bytes) > program.frame_max.value) {
        return DropReason::Oversize;
    }
    if (is_refused_l2cp(bytes, program.l2cp_transparent)) {
        return DropReason::L2cp;
    }
    if ((bytes.at(6) & kGroupBit) != 0) {
        return DropReason::SourceMac;
    }
    bool green = false;
    if (const auto reason = meter(match, bytes, green); reason.has_value()) {
        return reason;
    }
    const EndpointProgram& from = program.endpoints.at(match.from);
    const EndpointProgram& to = program.endpoints.at(1 - match.from);
    leaving = reference::rewrite(bytes, from, to);
    const auto tags = reference::parse_tags(leaving);
    if (!tags.has_value() || !reference::belongs(*tags, to)) {
        return DropReason::EgressUnmapped;
    }
    if (!ports_.at(to.port.value).link_up) {
        return DropReason::LinkDown;
    }
    EndpointCounters& far = match.circuit->counters.endpoints.at(1 - match.from);
    count(green ? far.egress_green : far.egress_yellow, leaving);
    return std::nullopt;
}

std::optional<DropReason>
ReferenceForwarder::meter(const Match& match, const FrameBytes& bytes, bool& green) {
    const std::vector<reference::Tag> tags = reference::parse_tags(bytes).value();
    const bool arrived_yellow = !tags.empty() && (tags.front().tci & kDei) != 0;
    const std::uint64_t length = std::max(size_with_fcs(bytes), kMeteredSizeMin);
    EndpointCounters& counters = match.circuit->counters.endpoints.at(match.from);
    switch (match.circuit->meters.at(match.from).color(length, arrived_yellow, now_)) {
        case ReferenceColor::Green:
            count(counters.ingress_green, bytes);
            green = true;
            return std::nullopt;
        case ReferenceColor::Yellow:
            count(counters.ingress_yellow, bytes);
            return std::nullopt;
        case ReferenceColor::Red:
            break;
    }
    count(counters.ingress_red, bytes);
    return DropReason::Policed;
}

void ReferenceForwarder::log_unmatched(Port& port, const FrameBytes& bytes) {
    const std::vector<reference::Tag> tags = reference::parse_tags(bytes).value();
    UnmatchedTags seen;
    seen.outer_tpid = tags.empty() ? std::uint16_t{0} : tags[0].tpid;
    seen.outer_vid = tags.empty() ? std::uint16_t{0} : tags[0].vid();
    seen.inner_vid = tags.size() < 2 ? std::nullopt : std::optional(tags[1].vid());
    std::vector<UnmatchedTags>& log = port.counters.unmatched;
    const auto known = std::find_if(log.begin(), log.end(), [&seen](const UnmatchedTags& entry) {
        return entry.outer_tpid == seen.outer_tpid && entry.outer_vid == seen.outer_vid &&
               entry.inner_vid == seen.inner_vid;
    });
    if (known != log.end()) {
        seen.frames = known->frames;
        log.erase(known);
    }
    ++seen.frames;
    log.insert(log.begin(), seen);
    log.resize(std::min(log.size(), kUnmatchedTagsKept));
}

Result<void> ReferenceForwarder::stage(CircuitKey key, const CircuitProgram& next) {
    STROWGER_CHECK(staged_.count(key) == 0);
    for (std::size_t end = 0; end < next.endpoints.size(); ++end) {
        const PortIndex port = next.endpoints.at(end).port;
        if (longest_frame_at(next, end) > ports_.at(port.value).frame_max) {
            return conflict("frame_too_large_for_port", "The port passes shorter frames only.");
        }
    }
    const auto is_new = [this](CircuitKey one) { return circuits_.count(one) == 0; };
    std::size_t held = circuits_.size();
    for (const auto& [other, program] : staged_) {
        held += is_new(other) ? 1 : 0;
    }
    for (const Change& change : under_way_) {
        held += is_new(change.key) ? 1 : 0;
    }
    if (is_new(key) && held >= capacity_) {
        return conflict("capacity_exceeded", "There is no room for another circuit.");
    }
    staged_.emplace(key, next);
    return {};
}

void ReferenceForwarder::unstage(CircuitKey key) {
    STROWGER_CHECK(staged_.erase(key) == 1);
}

void ReferenceForwarder::commit(CircuitKey key, std::uint64_t ticket) {
    const auto found = staged_.find(key);
    STROWGER_CHECK(found != staged_.end());
    under_way_.push_back({key, ticket, found->second});
    staged_.erase(found);
}

void ReferenceForwarder::remove(CircuitKey key, std::uint64_t ticket) {
    STROWGER_CHECK(circuits_.count(key) == 1 && staged_.count(key) == 0);
    under_way_.push_back({key, ticket, std::nullopt});
}

std::size_t ReferenceForwarder::poll(std::span<Completion> completions) {
    std::size_t done = 0;
    while (done < completions.size() && !under_way_.empty()) {
        completions[done] = apply(under_way_.front());
        under_way_.pop_front();
        ++done;
    }
    return done;
}

Completion ReferenceForwarder::apply(const Change& change) {
    if (!change.program.has_value()) {
        const std::optional<CircuitCounters> last = counters(change.key);
        circuits_.erase(change.key);
        return {change.ticket, last};
    }
    const auto& endpoints = change.program->endpoints;
    const auto [found, is_new] =
        circuits_.try_emplace(change.key, Circuit{*change.program, {}, {}});
    Circuit& circuit = found->second;
    for (std::size_t end = 0; end < endpoints.size(); ++end) {
        if (is_new) {
            circuit.meters.emplace_back(endpoints.at(end).bandwidth, clock_hz_, now_);
        } else {
            circuit.meters.at(end).reconfigure(endpoints.at(end).bandwidth, now_);
        }
    }
    circuit.program = *change.program;
    return {change.ticket, std::nullopt};
}

std::optional<CircuitCounters> ReferenceForwarder::counters(CircuitKey key) const {
    const auto found = circuits_.find(key);
    return found == circuits_.end() ? std::nullopt : std::optional(found->second.counters);
}

/// All its frames are forwarded one after the other, whoever receives them.
Result<void> ReferenceForwarder::assign_receivers(PortIndex port, const ReceiverPlan& plan) {
    if (plan.others.empty()) {
        return Error{ErrorCode::Invalid, "a port needs a worker that receives", {}};
    }
    if (!plan.steered.empty()) {
        return Error{ErrorCode::Unavailable, "no device steers here", {}};
    }
    ports_.at(port.value).receivers = plan.others;
    return {};
}

PortStatus ReferenceForwarder::port_status(PortIndex port) const {
    const Port& found = ports_.at(port.value);
    PortStatus status;
    status.name = found.name;
    status.driver = "reference";
    status.mac = "02:00:5e:00:00:01";
    status.link_up = found.link_up;
    status.frame_max = found.frame_max;
    status.receivers = found.receivers;
    status.plan.others = found.receivers;
    return status;
}

PortCounters ReferenceForwarder::port_counters(PortIndex port) const {
    return ports_.at(port.value).counters;
}

std::vector<WorkerStatus> ReferenceForwarder::workers() const {
    WorkerStatus worker;
    worker.circuits = static_cast<std::uint32_t>(circuits_.size());
    worker.counters = worker_;
    worker.counters.loops = worker_.rx_frames;
    return {worker};
}

} // namespace strowger
