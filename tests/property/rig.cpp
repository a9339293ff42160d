// SPDX-License-Identifier: Apache-2.0
#include "tests/property/rig.h"

#include "tests/support/describe.h"
#include "tests/support/programs.h"
#include "tests/support/reference_rewrite.h"
#include "tests/support/stepped_parts.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>

namespace strowger {
namespace {

constexpr std::uint16_t kPorts = 3;
constexpr std::uint32_t kFrameMax = 9'216;
constexpr std::size_t kCircuitsMax = 12;
// A power of two: then the real meter's multiplier is exact, and no verdict hangs on its rounding.
constexpr std::uint64_t kClockHz = 1ULL << 30U;

// The background: S-VLAN by S-VLAN, each filled with C-VLANs, unchanged from port to port.
constexpr std::uint64_t kBackgroundKey = 1'000'000;
constexpr std::uint16_t kBackgroundIn = kPorts;
constexpr std::uint16_t kBackgroundOut = kPorts + 1;
constexpr unsigned kVlansOfBackground = 4'000;
constexpr std::uint64_t kBackgroundTicket = 0;

std::uint16_t background_s(std::uint64_t index) {
    return static_cast<std::uint16_t>(1 + index / kVlansOfBackground);
}
std::uint16_t background_c(std::uint64_t index) {
    return static_cast<std::uint16_t>(1 + index % kVlansOfBackground);
}

test::SteppedDataplane::Options options_of(const RigShape& shape) {
    test::SteppedDataplane::Options options;
    options.workers = shape.workers;
    options.ports = kPorts;
    if (shape.background != 0) {
        options.ports += 2;
        options.command_ring = 64;
        options.endpoints = 3 * shape.background / shape.workers + 64;
        // Each S-VLAN's block on both ports, their roots, and what the world takes.
        options.vlan_index_bytes = (2 * (shape.background / kVlansOfBackground + 2) + 128) * 16'384;
    }
    options.rx_queues = shape.rx_queues;
    options.tx_queues = shape.tx_queues;
    options.frame_max = kFrameMax;
    options.clock_hz = kClockHz;
    // A frame for each turn: maps of many VLANs take many turns to switch, with so small a ring.
    options.parked_max = 4'096;
    return options;
}

ReferenceForwarder::Setup reference_setup() {
    ReferenceForwarder::Setup setup;
    setup.clock_hz = kClockHz;
    for (unsigned port = 0; port < kPorts; ++port) {
        setup.ports.push_back({"p" + std::to_string(port), Bytes{kFrameMax}});
    }
    return setup;
}

std::string describe(const std::optional<ReferenceForwarder::Departure>& departure) {
    return departure.has_value() ? "port " + std::to_string(departure->port.value) + ", " +
                                       describe_frame(departure->bytes)
                                 : "dropped";
}

std::string describe(const EndpointCounters& counters) {
    std::string text;
    const auto add = [&text](const char* what, const FrameCount& count) {
        text += std::string(what) + std::to_string(count.frames) + "/" +
                std::to_string(count.bytes) + " ";
    };
    add("in: green ", counters.ingress_green);
    add("yellow ", counters.ingress_yellow);
    add("red ", counters.ingress_red);
    add("out: green ", counters.egress_green);
    add("yellow ", counters.egress_yellow);
    for (std::size_t i = 0; i < kDropReasonCount; ++i) {
        if (counters.drops[i] > 0) {
            text +=
                std::string(kDropReasonNames[i]) + " " + std::to_string(counters.drops[i]) + " ";
        }
    }
    return text;
}

template <typename Drops>
std::uint64_t sum(const Drops& drops) {
    return std::accumulate(drops.begin(), drops.end(), std::uint64_t{0});
}

std::uint64_t drops_in(const EndpointCounters& counters, DropReason first, DropReason last) {
    std::uint64_t count = 0;
    for (auto i = static_cast<std::size_t>(first); i <= static_cast<std::size_t>(last); ++i) {
        count += counters.drops.at(i);
    }
    return count;
}

/// Frames that arrived at an endpoint, whatever became of them.
std::uint64_t arrived_at(const EndpointCounters& counters) {
    return counters.ingress_green.frames + counters.ingress_yellow.frames +
           counters.ingress_red.frames +
           drops_in(counters, DropReason::Suspended, DropReason::SourceMac) +
           drops_in(counters, DropReason::HandoverFull, DropReason::HandoverFull);
}

} // namespace

Rig::Rig(const RigShape& shape, std::uint64_t seed, Meters meters)
    : shape_(shape),
      random_(seed),
      world_(random_, {kPorts, kFrameMax, meters == Meters::Random}),
      real_(options_of(shape)),
      before_(reference_setup()),
      after_(reference_setup()),
      baseline_(test::frames_in_use()) {
    install_background();
}

void Rig::install_background() {
    for (std::uint64_t index = 0; index < shape_.background; ++index) {
        const CircuitKey key{kBackgroundKey + index};
        const std::uint16_t s = background_s(index);
        const std::uint16_t c = background_c(index);
        const CircuitProgram program = program_of(
            {PortIndex{kBackgroundIn}, Tpid::STag88a8, s_c_vlans(s, c, c), unlimited()},
            {PortIndex{kBackgroundOut}, Tpid::STag88a8, s_c_vlans(s, c, c), unlimited()}
        );
        ASSERT_TRUE(dataplane().stage(key, program)) << index;
        dataplane().commit(key, kBackgroundTicket);
        if (dataplane().outstanding() >= 32 || index + 1 == shape_.background) {
            settle();
        }
    }
}

void Rig::send_background() {
    const std::uint64_t index = random_.below(shape_.background);
    FrameSpec spec;
    spec.tags = {{0x88A8, background_s(index)}, {.vid = background_c(index)}};
    const auto queue = static_cast<unsigned>(index % shape_.rx_queues);
    if (real_.inject(kBackgroundIn, build_frame(spec), queue)) {
        ++sent_;
        ++background_sent_;
    }
}

void Rig::collect_background() {
    const std::size_t left = real_.collect(kBackgroundOut).size();
    collected_ += left;
    background_left_ += left;
}

bool Rig::stage(CircuitKey key, const CircuitProgram& program) {
    const Result<void> staged = dataplane().stage(key, program);
    const Result<void> wanted = after_.stage(key, program);
    if (wanted) {
        after_.unstage(key);
    }
    if (!staged) {
        // The dice have more S-VLANs than the real dataplane has index blocks; nothing else is
        // legal.
        const std::string code = staged.error().problems.at(0).code;
        EXPECT_TRUE(code == "capacity_exceeded" || !wanted) << code;
        return false;
    }
    EXPECT_TRUE(wanted) << wanted.error().message;
    if (!wanted || random_.chance(10)) {
        dataplane().unstage(key);
        return false;
    }
    return true;
}

void Rig::begin_move() {
    const std::optional<CircuitKey> known = world_.any();
    const auto worker = static_cast<std::uint32_t>(random_.below(shape_.workers));
    if (shape_.background != 0 && random_.chance(50)) {
        const CircuitKey key{kBackgroundKey + random_.below(shape_.background)};
        moves_ += real_.parts().dataplane->move(key, worker) ? 1 : 0;
    } else if (known.has_value()) {
        moves_ += real_.parts().dataplane->move(*known, worker) ? 1 : 0;
    }
}

bool Rig::begin_change() {
    const std::uint64_t dice = random_.below(100);
    const std::optional<CircuitKey> known = world_.any();
    Change change;
    if (known.has_value() && (dice < 15 || world_.circuits().size() >= kCircuitsMax)) {
        change.key = *known;
        world_.plan_removal(change.key);
        dataplane().remove(change.key, ++last_ticket_);
    } else {
        const bool is_new = !known.has_value() || dice < 55;
        change.key = is_new ? world_.new_key() : *known;
        change.program = is_new ? world_.invent(std::nullopt) : world_.alter(change.key);
        if (change.program.has_value() && random_.chance(20)) {
            // None: any of them.
            change.program->workers.bits =
                static_cast<std::uint32_t>(random_.below(std::uint64_t{1} << shape_.workers));
        }
        if (!change.program.has_value() || !stage(change.key, *change.program)) {
            return false;
        }
        world_.plan(change.key, *change.program);
        dataplane().commit(change.key, ++last_ticket_);
    }
    apply(after_, change);
    under_way_.emplace(last_ticket_, std::move(change));
    return true;
}

void Rig::begin_changes(std::uint64_t count) {
    before_.set_time(real_.now());
    after_.set_time(real_.now());
    for (std::uint64_t attempt = 0; attempt < 4 * count && under_way_.size() < count; ++attempt) {
        begin_change();
    }
    EXPECT_GE(dataplane().outstanding(), under_way_.size());
}

void Rig::apply(ReferenceForwarder& reference, const Change& change) {
    if (change.program.has_value()) {
        EXPECT_TRUE(reference.stage(change.key, *change.program));
        reference.commit(change.key, 0);
    } else {
        reference.remove(change.key, 0);
    }
    std::array<Completion, 1> done;
    EXPECT_EQ(reference.poll(done), 1U);
}

void Rig::take(const std::vector<Completion>& completions) {
    for (const Completion& completion : completions) {
        if (completion.ticket == kBackgroundTicket) {
            continue;
        }
        const auto found = under_way_.find(completion.ticket);
        if (found == under_way_.end()) {
            ADD_FAILURE() << "ticket " << completion.ticket << " was not under way";
            continue;
        }
        const bool removal = !found->second.program.has_value();
        EXPECT_EQ(completion.final_counters.has_value(), removal);
        if (removal && completion.final_counters.has_value()) {
            removed_.emplace(found->second.key, *completion.final_counters);
        }
        completed_.push_back(std::move(found->second));
        under_way_.erase(found);
    }
}

void Rig::end_changes() {
    EXPECT_TRUE(under_way_.empty()) << under_way_.size() << " changes did not complete";
    for (const Change& change : completed_) {
        apply(before_, change);
    }
    completed_.clear();
    world_.plans_happened();
}

void Rig::disturb() {
    for (std::uint16_t port = 0; port < kPorts; ++port) {
        if (random_.chance(10)) {
            const bool up = random_.chance(85);
            real_.set_link(port, up);
            before_.set_link(PortIndex{port}, up);
            after_.set_link(PortIndex{port}, up);
        }
    }
    if (random_.chance(80)) {
        real_.advance(random_.chance(2) ? random_.magnitude(55) : random_.magnitude(26));
    }
}

bool Rig::send() {
    const World::Arrival arrival = world_.frame();
    // As a device's hash does: one circuit, one queue, so that its frames keep their order.
    const auto owner = after_.owner_of(arrival.port, arrival.bytes);
    const auto old_owner = before_.owner_of(arrival.port, arrival.bytes);
    const std::uint64_t spread = owner.value_or(old_owner.value_or(CircuitKey{0})).value;
    const auto queue = static_cast<unsigned>(spread % shape_.rx_queues);
    if (!real_.inject(arrival.port.value, arrival.bytes, queue)) {
        return false;
    }
    ++sent_;
    ++sent_to_.at(arrival.port.value);
    Outcomes outcomes;
    outcomes.arrived = arrival.port;
    outcomes.before = before_.forward(arrival.port, arrival.bytes, real_.now());
    outcomes.after = after_.forward(arrival.port, arrival.bytes, real_.now());
    add_between(arrival, before_, outcomes);
    add_between(arrival, after_, outcomes);
    outcomes.story = tell(arrival, outcomes);
    outcomes_.insert_or_assign(arrival.id, std::move(outcomes));
    return true;
}

void Rig::add_between(
    const World::Arrival& arrival,
    ReferenceForwarder& reference,
    Outcomes& outcomes
) {
    if (reference.last_drop() != DropReason::EgressUnmapped) {
        return;
    }
    ReferenceForwarder::Departure leaving = reference.unchecked(arrival.port, arrival.bytes);
    const std::vector<reference::Tag> tags = reference::parse_tags(leaving.bytes).value();
    for (const ReferenceForwarder* const other : {&before_, &after_}) {
        const CircuitProgram* const program = other->program(leaving.circuit);
        const auto maps = [&](const EndpointProgram& endpoint) {
            return endpoint.port == leaving.port && reference::belongs(tags, endpoint);
        };
        if (program != nullptr && maps(program->endpoints.at(1 - leaving.from))) {
            outcomes.between.push_back(leaving);
        }
    }
}

std::string Rig::tell(const World::Arrival& arrival, const Outcomes& outcomes) {
    std::string text = "\narrived at port " + std::to_string(arrival.port.value) + ": " +
                       describe_frame(arrival.bytes) +
                       "\nbefore changes: " + describe(outcomes.before) +
                       "\nafter changes:  " + describe(outcomes.after);
    for (ReferenceForwarder* const reference : {&before_, &after_}) {
        const auto owner = reference->owner_of(arrival.port, arrival.bytes);
        const CircuitProgram* const program =
            owner.has_value() ? reference->program(*owner) : nullptr;
        if (program != nullptr) {
            text += "\ncircuit " + std::to_string(owner->value) + ": " + describe_program(*program);
        }
    }
    return text;
}

void Rig::step_any() {
    const auto chosen = static_cast<unsigned>(random_.below(shape_.workers + 1));
    if (chosen < shape_.workers) {
        step(chosen);
    } else {
        take(real_.poll());
    }
    check_nothing_lost();
}

void Rig::step(unsigned worker) {
    real_.step(worker);
    if (moves_ != 0) {
        collect();
    }
}

void Rig::step_all() {
    std::vector<unsigned> order(shape_.workers);
    std::iota(order.begin(), order.end(), 0U);
    for (std::size_t i = order.size(); i > 1; --i) {
        std::swap(order[i - 1], order[random_.below(i)]);
    }
    for (const unsigned worker : order) {
        step(worker);
        check_nothing_lost();
    }
    take(real_.poll());
}

void Rig::settle() {
    bool moved = true;
    while (moved) {
        const std::vector<Completion> completions = real_.poll();
        moved = !completions.empty();
        take(completions);
        for (unsigned worker = 0; worker < shape_.workers; ++worker) {
            moved = real_.step(worker) || moved;
            if (moves_ != 0) {
                collect();
            }
        }
    }
    check_nothing_lost();
}

void Rig::collect() {
    if (shape_.background != 0) {
        collect_background();
    }
    for (std::uint16_t port = 0; port < kPorts; ++port) {
        for (const FrameBytes& bytes : real_.collect(port)) {
            ++collected_;
            check_departure(PortIndex{port}, bytes);
        }
    }
    check_nothing_lost();
}

void Rig::check_departure(PortIndex port, const FrameBytes& bytes) {
    const std::uint64_t id = frame_id(bytes);
    const auto found = outcomes_.find(id);
    if (found == outcomes_.end()) {
        ADD_FAILURE() << "port " << port.value
                      << " sent a frame twice, or one that nobody sent: " << describe_frame(bytes);
        return;
    }
    const Outcomes& outcomes = found->second;
    std::vector<ReferenceForwarder::Departure> legal = outcomes.between;
    for (const auto* outcome : {&outcomes.before, &outcomes.after}) {
        if (outcome->has_value()) {
            legal.push_back(**outcome);
        }
    }
    const auto alike = [&](const auto& departure) {
        return departure.port == port && departure.bytes == bytes;
    };
    const auto taken = std::find_if(legal.begin(), legal.end(), alike);
    if (taken == legal.end()) {
        ADD_FAILURE() << "left by port " << port.value << ": " << describe_frame(bytes)
                      << outcomes.story;
    } else {
        std::uint64_t& last = last_id_[Flow{taken->circuit, outcomes.arrived, port}];
        EXPECT_LT(last, id) << "circuit " << taken->circuit.value << " lost the order of frames";
        last = id;
        const auto other_end = [&](const auto& departure) {
            return alike(departure) && departure.from != taken->from;
        };
        if (std::any_of(taken, legal.end(), other_end)) {
            either_end_.insert(taken->circuit);
        }
        FrameCount& left = left_[{taken->circuit, taken->from}];
        ++left.frames;
        left.bytes += bytes.size() + 4;
    }
    outcomes_.erase(found);
}

std::uint64_t Rig::end_round() {
    std::uint64_t missing = 0;
    for (const auto& [id, outcomes] : outcomes_) {
        missing += outcomes.must_leave() ? 1 : 0;
    }
    outcomes_.clear();
    return missing;
}

std::string Rig::describe_missing() const {
    std::string text;
    for (const auto& [id, outcomes] : outcomes_) {
        text += outcomes.must_leave() ? outcomes.story : "";
    }
    return text;
}

WorkerCounters Rig::totals() {
    WorkerCounters totals;
    for (const WorkerStatus& worker : dataplane().workers()) {
        totals.rx_frames += worker.counters.rx_frames;
        totals.tx_frames += worker.counters.tx_frames;
        totals.handed_over += worker.counters.handed_over;
        totals.taken_over += worker.counters.taken_over;
        for (std::size_t i = 0; i < kDropReasonCount; ++i) {
            totals.drops[i] += worker.counters.drops[i];
        }
    }
    return totals;
}

/// rx = tx + drops + in flight, at every moment. What is in flight is known from the buffers: every
/// one in use waits in a receive queue, inside the workers, or in a transmit queue.
void Rig::check_nothing_lost() {
    const WorkerCounters total = totals();
    const std::uint64_t dropped = sum(total.drops);
    const std::uint64_t in_use = test::frames_in_use() - baseline_;
    ASSERT_LE(total.rx_frames, sent_);
    ASSERT_LE(collected_, total.tx_frames);
    const std::uint64_t waiting = (sent_ - total.rx_frames) + (total.tx_frames - collected_);
    ASSERT_LE(waiting, in_use);
    const std::uint64_t in_flight = in_use - waiting;
    ASSERT_EQ(total.rx_frames, total.tx_frames + dropped + in_flight);
    ASSERT_LE(total.taken_over, total.handed_over);
    ASSERT_LE(total.handed_over - total.taken_over, in_flight);
}

std::uint64_t Rig::dropped(DropReason reason) {
    return totals().drops[static_cast<std::size_t>(reason)];
}

void Rig::expect_same_counters() {
    for (const auto& [key, program] : world_.circuits()) {
        const std::optional<CircuitCounters> counted = dataplane().counters(key);
        const std::optional<CircuitCounters> wanted = before_.counters(key);
        ASSERT_TRUE(counted.has_value() && wanted.has_value());
        for (std::size_t end = 0; end < 2; ++end) {
            EXPECT_EQ(describe(counted->endpoints[end]), describe(wanted->endpoints[end]))
                << "circuit " << key.value << " end " << end;
        }
    }
    for (std::uint16_t port = 0; port < kPorts; ++port) {
        const PortCounters counted = dataplane().port_counters(PortIndex{port});
        const PortCounters wanted = before_.port_counters(PortIndex{port});
        EXPECT_EQ(counted.rx, wanted.rx);
        EXPECT_EQ(counted.tx, wanted.tx);
        EXPECT_EQ(counted.drops, wanted.drops);
    }
    const WorkerCounters wanted = before_.workers().at(0).counters;
    const WorkerCounters counted = totals();
    EXPECT_EQ(counted.rx_frames, wanted.rx_frames);
    EXPECT_EQ(counted.tx_frames, wanted.tx_frames);
    EXPECT_EQ(counted.drops, wanted.drops);
}

void Rig::expect_same_arrivals() {
    for (const auto& [key, program] : world_.circuits()) {
        const CircuitCounters counted = dataplane().counters(key).value();
        const CircuitCounters wanted = before_.counters(key).value();
        for (std::size_t end = 0; end < 2; ++end) {
            EXPECT_EQ(arrived_at(counted.endpoints[end]), arrived_at(wanted.endpoints[end]))
                << "circuit " << key.value << " end " << end << "\n"
                << describe(counted.endpoints[end]) << "\n"
                << describe(wanted.endpoints[end]);
        }
    }
}

void Rig::check_endpoint(CircuitKey key, const CircuitCounters& counters, std::size_t end) {
    SCOPED_TRACE("circuit " + std::to_string(key.value) + " end " + std::to_string(end));
    const EndpointCounters& near = counters.endpoints.at(end);
    const EndpointCounters& far = counters.endpoints.at(1 - end);
    const std::uint64_t passed = near.ingress_green.frames + near.ingress_yellow.frames;
    const std::uint64_t left = far.egress_green.frames + far.egress_yellow.frames;
    EXPECT_EQ(passed, left + drops_in(near, DropReason::EgressUnmapped, DropReason::TxFull))
        << "arrived: " << describe(near) << "\nleft: " << describe(far);
    EXPECT_EQ(near.ingress_red.frames, drops_in(near, DropReason::Policed, DropReason::Policed));
    EXPECT_EQ(drops_in(near, DropReason::Malformed, DropReason::Unmatched), 0U);
    check_what_left(key, counters, end);
}

void Rig::check_what_left(CircuitKey key, const CircuitCounters& counters, std::size_t end) {
    const auto counted = [&counters](std::size_t from) {
        const EndpointCounters& far = counters.endpoints.at(1 - from);
        return FrameCount{
            far.egress_green.frames + far.egress_yellow.frames,
            far.egress_green.bytes + far.egress_yellow.bytes};
    };
    FrameCount left = counted(end);
    FrameCount seen = left_[{key, end}];
    if (either_end_.contains(key)) {
        left.frames += counted(1 - end).frames;
        left.bytes += counted(1 - end).bytes;
        seen.frames += left_[{key, 1 - end}].frames;
        seen.bytes += left_[{key, 1 - end}].bytes;
    }
    EXPECT_EQ(left.frames, seen.frames);
    EXPECT_EQ(left.bytes, seen.bytes);
}

void Rig::expect_conserved() {
    const WorkerCounters total = totals();
    EXPECT_EQ(total.rx_frames, sent_);
    EXPECT_EQ(total.tx_frames, collected_);
    EXPECT_EQ(total.rx_frames, total.tx_frames + sum(total.drops));
    EXPECT_EQ(total.handed_over, total.taken_over);
    EXPECT_EQ(test::frames_in_use(), baseline_);
    EXPECT_EQ(background_sent_, background_left_);

    std::array<std::uint64_t, kDropReasonCount> dropped{};
    for (std::uint16_t port = 0; port < kPorts; ++port) {
        const PortCounters counters = dataplane().port_counters(PortIndex{port});
        EXPECT_EQ(counters.rx.frames, sent_to_.at(port));
        for (std::size_t i = 0; i < kDropReasonCount; ++i) {
            dropped[i] += counters.drops[i];
        }
    }
    EXPECT_EQ(dropped, total.drops);

    for (const auto& [key, counters] : removed_) {
        EXPECT_FALSE(dataplane().counters(key).has_value());
        check_endpoint(key, counters, 0);
        check_endpoint(key, counters, 1);
    }
    for (const auto& [key, program] : world_.circuits()) {
        const std::optional<CircuitCounters> counters = dataplane().counters(key);
        ASSERT_TRUE(counters.has_value()) << "circuit " << key.value;
        check_endpoint(key, *counters, 0);
        check_endpoint(key, *counters, 1);
    }
}

} // namespace strowger
