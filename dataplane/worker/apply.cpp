// SPDX-License-Identifier: Apache-2.0
#include "worker/apply.h"

namespace strowger::dataplane {

namespace {

void apply_install(const InstallEndpoint& what, EndpointSlot* slots, std::uint64_t now) noexcept {
    EndpointSlot& slot = slots[what.slot];
    slot.versions[0] = what.forwarding;
    slot.versions[1] = Forwarding{};
    slot.far_slot = what.far_slot;
    slot.meter.start(what.meter, now);
    slot.reset_counters();
}

void apply_index(const SetIndex& what, Classifier& classifier) noexcept {
    for (std::uint32_t i = 0; i < what.run_count; ++i) {
        const VidRun& run = what.runs[i];
        classifier.set_range(what.block, run.first, run.last, what.entry);
    }
}

void apply_port(const SetPort& what, Classifier& classifier) noexcept {
    switch (what.place) {
        case SetPort::Place::RootOfTpid:
            classifier.set_root(what.port, what.tpid, what.block);
            break;
        case SetPort::Place::Untagged:
            classifier.set_untagged(what.port, what.entry);
            break;
        case SetPort::Place::AllToOne:
            classifier.set_all(what.port, what.entry);
            break;
    }
}

} // namespace

void apply(
    const Command& command,
    Classifier& classifier,
    EndpointSlot* slots,
    std::uint64_t now
) noexcept {
    switch (command.kind) {
        case CommandKind::InstallEndpoint:
            apply_install(command.install, slots, now);
            break;
        case CommandKind::SetForwarding:
            for (std::size_t half = 0; half < command.set_forwarding.slots.size(); ++half) {
                EndpointSlot& slot = slots[command.set_forwarding.slots[half]];
                slot.versions[command.set_forwarding.version] =
                    command.set_forwarding.forwarding[half];
            }
            break;
        case CommandKind::SetMeter:
            slots[command.set_meter.slot].meter.reconfigure(command.set_meter.meter, now);
            break;
        case CommandKind::SetIndex:
            apply_index(command.set_index, classifier);
            break;
        case CommandKind::SetPort:
            apply_port(command.set_port, classifier);
            break;
        case CommandKind::FreeEndpoints:
            // Nothing names these any more. Should a bug name them, the frame is dropped, not
            // leaked.
            for (const std::uint32_t slot : command.free_endpoints.slots) {
                slots[slot].versions = {};
            }
            break;
    }
}

} // namespace strowger::dataplane
