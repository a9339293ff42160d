// SPDX-License-Identifier: Apache-2.0
#include "pktgen/tag_plan.h"

#include <algorithm>
#include <fmt/format.h>
#include <string>
#include <utility>
#include <vector>

namespace strowger::pktgen {

namespace {

constexpr std::int64_t kVidMin = 1;
constexpr std::int64_t kVidMax = 4'094; // 4095 is reserved (IEEE 802.1Q table 9-2)

class Faults {
public:
    void add(std::string option, std::string message, std::string hint) {
        problems_.push_back(
            {.pointer = std::move(option),
             .code = "out_of_range",
             .message = std::move(message),
             .hint = std::move(hint),
             .rule = {}}
        );
    }
    [[nodiscard]] bool any() const noexcept { return !problems_.empty(); }
    [[nodiscard]] Error error() && {
        return {
            .code = ErrorCode::Invalid,
            .message = "the tag plan cannot be used",
            .problems = std::move(problems_)};
    }

private:
    std::vector<Problem> problems_;
};

void check_vids(Faults& faults, const std::string& what, std::int64_t first, std::int64_t last) {
    if (first < kVidMin || last > kVidMax) {
        faults.add(
            what,
            fmt::format("{} would run from {} to {}", what, first, last),
            fmt::format("{} to {}", kVidMin, kVidMax)
        );
    }
}

std::int64_t s_vlans(const TagPlanSpec& spec) {
    return (std::int64_t{spec.circuits} + spec.c_vids_per_s - 1) / spec.c_vids_per_s;
}

std::int64_t c_vids(const TagPlanSpec& spec) {
    return std::min<std::int64_t>(spec.circuits, spec.c_vids_per_s);
}

/// How many circuits can be told apart by `layout` when the S-VIDs leave room for `s_room`.
std::int64_t capacity(const TagPlanSpec& spec, const TagLayout& layout, std::int64_t s_room) {
    switch (layout.count) {
        case 0:
            return 1;
        case 1:
            return spec.c_vids_per_s;
        default:
            return spec.sent.count == 2 ? spec.c_vids_per_s * s_room : spec.c_vids_per_s;
    }
}

void check_capacity(Faults& faults, const TagPlanSpec& spec) {
    const std::int64_t s_room = std::max<std::int64_t>(0, kVidMax + 1 - spec.s_first);
    const auto check = [&](const char* side, const char* option, const TagLayout& layout) {
        const std::int64_t most =
            std::min<std::int64_t>(capacity(spec, layout, s_room), kCircuitsMax);
        if (spec.circuits > most) {
            faults.add(
                "--circuits",
                fmt::format(
                    "{} circuits cannot be told apart by the {} tag(s) of {} frames",
                    spec.circuits,
                    layout.count,
                    side
                ),
                fmt::format("at most {} here ({}, --c-per-s)", most, option)
            );
        }
    };
    check("sent", "--tags", spec.sent);
    check("received", "--rx-tags", spec.received);
}

} // namespace

Result<TagPlan> TagPlan::from(const TagPlanSpec& spec) {
    Faults faults;
    if (spec.sent.count < 1 || spec.sent.count > 2) {
        faults.add(
            "--tags", fmt::format("frames cannot be sent with {} tags", spec.sent.count), "1 or 2"
        );
    }
    if (spec.received.count > 2) {
        faults.add("--rx-tags", fmt::format("{} tags", spec.received.count), "0, 1 or 2");
    }
    if (spec.circuits < 1) {
        faults.add("--circuits", "there must be a circuit", fmt::format("1 to {}", kCircuitsMax));
    }
    if (spec.c_vids_per_s < 1 || spec.c_vids_per_s > kVidMax) {
        faults.add("--c-per-s", fmt::format("{} C-VIDs", spec.c_vids_per_s), "1 to 4094");
    }
    if (faults.any()) {
        return std::move(faults).error();
    }
    check_capacity(faults, spec);
    if (faults.any()) {
        return std::move(faults).error(); // the ranges below would only say it again
    }
    const std::int64_t c_last = spec.c_first + c_vids(spec) - 1;
    const std::int64_t s_last = spec.s_first + (spec.sent.count == 2 ? s_vlans(spec) - 1 : 0);
    check_vids(faults, "sent C-VIDs", spec.c_first, c_last);
    if (spec.sent.count == 2) {
        check_vids(faults, "sent S-VIDs", spec.s_first, s_last);
    }
    if (spec.received.count >= 1) {
        check_vids(faults, "received C-VIDs", spec.c_first + spec.c_offset, c_last + spec.c_offset);
    }
    if (spec.received.count == 2) {
        check_vids(faults, "received S-VIDs", spec.s_first + spec.s_offset, s_last + spec.s_offset);
    }
    if (faults.any()) {
        return std::move(faults).error();
    }
    return TagPlan{spec};
}

Vids TagPlan::sent(std::uint32_t circuit) const noexcept {
    const auto c = static_cast<std::uint16_t>(spec_.c_first + circuit % spec_.c_vids_per_s);
    if (spec_.sent.count < 2) {
        return {.s = 0, .c = c};
    }
    return {.s = static_cast<std::uint16_t>(spec_.s_first + circuit / spec_.c_vids_per_s), .c = c};
}

Vids TagPlan::received(std::uint32_t circuit) const noexcept {
    if (spec_.received.count == 0) {
        return {};
    }
    const Vids vids = sent(circuit);
    const auto c = static_cast<std::uint16_t>(vids.c + spec_.c_offset);
    if (spec_.received.count == 1) {
        return {.s = 0, .c = c};
    }
    const std::int32_t s = spec_.sent.count == 2 ? vids.s : spec_.s_first;
    return {.s = static_cast<std::uint16_t>(s + spec_.s_offset), .c = c};
}

TagPlan TagPlan::unchanged() const {
    TagPlanSpec spec = spec_;
    spec.received = spec.sent;
    spec.s_offset = 0;
    spec.c_offset = 0;
    return TagPlan{spec};
}

} // namespace strowger::pktgen
